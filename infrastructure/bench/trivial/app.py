"""A target that only waits as long as its event says, and returns how long it took."""

import time
from typing import Any


def handler(event: Any, _context: object) -> dict[str, Any]:
    """Return the event and the time spent in here."""
    began = time.perf_counter()
    if event:
        time.sleep(event.get("waitMs", 0) / 1000)
    return {"event": event, "tookMs": (time.perf_counter() - began) * 1000}
