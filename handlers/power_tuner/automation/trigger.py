"""What started a run; the input of a run that no person started names it, and an enrolled function."""

from collections.abc import Mapping
from dataclasses import dataclass

from msgspec import Struct

from power_tuner.automation.policy import Policy
from power_tuner.errors import InvalidInput

TRIGGERS = ("deployment", "schedule", "drift")


@dataclass(frozen=True, slots=True)
class Trigger:
    """Why a run of an enrolled function starts.

    Attributes:
        kind: ``deployment``, ``schedule`` or ``drift``.
        target_arn: unqualified.
        code_sha256: the function's code when the run was started.
    """

    kind: str
    target_arn: str
    code_sha256: str

    def to_input(self) -> dict[str, str]:
        """Return the execution's input: the same for all copies of an event."""
        return {"trigger": self.kind, "lambdaARN": self.target_arn, "codeSha256": self.code_sha256}


class Origin(Struct, frozen=True, kw_only=True):
    """Where a run comes from, and what becomes of its decision.

    Attributes:
        trigger: what started it: ``direct``, or the kind of its trigger.
        settings: the digest of its input; None for a dry run, which stands for no other run.
        policy: what may be done with the decision.
        started_by: the execution that started it, as Step Functions says; None if none did.
        comment: what its input says for people.
    """

    trigger: str
    settings: str | None
    policy: Policy
    started_by: str | None = None
    comment: str | None = None


def read_trigger(raw: object) -> Trigger | None:
    """Read an execution's input; return None if a person wrote it.

    Raises:
        InvalidInput: names the field, the value and what is allowed.
    """
    if not isinstance(raw, Mapping) or "trigger" not in raw:
        return None
    kind, target_arn = raw["trigger"], raw.get("lambdaARN")
    if kind not in TRIGGERS:
        raise InvalidInput(field="trigger", value=kind, allowed=", ".join(TRIGGERS))
    if not isinstance(target_arn, str):
        raise InvalidInput(field="lambdaARN", value=target_arn, allowed="the ARN of an enrolled function")
    return Trigger(kind, target_arn, str(raw.get("codeSha256") or ""))
