"""Read what the log of a function tells of production, whatever keeps it from being read."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from power_tuner.survey.log_survey import PAGES
from power_tuner.tuning.iso_time import epoch_s
from power_tuner.tuning.production import Production

if TYPE_CHECKING:
    from power_tuner.aws.production_logs import CloudWatchLogs
    from power_tuner.ports import History
    from power_tuner.tuning.target import FunctionSnapshot

# More runs than a week has of one function.
_LATEST_RUNS = 100


@dataclass(frozen=True, slots=True)
class ProductionReader:
    """Reads logs one by one.

    Attributes:
        history: of the tuner, whose runs are no production; None where it is not deployed.
    """

    logs: "CloudWatchLogs"
    history: "History | None" = None

    def read(self, function: "FunctionSnapshot", since_s: float, until_s: float) -> Production:
        """Return what production measured from an epoch second to another."""
        runs = self.history.latest(function.arn, _LATEST_RUNS, with_skipped=False) if self.history else []
        apart = [(epoch_s(run.started_at), epoch_s(run.finished_at)) for run in runs]
        try:
            found = self.logs.production(function.log, since_s, until_s, apart=apart, pages=PAGES)
        except ClientError as error:
            # One function must not end a survey of thousands. Log groups of Infrequent Access refuse this call.
            code = error.response["Error"]["Code"]
            return Production(
                since_s=since_s,
                until_s=until_s,
                complete=False,
                unreadable=f"{function.log.group} could not be read ({code})",
            )
        return found
