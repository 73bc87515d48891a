"""What a stack costs a month while nothing runs."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from power_tuner.tuning.pricing import prices_for

# US dollars a month: CloudWatch's pricing page, us-east-1, November 2026, without its free allowances.
_ALARM_USD = 0.10
_DASHBOARD_USD = 3.00
_METRIC_USD = 0.30
# The janitor counts leases each time, finished and left; other metrics come with runs only.
_JANITORS_METRICS = 2
_JANITORS_CALLS = 12 * 24 * 30
_JANITORS_CALL_MS = 200
_JANITORS_MEMORY_MB = 512


@dataclass(frozen=True, slots=True)
class StandingCost:
    """What a stack costs while nothing runs.

    Attributes:
        items: For each thing, what it costs in US dollars a month.
    """

    items: Mapping[str, float]

    @property
    def total_usd(self) -> float:
        """Return the sum."""
        return sum(self.items.values())


def standing_cost(resources: Mapping[str, Mapping[str, Any]]) -> StandingCost:
    """Return what the resources of a template cost a month in us-east-1, without what they store."""
    kinds = Counter(each["Type"] for each in resources.values())
    alarms, dashboards = kinds["AWS::CloudWatch::Alarm"], kinds["AWS::CloudWatch::Dashboard"]
    janitor = prices_for("us-east-1", "arm64").invocations(
        _JANITORS_MEMORY_MB, _JANITORS_CALLS * _JANITORS_CALL_MS, _JANITORS_CALLS
    )
    return StandingCost(
        {
            f"{alarms} alarms": alarms * _ALARM_USD,
            f"{dashboards} dashboard": dashboards * _DASHBOARD_USD,
            f"{_JANITORS_METRICS} metrics": _JANITORS_METRICS * _METRIC_USD,
            f"the janitor's {_JANITORS_CALLS:,} calls": janitor,
        }
    )
