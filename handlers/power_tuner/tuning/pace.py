"""How long Lambda takes for an update of a target, as a run finds out; rules only, no clock."""

from msgspec import Struct

# When to look whether a first update has settled: few looks, because each is a call of the account's 15 a second.
FIRST_LOOKS_S = (0.35, 1.15, 3.4, 8.8)
# A later look comes after so many times the wait so far.
LATER_LOOKS = 1.5
# With one version per look and the calls that it needs anyway, six memory sizes take at most 32 calls.
MAX_LOOKS = 4
# A span that is known to a tenth needs no more looks.
KNOWN_TO = 0.1


class Pace(Struct, frozen=True, kw_only=True, rename="camel"):
    """What a run knows about the time that updates of its target take.

    Attributes:
        busy_s: after so long an update was still in progress.
        done_s: after so long one had settled; None as long as that is not known.
        looks: how many calls it took to find that out.
    """

    busy_s: float = 0.0
    done_s: float | None = None
    looks: int = 0

    def next_look_s(self, waited_s: float) -> float:
        """Return how long after the begin of an update to look next, when the last look came after ``waited_s``."""
        done_s = self.done_s
        if done_s is not None and waited_s < done_s:
            earlier_s = (self.busy_s + done_s) / 2
            is_worth_a_look = self.looks < MAX_LOOKS and done_s - self.busy_s > KNOWN_TO * done_s
            return earlier_s if is_worth_a_look and earlier_s > waited_s else done_s
        return next((look_s for look_s in FIRST_LOOKS_S if look_s > waited_s), LATER_LOOKS * waited_s)

    def busy(self, waited_s: float) -> "Pace":
        """Return what is known after a look that found an update in progress; updates may have become slower."""
        slower = self.done_s is not None and waited_s >= self.done_s
        return Pace(busy_s=waited_s, done_s=None if slower else self.done_s, looks=self.looks + 1)

    def done(self, waited_s: float) -> "Pace":
        """Return what is known after an update that had settled; updates may have become faster."""
        done_s = waited_s if self.done_s is None else min(self.done_s, waited_s)
        return Pace(busy_s=self.busy_s if self.busy_s < done_s else 0.0, done_s=done_s, looks=self.looks)
