"""How long Lambda takes for an update of a target, as a run finds out; rules only, no clock."""

from msgspec import Struct

# When to look whether a first update has settled. With MAX_LOOKS and EARLIER these keep six updates of any length
# between 0.2 and 9 s within one and a half times their sum, on average a fifth above it, and those of 0.3, 1, 3 and 8 s
# within an eighth to a sixth (found by search; docs/internals.md has the figures).
FIRST_LOOKS_S = (0.42, 1.22, 3.2, 5.8, 8.6)
# A later look at an update that is slower than any before comes after so many times the wait so far.
LATER_LOOKS = 1.25
# Where to look between "still in progress" and "had settled".
EARLIER = 0.4
# With the calls that it needs anyway, a run of six memory sizes then makes at most 32: each is one of the account's 15
# a second.
MAX_LOOKS = 5
# A span that is known to a tenth, or to about the time of a call, needs no more looks.
KNOWN_TO = 0.1
KNOWN_TO_S = 0.1


class Pace(Struct, frozen=True, kw_only=True, rename="camel"):
    """What a run knows about the time that updates of its target take.

    Attributes:
        busy_s: after so long an update was still in progress.
        done_s: after so long one should have settled; None before the first has.
        looks: how many calls it took to find that out.
    """

    busy_s: float = 0.0
    done_s: float | None = None
    looks: int = 0

    def next_look_s(self, waited_s: float) -> float:
        """Return how long after the begin of an update to look next, always later than ``waited_s``."""
        done_s = self.done_s
        if done_s is None:
            return next((look_s for look_s in FIRST_LOOKS_S if look_s > waited_s), LATER_LOOKS * waited_s)
        earlier_s = self.busy_s + EARLIER * (done_s - self.busy_s)
        is_worth_a_look = self.looks < MAX_LOOKS and done_s - self.busy_s > max(KNOWN_TO * done_s, KNOWN_TO_S)
        return earlier_s if is_worth_a_look and earlier_s > waited_s else done_s

    def busy(self, waited_s: float) -> "Pace":
        """Return what is known after a look that found an update in progress; updates may have become slower."""
        slower = self.done_s is not None and waited_s >= self.done_s
        return Pace(busy_s=waited_s, done_s=LATER_LOOKS * waited_s if slower else self.done_s, looks=self.looks + 1)

    def done(self, waited_s: float, *, looks: int) -> "Pace":
        """Return what is known after an update that had settled; updates may have become faster."""
        done_s = waited_s if self.done_s is None else min(self.done_s, waited_s)
        return Pace(busy_s=self.busy_s if self.busy_s < done_s else 0.0, done_s=done_s, looks=self.looks + looks)
