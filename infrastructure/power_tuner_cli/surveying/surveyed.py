"""What a survey says of one function."""

from dataclasses import dataclass

from power_tuner.tuning.arn import name_of, region_of
from power_tuner.tuning.pricing import Prices, prices_for
from power_tuner.tuning.target import FunctionSnapshot
from power_tuner_cli.surveying.monthly_use import MonthlyUse


@dataclass(frozen=True, slots=True)
class Surveyed:
    """A function, and what production tells of it.

    Attributes:
        use: None if nobody invoked it in the days that were counted.
    """

    function: FunctionSnapshot
    use: MonthlyUse | None

    @property
    def name(self) -> str:
        """Return its name."""
        return name_of(self.function.arn)

    @property
    def prices(self) -> Prices:
        """Return the prices of its region and architecture."""
        return prices_for(region_of(self.function.arn), self.function.architecture)

    @property
    def cost(self) -> float:
        """Return what it costs in a month at the memory size that it has now."""
        return self.use.cost(self.prices, self.function.memory_mb) if self.use else 0.0
