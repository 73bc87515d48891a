"""The lines of the bill: usage at list prices, for a run and for a fleet in a month."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from bill.usage import MB_MS_PER_GB_S, Usage
from power_tuner.report.figures import money_text
from power_tuner.tuning.pricing import prices_for

REGION, ARCHITECTURE = "us-east-1", "arm64"
# The fleet: each function is tuned once a month, and checked for drift each night.
FUNCTIONS = 1000
NIGHTS = 30
JANITOR_CALLS = 12 * 24 * NIGHTS
# The template's defaults: results are kept for a year, logs for a week.
RESULT_MONTHS = 12
LOG_MONTHS = 7 / 30
BYTES_PER_GB = 1024**3
SNAP_START_HOURS = 3


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the bill.

    Attributes:
        name: what is billed.
        unit_usd: what a unit costs.
        per: how many units the price is commonly told for, and its text.
    """

    name: str
    unit_usd: float
    per: tuple[int, str]

    @property
    def price(self) -> str:
        """Return the price as people tell it."""
        count, unit = self.per
        return f"{money_text(count * self.unit_usd)} {unit}"


@dataclass(frozen=True, slots=True)
class Standing:
    """What a stack has whether anything runs or not."""

    alarms: int
    dashboards: int
    metrics: int


_MILLION = 1_000_000


@cache
def lines() -> Mapping[str, Line]:
    """Return all lines, by the name of what is counted."""
    usd: dict[str, float] = json.loads((files("bill") / "prices.json").read_text("utf-8"))["usd"]
    own = prices_for(REGION, ARCHITECTURE)
    million = (_MILLION, "a million")
    gb_month = (1, "a GB and month")
    return {
        "target_requests": Line("Target: requests", own.request, million),
        "target_gb_s": Line("Target: GB-seconds", own.gb_second, (_MILLION, "a million")),
        "transitions": Line("Step Functions: transitions, children included", own.transition, (1000, "a thousand")),
        "own_requests": Line("Own functions: requests", own.request, million),
        "own_gb_s": Line("Own functions: GB-seconds", own.gb_second, million),
        "s3_writes": Line("S3: puts and lists", usd["s3_writes"], (1000, "a thousand")),
        "s3_reads": Line("S3: gets", usd["s3_reads"], (1000, "a thousand")),
        "s3_gb_months": Line("S3: storage, for a year", usd["s3_gb_months"], gb_month),
        "table_writes": Line("DynamoDB: write units, indexes included", usd["table_writes"], million),
        "table_reads": Line("DynamoDB: read units", usd["table_reads"], million),
        "table_gb_months": Line("DynamoDB: storage, for a year", usd["table_gb_months"], gb_month),
        "backup_gb_months": Line("DynamoDB: point-in-time recovery", usd["backup_gb_months"], gb_month),
        "log_gb": Line("Logs: written", usd["log_gb"], (1, "a GB")),
        "log_gb_months": Line("Logs: storage, for a week", usd["log_gb_months"], gb_month),
        "traces": Line("X-Ray: traces, if all are sampled", usd["traces"], million),
        "events": Line("EventBridge: events", usd["events"], million),
        "schedules": Line("EventBridge: schedules fired", usd["schedules"], million),
        "sqs_requests": Line("SQS: requests", usd["sqs_requests"], million),
        "alarm_months": Line("CloudWatch: alarms", usd["alarm_months"], (1, "a month")),
        "metric_months": Line("CloudWatch: metrics of its own", usd["metric_months"], (1, "a month")),
        "dashboard_months": Line("CloudWatch: dashboard", usd["dashboard_months"], (1, "a month")),
    }


def of_one(usage: Usage) -> dict[str, float]:
    """Return the amounts of the lines of what was recorded, with what it stores as long as it is kept."""
    amounts = {name: float(count) for name, count in usage.items() if name in lines()}
    stored_gb, item_gb, log_gb = (usage.get(f"{what}_bytes", 0) / BYTES_PER_GB for what in ("s3", "table", "log"))
    return amounts | {
        "target_gb_s": usage.get("target_mb_ms", 0) / MB_MS_PER_GB_S,
        "own_gb_s": usage.get("own_mb_ms", 0) / MB_MS_PER_GB_S,
        "s3_gb_months": stored_gb * RESULT_MONTHS,
        "table_gb_months": item_gb * RESULT_MONTHS,
        "backup_gb_months": item_gb * RESULT_MONTHS,
        "log_gb": log_gb,
        "log_gb_months": log_gb * LOG_MONTHS,
    }


def of_fleet(usages: Mapping[str, Usage], standing: Standing) -> dict[str, float]:
    """Return the amounts of the lines of a fleet's month, once it has run for a year."""
    times = {"smart": FUNCTIONS, "check": FUNCTIONS * NIGHTS, "night": NIGHTS, "janitor": JANITOR_CALLS}
    amounts: dict[str, float] = {
        "schedules": NIGHTS + JANITOR_CALLS,
        "alarm_months": standing.alarms,
        "metric_months": standing.metrics,
        "dashboard_months": standing.dashboards,
    }
    for what, count in times.items():
        for name, amount in of_one(usages[what]).items():
            amounts[name] = amounts.get(name, 0.0) + count * amount
    return amounts


def usd_of(amounts: Mapping[str, float]) -> dict[str, float]:
    """Return what the amounts of all lines cost."""
    return {name: amounts.get(name, 0.0) * line.unit_usd for name, line in lines().items()}


def snap_start_usd(memories_mb: tuple[int, ...]) -> float:
    """Return what a run costs besides if its target has SnapStart: a snapshot of each version, restored once."""
    prices = prices_for(REGION, ARCHITECTURE)
    gb = sum(memories_mb) / 1024
    return gb * (SNAP_START_HOURS * 3600 * prices.snapshot_gb_second + prices.snapshot_restored_gb)
