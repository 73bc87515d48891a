"""Write and read times as Step Functions writes them."""

from datetime import UTC, datetime


def iso_time(epoch_s: float) -> str:
    """Return an epoch second as ISO 8601 in UTC with milliseconds, for instance 2026-11-23T12:00:00.000Z."""
    return datetime.fromtimestamp(epoch_s, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def epoch_s(text: str) -> float:
    """Read an ISO 8601 time."""
    return datetime.fromisoformat(text).timestamp()
