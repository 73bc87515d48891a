"""Record that a run failed, and undo what it did."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from power_tuner.operations.cleaning import clean_up
from power_tuner.operations.failing import record_failure
from power_tuner.ports import Begun

if TYPE_CHECKING:
    from power_tuner.app import App

# After these errors a Publisher may still be running: Lambda's response was lost, or the execution was ended.
_PUBLISHER_MAY_RUN = frozenset(
    {
        "Execution.ABORTED",
        "Execution.TIMED_OUT",
        "Lambda.AWSLambdaException",
        "Lambda.SdkClientException",
        "Lambda.ServiceException",
    }
)


@dataclass(frozen=True, slots=True)
class CleanUpOnError:
    """The step CleanUpOnError."""

    app: "App"

    def clean_up(self, run_id: str, execution_arn: str, started_at: str, *, error: str, cause: str) -> dict[str, str]:
        """Record the failure, then clean up.

        Args:
            run_id: the execution's name.
            execution_arn: the execution.
            started_at: when it started, as ISO 8601.
            error: the name of the error.
            cause: a sentence, or the error document of a Lambda function.

        Returns:
            The ``error`` and ``cause`` of the failed execution: a name and a sentence.
        """
        begun = self.app.history.begun(run_id) or Begun(None, started_at)
        try:
            return record_failure(
                self.app, run_id=run_id, execution_arn=execution_arn, begun=begun, error=error, cause=cause
            )
        finally:
            # Even if the failure cannot be recorded, nothing of the run may stay on the target.
            if begun.target_arn is not None:
                clean_up(self.app, begun.target_arn, run_id, publisher_may_run=error in _PUBLISHER_MAY_RUN)
