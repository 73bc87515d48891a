"""Read the input of a run that nobody started by hand: it names an enrolled function, and what started it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from power_tuner.errors import InvalidInput

TRIGGERS = ("deployment", "schedule", "drift")


@dataclass(frozen=True, slots=True)
class Trigger:
    """Why a run of an enrolled function starts.

    Attributes:
        kind: ``deployment``, ``schedule`` or ``drift``.
        target_arn: unqualified.
        code_sha256: the code that was seen when it was decided.
    """

    kind: str
    target_arn: str
    code_sha256: str

    def to_input(self) -> dict[str, str]:
        """Return the execution's input: the same for all copies of an event."""
        return {"trigger": self.kind, "lambdaARN": self.target_arn, "codeSha256": self.code_sha256}


def read_trigger(raw: object) -> Trigger | None:
    """Read an execution's input; None when it is one that a person wrote.

    Raises:
        InvalidInput: names the field, the value and what is allowed.
    """
    if not isinstance(raw, Mapping) or "trigger" not in raw:
        return None
    fields: Mapping[str, Any] = raw
    if fields["trigger"] not in TRIGGERS:
        raise InvalidInput(field="trigger", value=fields["trigger"], allowed=", ".join(TRIGGERS))
    if not isinstance(fields.get("lambdaARN"), str):
        raise InvalidInput(field="lambdaARN", value=fields.get("lambdaARN"), allowed="the ARN of an enrolled function")
    return Trigger(fields["trigger"], fields["lambdaARN"], str(fields.get("codeSha256") or ""))
