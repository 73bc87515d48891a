"""Encode a result for the peer's viewer: everything is in the URL's fragment, nothing is sent to a server."""

import struct
from base64 import b64encode
from collections.abc import Sequence

from power_tuner.tuning.strategies import Candidate

DEFAULT_VISUALIZATION_URL = "https://lambda-power-tuning.show/"
MAX_INT16 = 2**15 - 1


def visualization_url(candidates: Sequence[Candidate], base_url: str, currency: str = "USD") -> str:
    """Return the link to the viewer.

    The fragment is three base64 texts joined by ``;``: memory sizes as little-endian Int16, then average durations
    and average costs as little-endian Float32, all sorted by memory size. An Int16 ends at 32,767, so the link leaves
    out larger memory sizes; the result and the report have them. A currency other than USD is told in the query.
    """
    ordered = sorted((c for c in candidates if c.memory_mb <= MAX_INT16), key=lambda c: c.memory_mb)
    count = len(ordered)
    parts = (
        struct.pack(f"<{count}h", *(c.memory_mb for c in ordered)),
        struct.pack(f"<{count}f", *(c.duration_ms for c in ordered)),
        struct.pack(f"<{count}f", *(c.cost_usd for c in ordered)),
    )
    if currency != "USD":
        base_url += f"{'&' if '?' in base_url else '?'}currency={currency}"
    return base_url + "#" + ";".join(b64encode(part).decode() for part in parts)
