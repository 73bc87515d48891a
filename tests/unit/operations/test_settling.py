"""Waiting for Lambda."""

import pytest

from fake_lambda import TARGET_ARN
from power_tuner.operations.settling import settled, waits, when_settled
from power_tuner.ports import UpdateInProgress
from world import World


def test_waiting_starts_short_and_backs_off() -> None:
    """A quick update costs a tenth of a second, a slow one few calls."""
    waited = list(waits())

    assert [0.1, 0.2, 0.4, 0.8, 1.6, 3.2] + 23 * [5.0] == waited
    assert 120.0 <= sum(waited) < 125.0


def test_a_settled_function_is_read_at_once(world: World) -> None:
    """Without an update in progress one call is enough, and nobody sleeps."""
    settled(world.app, TARGET_ARN)

    assert (1, []) == (len(world.functions.calls), world.clock.slept_s)


def test_an_endless_update_is_given_up(world: World) -> None:
    """After two minutes the error says what to do."""
    world.target.busy_until_s = world.clock.now() + 1000
    with pytest.raises(UpdateInProgress, match=r"is still being updated\. Try again when its deployment is done\."):
        settled(world.app, TARGET_ARN)


def test_an_update_is_asked_for_until_it_has_settled(world: World) -> None:
    """Waiting twice as long each time: after 0.1, 0.3 and 0.7 s."""
    world.target.busy_until_s = world.clock.now() + 0.5

    assert 1024 == settled(world.app, TARGET_ARN).memory_mb
    assert [0.1, 0.2, 0.4] == world.clock.slept_s


def test_a_last_try_is_made_after_the_last_wait(world: World) -> None:
    """What has settled during the last wait is not given up."""
    world.target.busy_until_s = world.clock.now() + 120

    assert 1024 == settled(world.app, TARGET_ARN).memory_mb


def test_another_error_is_not_waited_for(world: World) -> None:
    """It passes as it is."""

    def act() -> None:
        raise ValueError("AccessDenied")

    with pytest.raises(ValueError, match="AccessDenied"):
        when_settled(act, world.clock.sleep)

    assert [] == world.clock.slept_s
