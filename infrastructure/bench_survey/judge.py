"""How right a survey was about a fleet, and what it asked of AWS."""

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from bench_survey.account import Account, Asked
from bench_survey.fleets import FleetFunction
from power_tuner.aws.daily_metrics import CloudWatchDailyMetrics
from power_tuner.aws.production_logs import CloudWatchLogs
from power_tuner.survey.surveyed import Surveyed, Verdict
from power_tuner.tuning.real_bill import DAYS_PER_MONTH
from power_tuner.tuning.target import FunctionSnapshot
from power_tuner_cli.surveying.fleet_survey import READERS, FleetSurvey
from power_tuner_cli.surveying.polite_logs import CALLS_PER_SECOND
from power_tuner_cli.surveying.production_reader import ProductionReader

# CloudWatch pricing, us-east-1: GetMetricData, per metric that is asked for; the other two actions are free.
_METRIC_USD = 0.01 / 1000
# Calls per second: the quotas of Lambda's control plane and of CloudWatch, and what the survey takes of the last.
_PER_SECOND = {"ListFunctions": 15.0, "GetMetricData": 50.0, "FilterLogEvents": CALLS_PER_SECOND}
# What one call takes, assumed: a page of the log is searched for.
_CALL_S = {"ListFunctions": 0.3, "GetMetricData": 1.0, "FilterLogEvents": 0.8}
_SIDE_BY_SIDE = {"FilterLogEvents": READERS}
_NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
_DAYS = 30
_FIFTH = 5
# A gain below a thousandth of what the function costs is nothing to be right or wrong about.
_SLACK = 0.001


@dataclass(frozen=True, slots=True)
class Score:
    """How a survey did.

    Attributes:
        functions: how many the fleet has.
        cost: what the fleet costs in a month.
        saving: what tuning all of them would save in a month.
        in_top_fifth: which share of that the first fifth of the ranking has.
        by_cost: and would have, if it were ranked by cost.
        judged: of how many functions something is said.
        covered: in which share of these the interval holds what tuning would save.
        width: of the intervals on average, as a share of what a function costs.
        sure: how many are said to be surely too high or too low, or shown by production to be.
        sure_right: which share of these would save by a change in that direction.
        aws_s: what the calls take under AWS's quotas, one phase after the other.
        own_s: what the survey took besides, on this machine.
        usd: what AWS charges.
    """

    functions: int
    cost: float
    saving: float
    in_top_fifth: float
    by_cost: float
    judged: int
    covered: float
    width: float
    sure: int
    sure_right: float
    asked: Asked
    aws_s: float
    own_s: float
    usd: float


def judge(fleet: Sequence[FleetFunction], memories_mb: Sequence[int], *, seed: int, most_logs: int) -> Score:
    """Survey a fleet, and compare what is said with what is true."""
    by_name = {each.name: each for each in fleet}
    account = Account(by_name, seed)
    begun = time.monotonic()
    found = _survey(account, memories_mb, most_logs)
    own_s = time.monotonic() - begun
    saving = {each.name: by_name[each.name].saving(DAYS_PER_MONTH) for each in found}
    total = sum(saving.values())
    fifth = len(found) // _FIFTH
    dearest = sorted(found, key=lambda each: -each.cost)
    judged = [each for each in found if each.saved is not None]
    sure = [each for each in judged if each.verdict in {Verdict.TOO_HIGH, Verdict.TOO_LOW, Verdict.SHOWN}]
    return Score(
        functions=len(found),
        cost=sum(each.cost for each in found),
        saving=total,
        in_top_fifth=sum(saving[each.name] for each in found[:fifth]) / total,
        by_cost=sum(saving[each.name] for each in dearest[:fifth]) / total,
        judged=len(judged),
        covered=_share(_covers(each, saving[each.name]) for each in judged),
        width=sum((each.saved.high - each.saved.low) / each.cost for each in judged if each.saved) / len(judged),
        sure=len(sure),
        sure_right=_share(saving[each.name] > 0 for each in sure),
        asked=account.asked,
        aws_s=sum(_seconds(action, calls) for action, calls in account.asked.calls.items()),
        own_s=own_s,
        usd=account.asked.metrics * _METRIC_USD,
    )


def _survey(account: Account, memories_mb: Sequence[int], most_logs: int) -> list[Surveyed]:
    survey = FleetSurvey(
        metrics=CloudWatchDailyMetrics(account),
        read_log=ProductionReader(CloudWatchLogs(account)).read,
        days=_DAYS,
        most_logs=most_logs,
        memories_mb=memories_mb,
    )
    configurations = [each for page in account.list_functions() for each in page["Functions"]]
    return survey.of(map(FunctionSnapshot.from_configuration, configurations), _NOW)


def _covers(surveyed: Surveyed, saving: float) -> bool:
    slack = _SLACK * surveyed.cost
    return surveyed.saved is not None and surveyed.saved.low - slack <= saving <= surveyed.saved.high + slack


def _seconds(action: str, calls: int) -> float:
    """Return what calls take: as the quota allows, or one after the other where they take longer."""
    return max(calls / _PER_SECOND[action], calls * _CALL_S[action] / _SIDE_BY_SIDE.get(action, 1))


def _share(facts: Iterable[bool]) -> float:
    known = [*facts]
    return sum(known) / len(known) if known else 1.0
