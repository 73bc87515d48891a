"""Record why a branch failed, and delete its version; the other branches continue."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from power_tuner.operations.cleaning import delete_version
from power_tuner.tuning.outcome import branch_outcome

if TYPE_CHECKING:
    from power_tuner.app import App


@dataclass(frozen=True, slots=True)
class CleanUpBranch:
    """The step CleanUpBranch."""

    app: "App"

    def clean_up(self, run_id: str, target_arn: str, memory_mb: int, version: str, *, error: str, cause: str) -> str:
        """Turn the error that Step Functions caught into the branch's outcome, and delete the branch's version.

        Args:
            run_id: the run.
            target_arn: unqualified.
            memory_mb: the branch.
            version: the branch's version; it is deleted only if the run published it.
            error: the name of the error.
            cause: a sentence, or the error document of a Lambda function.

        Returns:
            The outcome.
        """
        outcome = branch_outcome(error, cause)
        self.app.documents.save_outcome(run_id, memory_mb, outcome)
        lease = self.app.leases.get(target_arn)
        if lease is not None and lease.run_id == run_id and lease.versions.get(memory_mb) == version:
            delete_version(self.app, target_arn, version)
        return outcome.outcome
