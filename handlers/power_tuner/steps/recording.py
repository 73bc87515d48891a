"""Record how a run ended, and tell."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from power_tuner.domain.analysis import finish_result
from power_tuner.domain.iso_time import iso_time
from power_tuner.domain.outcome import error_message
from power_tuner.domain.report_page import render_report
from power_tuner.domain.run_item import completed_item, failed_item
from power_tuner.events import POWER_TUNING_FAILED, completed_detail, failed_detail
from power_tuner.ports import Begun, Documents, Events, History


@dataclass(frozen=True, slots=True)
class Recording:
    """What Record and CleanUpOnError need."""

    documents: Documents
    history: History
    events: Events
    now: Callable[[], float]
    retention_s: int

    def record_completed(self, run_id: str) -> dict[str, Any]:
        """Write result, report and item of a run whose draft the Analyzer saved.

        Returns:
            ``output``, the execution's output, and ``event``, the detail of the completion event.
        """
        plan = self.documents.plan(run_id)
        result = finish_result(
            self.documents.draft(run_id),
            finished_at=iso_time(self.now()),
            with_stats=plan.wanted.include_output_results,
        )
        result_key = self.documents.save_result(result, plan.started_at[:10])
        report_key = self.documents.save_report(run_id, render_report(result))
        keys = {"resultKey": result_key, "reportKey": report_key}
        self.history.record(completed_item(result, keys, self._expires_at_s()))
        return {
            "output": result["output"],
            "event": completed_detail(
                result,
                keys,
                auto_optimize=plan.wanted.auto_optimize,
                auto_optimize_alias=plan.wanted.auto_optimize_alias,
            ),
        }

    def record_failed(self, *, run_id: str, execution_arn: str, begun: Begun, error: str, cause: str) -> dict[str, str]:
        """Write the item of a run that failed and tell the bus, once.

        Args:
            run_id: the execution's name.
            execution_arn: the execution.
            begun: what the run noted; no target when it failed before it knew one.
            error: the name of the error.
            cause: a sentence, or the error document of a Lambda function.

        Returns:
            ``error`` and ``cause`` as the execution shall fail with them: a name and a sentence.
        """
        sentence = error_message(error, cause)
        item = failed_item(
            run_id=run_id,
            execution_arn=execution_arn,
            target_arn=begun.target_arn,
            started_at=begun.started_at,
            finished_at=iso_time(self.now()),
            error=error,
            cause=sentence,
            expires_at_s=self._expires_at_s(),
        )
        if self.history.record_failure(item):
            self.events.emit(POWER_TUNING_FAILED, failed_detail(item))
        return {"error": error, "cause": sentence}

    def _expires_at_s(self) -> int:
        return int(self.now()) + self.retention_s
