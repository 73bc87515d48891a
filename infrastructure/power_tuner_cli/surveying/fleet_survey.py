"""Survey a fleet: what CloudWatch counted of all functions, then the logs of those where the money is."""

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING

from power_tuner_cli.surveying.evidence import evidence_of
from power_tuner_cli.surveying.expectation import ENOUGH_CALLS, expect
from power_tuner_cli.surveying.monthly_use import monthly_use
from power_tuner_cli.surveying.surveyed import Surveyed, floor_of

if TYPE_CHECKING:
    from power_tuner.ports import DailyMetrics
    from power_tuner.tuning.production import Production
    from power_tuner.tuning.target import FunctionSnapshot

# Logs are read of the dearest functions that have this share of the money together.
MONEY_SHARE = 0.995
# The days of logs that are read.
LOG_DAYS = 7
# Requests that wait for CloudWatch Logs at the same time: with a few the five a second that it answers are used.
READERS = 4
_DAY_S = 86_400


# Reads what production measured, from an epoch second to another.
ReadLog = Callable[["FunctionSnapshot", float, float], "Production"]


@dataclass(frozen=True, slots=True)
class FleetSurvey:
    """A survey that is about to be made.

    Attributes:
        read_log: reads what the log of a function tells.
        days: how many whole days before today are counted.
        most_logs: of how many functions the log is read at most.
        memories_mb: the candidates of a run.
    """

    metrics: "DailyMetrics"
    read_log: ReadLog
    days: int
    most_logs: int
    memories_mb: Sequence[int]

    def of(
        self, functions: Iterable["FunctionSnapshot"], now: datetime, tell: Callable[[str], None] = lambda _: None
    ) -> list[Surveyed]:
        """Return all functions, those first where tuning is expected to save most.

        Args:
            functions: all that are surveyed.
            now: the present moment, in UTC.
            tell: is told what comes next.
        """
        found = [Surveyed(each, None) for each in functions]
        tell(f"Asking CloudWatch about {len(found)} functions.")
        use = monthly_use(self.metrics, [each.name for each in found], self.days, now)
        counted = sorted((replace(each, use=use.get(each.name)) for each in found), key=lambda each: -each.cost)
        read = self._worth_reading(counted)
        tell(f"Reading the logs of {read} functions, those with nearly all of the money.")
        until_s = now.timestamp()
        since_s = until_s - LOG_DAYS * _DAY_S
        with ThreadPoolExecutor(READERS) as readers:
            logs = readers.map(lambda each: self.read_log(each.function, since_s, until_s), counted[:read])
            known = [self._judged(each, log) for each, log in zip(counted[:read], logs, strict=True)]
        rest = [replace(each, unknown=_why_unread(each)) for each in counted[read:]]
        return sorted([*known, *rest], key=_rank)

    def _worth_reading(self, dearest_first: Sequence[Surveyed]) -> int:
        """Return of how many functions the log is worth reading."""
        left = MONEY_SHARE * sum(each.cost for each in dearest_first)
        for number, each in enumerate(dearest_first):
            if left <= 0 or number == self.most_logs:
                return number
            left -= each.cost
        return len(dearest_first)

    def _judged(self, surveyed: Surveyed, production: "Production") -> Surveyed:
        """Return a function with what its log tells."""
        known = replace(surveyed, production=production)
        warm = sum(each.calls - each.cold_calls - each.failed_calls for each in production.sizes if each.warm_ms)
        if surveyed.function.obstacle:
            return replace(known, unknown=f"it cannot be tuned: {surveyed.function.obstacle}")
        if production.unreadable:
            return replace(known, unknown=production.unreadable)
        floor_mb = floor_of(production)
        if warm < ENOUGH_CALLS or floor_mb is None:
            return replace(known, unknown=f"only {warm} warm invocations were read")
        evidence = evidence_of(production, surveyed.function, self.memories_mb, floor_mb)
        return replace(known, expectation=expect(evidence, surveyed.prices))


def _why_unread(surveyed: Surveyed) -> str:
    if surveyed.use is None:
        return "nobody invokes it"
    return "its log was not read"


def _rank(surveyed: Surveyed) -> tuple[float, float, str]:
    return (-surveyed.expected, -surveyed.cost, surveyed.name)
