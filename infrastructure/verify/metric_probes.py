"""What is assumed of the metrics of functions, asked with a function of the verification's own."""

import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from power_tuner.aws.daily_metrics import CloudWatchDailyMetrics
from power_tuner.operations.surveying import MOST_NAMED
from power_tuner.tuning.arn import name_of
from verify.evidence import Check
from verify.stage import WORKING

if TYPE_CHECKING:
    from verify.stage import Stage

# CloudWatch shows an invocation after minutes.
_AT_MOST_S = 600
# Each query is charged for all functions of the account.
_APART_S = 60.0


def _busiest(stage: "Stage") -> str:
    """Whether the nightly survey finds a function that it was not told of."""
    name = name_of(arn := stage.add_function(WORKING))
    stage.client("lambda").invoke(FunctionName=arn, Payload=b"{}")
    metrics = CloudWatchDailyMetrics(stage.client("cloudwatch"))

    def named() -> str | None:
        time.sleep(_APART_S)
        now = datetime.now(UTC)
        return "named" if name in metrics.busiest(MOST_NAMED, now - timedelta(days=1), now) else None

    return stage.wait("CloudWatch has counted an invocation", named, _AT_MOST_S)


METRIC_PROBES = (
    Check(
        "busiest",
        "Does one query of Metrics Insights name the functions that ran, by their bare names?",
        "named",
        _busiest,
        _AT_MOST_S,
        on_aws_only="the local AWS keeps no metrics of invocations",
    ),
)
