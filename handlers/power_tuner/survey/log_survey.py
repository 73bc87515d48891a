"""Survey functions whose use is known: read the logs of those where the money is, and say what tuning would save."""

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from power_tuner.survey.evidence import evidence_of
from power_tuner.survey.expectation import ENOUGH_CALLS, expect
from power_tuner.survey.surveyed import Surveyed, floor_of

if TYPE_CHECKING:
    from power_tuner.tuning.production import Production
    from power_tuner.tuning.target import FunctionSnapshot

# Logs are read of the dearest functions that have this share of the money together.
MONEY_SHARE = 0.995
# The days of logs that are read.
LOG_DAYS = 7
# Of a log a page is read at each of so many places of these days.
PAGES = 8
_DAY_S = 86_400

# Reads what production measured, from an epoch second to another.
ReadLog = Callable[["FunctionSnapshot", float, float], "Production"]


@dataclass(frozen=True, slots=True)
class LogSurvey:
    """The part of a survey that reads logs.

    Attributes:
        read_log: reads what the log of a function tells.
        most_logs: of how many functions the log is read at most.
        memories_mb: the candidates of a run.
        readers: how many logs are read at the same time.
    """

    read_log: ReadLog
    most_logs: int
    memories_mb: Sequence[int]
    readers: int = 1

    def of(
        self, counted: Iterable[Surveyed], until_s: float, tell: Callable[[str], None] = lambda _: None
    ) -> list[Surveyed]:
        """Return all functions, those first where tuning is expected to save most.

        Args:
            counted: functions with their use.
            until_s: the present moment, an epoch second.
            tell: is told what comes next.
        """
        dearest_first = sorted(counted, key=lambda each: -each.cost)
        read = self._worth_reading(dearest_first)
        tell(f"Reading the logs of {read} functions, those with nearly all of the money.")
        since_s = until_s - LOG_DAYS * _DAY_S
        with ThreadPoolExecutor(self.readers) as readers:
            logs = readers.map(lambda each: self.read_log(each.function, since_s, until_s), dearest_first[:read])
            known = [self._judged(each, log) for each, log in zip(dearest_first[:read], logs, strict=True)]
        why = f"its log was not read: it is not among the {read} dearest"
        rest = [replace(each, unknown=why if each.use else "nobody invokes it") for each in dearest_first[read:]]
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


def _rank(surveyed: Surveyed) -> tuple[float, float, str]:
    return (-surveyed.expected, -surveyed.cost, surveyed.name)
