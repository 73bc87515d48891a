"""How many invocations a sandbox had before each."""

from power_tuner.tuning.sample import Sample
from power_tuner.tuning.sandbox_places import sandbox_places

COLD, WARM = Sample(40.0, 240, init_ms=200.0), Sample(4.0, 4)


def test_a_cold_start_begins_a_new_sandbox() -> None:
    """One after another, invocations count from the latest cold start."""
    assert sandbox_places([COLD, WARM, WARM, COLD, WARM], side_by_side=False) == [0, 1, 2, 0, 1]


def test_what_failed_was_invoked_too() -> None:
    """An invocation that was not measured has a place."""
    assert sandbox_places([COLD, Sample(None, None, status="unmeasurable"), WARM], side_by_side=False) == [0, 1, 2]


def test_sandboxes_side_by_side_share_the_invocations() -> None:
    """By hand: two sandboxes, so each pair of invocations has one place."""
    assert sandbox_places([COLD, COLD, WARM, WARM, WARM], side_by_side=True) == [0, 0, 1, 1, 2]
    assert sandbox_places([], side_by_side=True) == []
