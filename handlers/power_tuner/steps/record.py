"""Record the result of a run that completed."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from power_tuner import metrics
from power_tuner.automation.policy import NEVER, Policy
from power_tuner.automation.trigger import Origin
from power_tuner.errors import LeaseLost, NotRecorded
from power_tuner.events import TuningCompleted, tuning_completed
from power_tuner.report.page import render_report
from power_tuner.tuning.analysis import finish_result
from power_tuner.tuning.iso_time import iso_time
from power_tuner.tuning.result import Output
from power_tuner.tuning.run_item import completed_item

if TYPE_CHECKING:
    from power_tuner.app import App


class Recorded(Struct, frozen=True):
    """What the state machine goes on with once a run is recorded."""

    output: Output
    event: TuningCompleted


@dataclass(frozen=True, slots=True)
class Record:
    """The step Record."""

    app: "App"

    def record(self, run_id: str, *, late: bool = False) -> Recorded:
        """Write result, report and item of a run whose draft the Analyzer saved.

        Args:
            run_id: the run.
            late: the run has failed because its result could not be recorded; its item is replaced.

        Returns:
            The execution's output, and the detail of the completion event.

        Raises:
            LeaseLost: the run has ended meanwhile.
            NotRecorded: something else failed; another try may succeed.
        """
        try:
            return self._record(run_id, late=late)
        except LeaseLost:
            raise
        except Exception as error:
            reason = f"{type(error).__name__}: {error}"
            raise NotRecorded(f"The result of run {run_id} could not be recorded: {reason}") from error

    def _record(self, run_id: str, *, late: bool) -> Recorded:
        plan = self.app.documents.plan(run_id)
        result = finish_result(
            self.app.documents.draft(run_id),
            finished_at=iso_time(self.app.now()),
            with_stats=plan.run_input.include_output_results,
        )
        result_key = self.app.documents.save_result(result, plan.started_at[:10])
        report_key = self.app.documents.save_report(run_id, render_report(result))
        begun = self.app.history.begun(run_id)
        unknown = Origin(trigger="direct", settings=None, policy=Policy(apply=NEVER))
        origin = (begun and begun.origin) or unknown
        item = completed_item(
            result,
            plan,
            result_key=result_key,
            report_key=report_key,
            trigger=origin.trigger,
            settings=origin.settings,
            late=late,
            expires_at_s=int(self.app.now()) + self.app.settings.retention_s,
        )
        item = replace(item, started_by=origin.started_by, comment=origin.comment)
        self.app.history.record(item, over_failure=late)
        if result.comparison is not None:
            self.app.metrics.percent(metrics.COST_CHANGE, result.comparison.cost_change)
        event = tuning_completed(result, plan, origin, result_key=result_key, report_key=report_key)
        return Recorded(output=result.output, event=event)
