"""Laws of the pace of updates."""

import math

from hypothesis import given
from hypothesis import strategies as st

from power_tuner.tuning.pace import Pace


@given(st.lists(st.floats(0, 100), min_size=1, max_size=12))
def test_every_wait_goes_on_and_ends(updates_s: list[float]) -> None:
    """Whatever updates took before, each look is later than the last, and the wait overshoots by a bounded factor."""
    pace = Pace()
    for update_s in updates_s:
        known_s = pace.done_s
        waited_s = 0.0
        while True:
            look_s = pace.next_look_s(waited_s)
            assert look_s > waited_s
            waited_s = look_s
            if waited_s >= update_s:
                break
            pace = pace.busy(waited_s)
        pace = pace.done(waited_s, looks=1)
        assert waited_s <= max(0.42, 3 * update_s, known_s or 0)


@given(st.floats(0.01, 100), st.integers(1, 30))
def test_the_looks_are_bounded(update_s: float, updates: int) -> None:
    """For updates of one length no more looks are needed than the first takes, and five."""
    pace = Pace()
    for _ in range(updates):
        waited_s = 0.0
        while (waited_s := pace.next_look_s(waited_s)) < update_s:
            pace = pace.busy(waited_s)
        pace = pace.done(waited_s, looks=int(waited_s != pace.done_s))

    assert pace.looks <= max(5, 5 + math.ceil(math.log(max(update_s / 8.6, 1), 1.25)))
