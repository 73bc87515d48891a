"""Count what happens, as CloudWatch metrics in the log (embedded metric format)."""

from aws_lambda_powertools.metrics import MetricUnit, single_metric

NAMESPACE = "PowerTuner"
DEPLOYMENTS_SKIPPED = "DeploymentsSkipped"
DECISIONS_APPLIED = "DecisionsApplied"
DECISIONS_REFUSED = "DecisionsRefused"
DRIFTS = "Drifts"
LEASES_FINISHED = "LeasesFinished"
LEASES_LEFT = "LeasesLeft"
COST_CHANGE = "CostChange"


def count(name: str, value: float, stack: str) -> None:
    """Add to a count.

    Args:
        name: one of this module's.
        value: how many.
        stack: the stack that counts: there may be several in an account.
    """
    _emit(name, value, MetricUnit.Count, stack)


def percent(name: str, value: float, stack: str) -> None:
    """Note a share in percent."""
    _emit(name, 100 * value, MetricUnit.Percent, stack)


def _emit(name: str, value: float, unit: MetricUnit, stack: str) -> None:
    with single_metric(name=name, unit=unit, value=value, namespace=NAMESPACE) as metric:
        metric.add_dimension(name="stack", value=stack)
