"""Delete what was published and release the lease."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from power_tuner.operations.cleaning import clean_up

if TYPE_CHECKING:
    from power_tuner.app import App


@dataclass(frozen=True, slots=True)
class Cleaner:
    """The step Cleaner."""

    app: "App"

    def clean_up(self, target_arn: str, run_id: str) -> bool:
        """Undo everything that the run did to its target; return whether it held a lease."""
        return clean_up(self.app, target_arn, run_id, publisher_may_run=False)
