"""A target that does nothing, and says how long that took."""

import time
from typing import Any


def handler(event: Any, _context: object) -> dict[str, Any]:
    """Return the event's size and the time spent in here."""
    began = time.perf_counter()
    size = len(event)
    return {"size": size, "tookMs": (time.perf_counter() - began) * 1000}
