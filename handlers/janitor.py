"""Janitor: finish the cleanup of runs that left an expired or closed lease behind."""

import time
from typing import Any

from power_tuner import wiring
from power_tuner.entry import Context, Event, entry_point
from power_tuner.errors import CleanupIncomplete


@entry_point
def handler(_event: Event, _context: Context) -> dict[str, Any]:
    """Clean up after every lease that nobody renews; one that is not done yet stays for the next time."""
    finished: list[str] = []
    left: list[str] = []
    for lease in wiring.leases().held():
        if not (lease.expired(time.time()) or lease.phase == "closing"):
            continue
        try:
            wiring.cleaning().clean_up(lease.target_arn, lease.run_id, publisher_may_run=True)
            finished.append(lease.run_id)
        except CleanupIncomplete:
            left.append(lease.run_id)
    return {"finished": finished, "left": left}
