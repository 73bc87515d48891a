"""What the engine has to be told about what is best; it knows no strategy by name."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

Statistic = Literal["mean", "p50", "p90", "p95", "p99"]
# One list per memory size, in it one number per draw.
Columns = Sequence[Sequence[float]]


@dataclass(frozen=True, slots=True)
class Limit:
    """What a statistic of the duration must not exceed."""

    statistic: Statistic
    max_ms: float


@dataclass(frozen=True, slots=True)
class Draws:
    """What is believed of each memory size; a draw has the same index in every list.

    Attributes:
        cost_usd: The mean cost of an invocation.
        duration_ms: The mean duration.
        limited_ms: The statistic that the objective limits; empty if it limits none.
    """

    cost_usd: Columns
    duration_ms: Columns
    limited_ms: Columns = ()


class Objective(Protocol):
    """What is best."""

    @property
    def limit(self) -> Limit | None:
        """Return what the duration must not exceed, None if nothing is limited."""

    def log_values(self, draws: Draws) -> list[list[float]]:
        """Return the logarithm of a value for each memory size in each draw; the smallest value is the best."""
