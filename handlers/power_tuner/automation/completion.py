"""The completion event, as far as applying its decision needs it."""

from collections.abc import Mapping
from typing import Any

from msgspec import convert

from power_tuner.automation.policy import Policy
from power_tuner.errors import InvalidInput
from power_tuner.lambda_limits import MAX_MEMORY_MB, MIN_MEMORY_MB
from power_tuner.tuning.arn import parse_function_reference
from power_tuner.tuning.strategies import STRATEGIES

_TEXTS = (
    ("detail", "runId"),
    ("detail", "startedAt"),
    ("detail", "target", "arn"),
    ("detail", "target", "codeSha256"),
    ("detail", "target", "runtime"),
    ("detail", "target", "architecture"),
)
_MEMORIES = (
    ("detail", "target", "memoryMb"),
    ("detail", "target", "latestMemoryMb"),
    ("detail", "decision", "power"),
)
_STRATEGY = ("detail", "decision", "strategy")


def read_completed(event: object) -> dict[str, Any]:
    """Return the detail of a completion event whose decision can be applied.

    Raises:
        InvalidInput: names what the event lacks.
    """
    for path in _TEXTS:
        if not isinstance(_at(event, path), str) or not _at(event, path):
            raise _refused(event, path, "text")
    if _at(event, _STRATEGY) not in tuple(STRATEGIES):
        raise _refused(event, _STRATEGY, f"one of {', '.join(STRATEGIES)}")
    for path in _MEMORIES:
        memory_mb = _at(event, path)
        if type(memory_mb) is not int or not MIN_MEMORY_MB <= memory_mb <= MAX_MEMORY_MB:
            raise _refused(event, path, f"a memory from {MIN_MEMORY_MB} to {MAX_MEMORY_MB} (MB)")
    reference = parse_function_reference(_at(event, ("detail", "target", "arn")))
    if reference is None or reference.region is None:
        raise _refused(event, ("detail", "target", "arn"), "the ARN of a function")
    _check_policy(event)
    if _at(event, ("detail", "comparison")) is not None:
        for name in ("costChange", "durationChange"):
            change = _at(event, ("detail", "comparison", name))
            if isinstance(change, bool) or not isinstance(change, int | float):
                raise _refused(event, ("detail", "comparison", name), "a number")
    detail: dict[str, Any] = _at(event, ("detail",))
    return detail


def _check_policy(event: object) -> None:
    policy = _at(event, ("detail", "policy"))
    if not isinstance(policy, Mapping):
        raise _refused(event, ("detail", "policy"), "the policy of a run")
    for name in ("apply", "alias", "parameter"):
        if not isinstance(policy.get(name), str | None):
            raise _refused(event, ("detail", "policy", name), "text")
    if type(policy.get("overrideOwner", False)) is not bool:
        raise _refused(event, ("detail", "policy", "overrideOwner"), "true or false")
    minimum_gain = policy.get("minimumGain", 0.0)
    if isinstance(minimum_gain, bool) or not isinstance(minimum_gain, int | float):
        raise _refused(event, ("detail", "policy", "minimumGain"), "a number")
    convert(policy, Policy)


def _at(value: object, path: tuple[str, ...]) -> Any:
    for name in path:
        value = value.get(name) if isinstance(value, Mapping) else None
    return value


def _refused(event: object, path: tuple[str, ...], allowed: str) -> InvalidInput:
    return InvalidInput(field=".".join(path), value=_at(event, path), allowed=f"{allowed}, in a completion event")
