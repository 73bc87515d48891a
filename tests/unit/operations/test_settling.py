"""Waiting for Lambda."""

import pytest

from fake_lambda import TARGET_ARN
from power_tuner.operations.settling import FIRST_WAIT_S, GIVE_UP_S, LONGEST_WAIT_S, settled, waits
from power_tuner.ports import UpdateInProgress
from world import World


def test_waiting_starts_short_and_backs_off() -> None:
    """A quick update costs a tenth of a second, a slow one few calls."""
    waited = list(waits())

    assert [FIRST_WAIT_S, 0.2, 0.4, 0.8, 1.6, 3.2, LONGEST_WAIT_S] == waited[:7]
    assert GIVE_UP_S <= sum(waited) < GIVE_UP_S + LONGEST_WAIT_S


def test_a_settled_function_is_read_at_once(world: World) -> None:
    """Without an update in progress one call is enough, and nobody sleeps."""
    settled(world.functions, TARGET_ARN, world.clock.sleep)

    assert (1, []) == (len(world.functions.calls), world.clock.slept_s)


def test_an_endless_update_is_given_up(world: World) -> None:
    """After two minutes the error says what to do."""
    world.target.busy_until_s = world.clock.now() + 1000
    with pytest.raises(UpdateInProgress, match=r"is still being updated\. Try again when its deployment is done\."):
        settled(world.functions, TARGET_ARN, world.clock.sleep)
