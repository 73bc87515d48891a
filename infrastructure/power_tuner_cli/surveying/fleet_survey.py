"""Survey a fleet: what CloudWatch counted of all functions, then the logs of those where the money is."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from power_tuner.survey.log_survey import LogSurvey, ReadLog
from power_tuner.survey.monthly_use import monthly_use
from power_tuner.survey.surveyed import Surveyed

if TYPE_CHECKING:
    from datetime import datetime

    from power_tuner.ports import DailyMetrics
    from power_tuner.tuning.target import FunctionSnapshot

# Requests that wait for CloudWatch Logs at the same time: with a few the five a second that it answers are used.
READERS = 4


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
        self, functions: Iterable["FunctionSnapshot"], now: "datetime", tell: Callable[[str], None] = lambda _: None
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
        counted = [replace(each, use=use.get(each.name)) for each in found]
        logs = LogSurvey(self.read_log, self.most_logs, self.memories_mb, READERS)
        return logs.of(counted, now.timestamp(), tell)
