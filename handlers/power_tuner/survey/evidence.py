"""What production measured of a function, as the engine takes it."""

from collections.abc import Sequence

from power_tuner.survey.expectation import Evidence
from power_tuner.tuning.production import Production
from power_tuner.tuning.safe_sizes import CLEAR_SHARE
from power_tuner.tuning.target import FunctionSnapshot

# The engine's time grows with the calls that it is given, and so many say nearly all.
_MOST_CALLS = 60


def evidence_of(
    production: Production, function: FunctionSnapshot, memories_mb: Sequence[int], floor_mb: float
) -> Evidence:
    """Return what is known of a function.

    Args:
        production: what was read of its log.
        function: its configuration.
        memories_mb: the candidates of a run.
        floor_mb: the least memory that it may have.
    """
    told = {each.memory_mb: each for each in production.sizes if each.warm_ms}
    choices = {*memories_mb, function.memory_mb, *told}
    return Evidence(
        durations_ms={memory_mb: each.warm_durations_ms(_MOST_CALLS) for memory_mb, each in told.items()},
        current_memory_mb=function.memory_mb,
        choices_mb=tuple(sorted(each for each in choices if each >= floor_mb)),
        longest_ms={memory_mb: each.warm_ms.max for memory_mb, each in told.items() if each.warm_ms},
        most_ms=CLEAR_SHARE * function.timeout_s * 1000,
    )
