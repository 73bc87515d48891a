"""Enroll the functions of a survey from which tuning is expected to save most."""

from collections.abc import Sequence

from power_tuner.automation.policy import Policy
from power_tuner.automation.profile import Profile
from power_tuner.survey.surveyed import Surveyed
from power_tuner_cli.cloud import Cloud, TunerStack, open_app
from power_tuner_cli.enroll import put_profiles, require_mode


def require_enrolling(stack: TunerStack) -> None:
    """Refuse, before anything is surveyed, to enroll where the stack tunes nothing by itself.

    Raises:
        CliError: It does not.
    """
    require_mode(stack, Policy())


def enroll_top(cloud: Cloud, stack: TunerStack, fleet: Sequence[Surveyed], most: int, *, dry_run: bool) -> list[str]:
    """Enroll the first functions that are worth a run and not enrolled yet, and return their ARNs.

    Args:
        cloud: Where they are.
        stack: The tuner's stack.
        fleet: What was surveyed, by rank.
        most: How many are enrolled at most.
        dry_run: Only return which these would be.
    """
    known = {arn for arn, _ in open_app(cloud, stack).profiles.enrolled()}
    arns = [each.function.arn for each in fleet if each.worthwhile and each.function.arn not in known][:most]
    if not dry_run:
        put_profiles(cloud, stack, [Profile(arn, {}) for arn in arns])
    return arns
