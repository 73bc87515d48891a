"""Fleet: the enrolled targets, a page at a time."""

from itertools import islice
from typing import Any

from power_tuner import wiring
from power_tuner.entry import Context, Event, entry_point

# A state holds 256 KB; an ARN and its outcome are some 400 bytes of it.
PAGE = 250


@entry_point
def handler(event: Event, _context: Context) -> dict[str, Any]:
    """List the next targets; ``done`` tells IsFleetChecked whether there are more."""
    first = int(event.get("next", 0))
    arns = sorted(profile.target_arn for profile in wiring.profiles().all())
    page = list(islice(arns, first, first + PAGE))
    following = first + len(page)
    return {
        "targets": [{"targetArn": arn} for arn in page],
        "maxConcurrentChecks": wiring.settings().max_concurrent_checks,
        "next": following,
        "done": following >= len(arns),
    }
