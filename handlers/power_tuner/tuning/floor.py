"""The floor: what a decision has to keep to so that it never harms the function."""

from msgspec import Struct, field


class NotOffered(Struct, frozen=True, kw_only=True, rename="camel"):
    """A memory size that is not safe, and why."""

    memory_mb: int = field(name="powerValue")
    reason: str


class Floor(Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """What a decision has to keep to so that it never harms the function.

    Attributes:
        memory_headroom: the share of a memory size that stays free.
        peak_memory_mb: the most that production used; None if that is not known.
        most_duration_ms: what a call may take: clear of the timeout, and of when the caller gives up.
        basis: what the floor rests on, as a sentence.
        not_offered: the candidates that do not keep to it.
        broken: why the decision does not keep to it, and so is not applied by itself; None if it does.
    """

    memory_headroom: float
    peak_memory_mb: int | None = None
    most_duration_ms: float
    basis: str
    not_offered: tuple[NotOffered, ...] = ()
    broken: str | None = None

    @property
    def warning(self) -> str:
        """Return what a decision that does not keep to the floor has to say of it; empty if it does."""
        return f" Beware: {self.broken}; it is not applied by itself." if self.broken else ""
