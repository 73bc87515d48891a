"""Cleaner: delete what was published, release the lease."""

from typing import Any

from power_tuner import wiring
from power_tuner.entry import Context, Event, entry_point
from power_tuner.operations.cleaning import Cleaning


@entry_point
def handler(event: Event, _context: Context) -> dict[str, Any]:
    """Take back everything that the run did to its target."""
    cleaning = Cleaning(wiring.functions(), wiring.leases(), wiring.now, wiring.sleep)
    released = cleaning.clean_up(event["targetArn"], event["runId"], publisher_may_run=False)
    return {"released": released}
