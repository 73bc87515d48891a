"""A target that does nothing, and says how long that took."""

import time
from typing import Any


def handler(event: Any, _context: object) -> dict[str, Any]:
    """Return the event and the time spent in here."""
    began = time.perf_counter()
    return {"event": event, "tookMs": (time.perf_counter() - began) * 1000}
