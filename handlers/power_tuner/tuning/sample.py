"""Describe one measured invocation."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Sample:
    """One invocation of the target, as its REPORT told it.

    Attributes:
        duration_ms: the handler's time; None when no REPORT was found (the sample is unmeasurable).
        billed_ms: what AWS bills; contains Init and the billed part of a restore already.
        init_ms: Init Duration of a cold start, None when warm.
        restore_ms: Restore Duration of a SnapStart cold start, None otherwise.
        max_memory_used_mb: the sandbox's largest resident memory so far.
        status: ``ok``, or the outcome word of what went wrong.
        payload_index: which of the run's payloads was sent.
    """

    duration_ms: float | None
    billed_ms: int | None
    init_ms: float | None = None
    restore_ms: float | None = None
    max_memory_used_mb: int | None = None
    status: str = "ok"
    payload_index: int = 0

    @property
    def cold(self) -> bool:
        """Tell whether the sandbox was new."""
        return self.init_ms is not None or self.restore_ms is not None

    @property
    def measured(self) -> bool:
        """Tell whether this sample counts in statistics."""
        return self.status == "ok" and self.duration_ms is not None and self.billed_ms is not None

    @property
    def total_duration_ms(self) -> float:
        """Return duration plus init or restore: what the caller of a cold start waited (the peer's measure)."""
        return (self.duration_ms or 0.0) + (self.init_ms or 0.0) + (self.restore_ms or 0.0)

    def to_dict(self) -> dict[str, Any]:
        """Return the sample as JSON, without the fields that say nothing."""
        return {_JSON_NAMES[name]: value for name, value in asdict(self).items() if value is not None}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> "Sample":
        """Read a sample from its JSON."""
        values: dict[str, Any] = {name: data.get(json_name) for name, json_name in _JSON_NAMES.items()}
        values["status"] = data.get("status", "ok")
        values["payload_index"] = data.get("payloadIndex", 0)
        return cls(**values)


_JSON_NAMES = {
    "duration_ms": "durationMs",
    "billed_ms": "billedMs",
    "init_ms": "initMs",
    "restore_ms": "restoreMs",
    "max_memory_used_mb": "maxMemoryUsedMb",
    "status": "status",
    "payload_index": "payloadIndex",
}
