"""Describe one measured invocation."""

from msgspec import UNSET, Struct, UnsetType


class Sample(Struct, frozen=True, rename="camel"):
    """One invocation of the target, as its REPORT told it.

    Attributes:
        duration_ms: the handler's time; None when no REPORT was found (the sample is unmeasurable).
        billed_ms: what AWS bills; contains Init and the billed part of a restore already.
        init_ms: Init Duration of a cold start, None when warm.
        restore_ms: Restore Duration of a SnapStart cold start, None otherwise.
        max_memory_used_mb: the sandbox's largest resident memory so far.
        status: ``ok``, or the outcome word of what went wrong.
        payload_index: which of the run's payloads was sent.
        error: what the function raised, in a line; only of a failed invocation.
        extensions_ms: the part of the duration after the response, which no caller waits for; only where Lambda tells.
    """

    duration_ms: float | None = None
    billed_ms: int | None = None
    init_ms: float | None = None
    restore_ms: float | None = None
    max_memory_used_mb: int | None = None
    status: str = "ok"
    payload_index: int = 0
    error: str | UnsetType = UNSET
    extensions_ms: float | UnsetType = UNSET

    @property
    def cold(self) -> bool:
        """Return whether the sandbox was new."""
        return self.init_ms is not None or self.restore_ms is not None

    @property
    def measured(self) -> bool:
        """Return whether this sample counts in statistics."""
        return self.status == "ok" and self.duration_ms is not None and self.billed_ms is not None

    @property
    def total_duration_ms(self) -> float:
        """Return duration plus init or restore: what the caller of a cold start waited (the peer's measure)."""
        return (self.duration_ms or 0.0) + (self.init_ms or 0.0) + (self.restore_ms or 0.0)
