"""CloudWatch metrics, written to the log in the embedded metric format."""

from dataclasses import dataclass
from typing import Protocol

NAMESPACE = "PowerTuner"
DEPLOYMENTS_SKIPPED = "DeploymentsSkipped"
DECISIONS_APPLIED = "DecisionsApplied"
DECISIONS_REFUSED = "DecisionsRefused"
DRIFTS = "Drifts"
LEASES_FINISHED = "LeasesFinished"
LEASES_LEFT = "LeasesLeft"
CANARIES_PROMOTED = "CanariesPromoted"
CANARIES_BACK = "CanariesTakenBack"
COST_CHANGE = "CostChange"
SAVINGS_OPEN = "SavingsOpen"
SAVINGS_APPLIED = "SavingsApplied"
FLEET_COST = "FleetCost"
TUNING_COST = "TuningCost"


class Metrics(Protocol):
    """The app's metrics; each name is one of this module's."""

    def count(self, name: str, value: float) -> None:
        """Add to a count."""

    def percent(self, name: str, share: float) -> None:
        """Record a share, as a percentage."""

    def amount(self, name: str, value: float) -> None:
        """Record an amount of money."""


@dataclass(frozen=True, slots=True)
class EmbeddedMetrics:
    """Metrics in the embedded metric format.

    Attributes:
        stack: the dimension of each metric; an account may have several stacks.
    """

    stack: str

    def count(self, name: str, value: float) -> None:
        """Add to a count."""
        self._emit(name, value, "Count")

    def percent(self, name: str, share: float) -> None:
        """Record a share, as a percentage."""
        self._emit(name, 100 * share, "Percent")

    def amount(self, name: str, value: float) -> None:
        """Record an amount of money, for which CloudWatch has no unit."""
        self._emit(name, value, "None")

    def _emit(self, name: str, value: float, unit: str) -> None:
        # Imported here: a function that counts nothing does not pay for it.
        from aws_lambda_powertools.metrics import MetricUnit, single_metric  # noqa: PLC0415

        with single_metric(name=name, unit=MetricUnit(unit), value=value, namespace=NAMESPACE) as metric:
            metric.add_dimension(name="stack", value=self.stack)
