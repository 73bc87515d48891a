"""Enroll the functions of a survey from which tuning is expected to save most."""

from collections.abc import Collection, Sequence
from fnmatch import fnmatchcase
from typing import NamedTuple

from power_tuner.automation.policy import Policy
from power_tuner.automation.profile import Profile
from power_tuner.settings import TARGET_TAG
from power_tuner.survey.surveyed import Surveyed
from power_tuner_cli.cloud import Cloud, TunerStack, open_app
from power_tuner_cli.enroll import put_profiles, require_mode
from power_tuner_cli.function_selection import arns_with_tags


def require_enrolling(stack: TunerStack) -> None:
    """Refuse, before anything is surveyed, to enroll where the stack tunes nothing by itself.

    Raises:
        CliError: It does not.
    """
    require_mode(stack, Policy())


class Enrolling(NamedTuple):
    """What became of the functions that are worth a run.

    Attributes:
        arns: those that are enrolled now, or would be.
        already: how many were enrolled before.
        forbidden: how many the stack may not tune.
    """

    arns: list[str]
    already: int = 0
    forbidden: int = 0

    @property
    def left_out(self) -> str:
        """Return in words which others are worth a run too; empty if none is."""
        reasons = []
        if self.already:
            reasons.append(f"{self.already} enrolled already")
        if self.forbidden:
            reasons.append(f"{self.forbidden} that this stack may not tune (its lambdaResource and targetTag)")
        return f"Worth a run too, and left as they are: {'; '.join(reasons)}." if reasons else ""


def enrolled_arns(cloud: Cloud, stack: TunerStack | None) -> frozenset[str] | None:
    """Return the functions that are tuned automatically; None where no tuner is deployed."""
    return frozenset(arn for arn, _ in open_app(cloud, stack).profiles.enrolled()) if stack else None


def enroll_top(
    cloud: Cloud,
    stack: TunerStack | None,
    fleet: Sequence[Surveyed],
    known: Collection[str] | None,
    most: int,
    *,
    dry_run: bool,
) -> Enrolling:
    """Enroll the first functions that are worth a run, not enrolled yet, and the stack's to tune.

    Args:
        cloud: Where they are.
        stack: The tuner's stack; without one, nothing is enrolled.
        fleet: What was surveyed, by rank.
        known: The ARNs of those that are enrolled already.
        most: How many are enrolled at most.
        dry_run: Only return which these would be.
    """
    if stack is None or not most:
        return Enrolling([])
    worth = [each.function.arn for each in fleet if each.worthwhile]
    others = [arn for arn in worth if arn not in (known or ())]
    tagged = set(arns_with_tags(cloud, [f"{TARGET_TAG}={stack.target_tag}"])) if stack.target_tag else {*others}
    allowed = [arn for arn in others if arn in tagged and fnmatchcase(arn, stack.target_pattern)]
    arns = allowed[:most]
    if not dry_run:
        put_profiles(cloud, stack, [Profile(arn, {}) for arn in arns])
    return Enrolling(arns, len(worth) - len(others), len(others) - len(allowed))
