"""The completion event, as far as applying its decision needs it."""

import re
from collections.abc import Mapping

from msgspec import Struct, ValidationError, convert

from power_tuner.automation.policy import Policy
from power_tuner.errors import InvalidInput
from power_tuner.lambda_limits import MAX_MEMORY_MB, MIN_MEMORY_MB
from power_tuner.tuning.arn import parse_function_reference
from power_tuner.tuning.result import Comparison, Decision
from power_tuner.tuning.run_item import RunKey
from power_tuner.tuning.strategies import STRATEGIES
from power_tuner.tuning.target import Target

_SCHEMA = "events/schemas/power-tuning-completed.json"


class Decided(Struct, frozen=True, kw_only=True, rename="camel"):
    """The decision of a run that completed, and what may be done with it.

    Attributes:
        comparison: None if the current memory size was not measured.
    """

    run_id: str
    started_at: str
    target: Target
    decision: Decision
    comparison: Comparison | None
    policy: Policy

    @property
    def run(self) -> RunKey:
        """Return what identifies the run's item."""
        return RunKey(self.target.arn, self.started_at, self.run_id)


def read_completed(event: object) -> Decided:
    """Return the decision of a completion event.

    Raises:
        InvalidInput: names what the event lacks.
    """
    detail = event.get("detail") if isinstance(event, Mapping) else None
    try:
        decided = convert(detail, Decided)
    except ValidationError as error:
        raise _refused(error, detail) from error
    if decided.decision.strategy not in STRATEGIES:
        raise _unlike("decision.strategy", decided.decision.strategy, f"one of {', '.join(STRATEGIES)}")
    memory_mb = decided.decision.memory_mb
    if not MIN_MEMORY_MB <= memory_mb <= MAX_MEMORY_MB:
        raise _unlike("decision.power", memory_mb, f"a memory from {MIN_MEMORY_MB} to {MAX_MEMORY_MB} (MB)")
    reference = parse_function_reference(decided.target.arn)
    if reference is None or reference.region is None:
        raise _unlike("target.arn", decided.target.arn, "the ARN of a function")
    return decided


def _refused(error: ValidationError, detail: object) -> InvalidInput:
    """Return the refusal that an error of msgspec stands for: its words end with the place, as in ``at `$.a.b```."""
    words, _, place = str(error).partition(" - at `$")
    path = [name for name in place.rstrip("`").split(".") if name]
    missing = re.search(r"missing required field `(\w+)`", words)
    if missing:
        path.append(missing[1])
    value = detail
    for name in path:
        value = value.get(name) if isinstance(value, Mapping) else None
    return _unlike(".".join(path), value, f"what {_SCHEMA} says")


def _unlike(path: str, value: object, allowed: str) -> InvalidInput:
    return InvalidInput(field=f"detail.{path}".rstrip("."), value=value, allowed=allowed)
