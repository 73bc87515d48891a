"""A deployment at every point of a run is never overwritten; the same with the real thing is in the campaign."""

import contextlib
from collections import Counter
from typing import Any

import pytest

from power_tuner.errors import PowerTunerError
from world import RUN_ID, World

# How often a whole run with three memory sizes, each invoked five times, calls each method of Lambda's API.
CALLS_OF_A_RUN = {"delete_version": 3, "get": 8, "invoke": 15, "only_streams": 1, "publish": 3, "set_memory": 3}
POINTS = [(method, nth) for method, count in CALLS_OF_A_RUN.items() for nth in range(1, count + 1)]


def test_every_point_is_met(world: World) -> None:
    """A run makes these calls and no others: each of them is a point below."""
    world.tune()

    assert Counter(CALLS_OF_A_RUN) == Counter(method for method, *_ in world.functions.calls)


@pytest.mark.parametrize("changes", [{"MemorySize": 2048}, {"CodeSha256": "code-2"}, {"Timeout": 31}])
@pytest.mark.parametrize(("method", "nth"), POINTS)
def test_a_deployment_at_every_point_is_never_overwritten(method: str, nth: int, changes: dict[str, Any]) -> None:
    """Whatever somebody deploys just before any call stays; no test memory, version or lease is left."""
    world = World()
    before = dict(world.target.latest)
    world.functions.before(method, nth, lambda: world.functions.deploy(**changes))
    with contextlib.suppress(PowerTunerError):
        world.tune()
    world.clean_up(RUN_ID)

    after = world.target.latest
    expected = {**before, **changes}
    assert [] == [name for name in expected if name != "RevisionId" and expected[name] != after[name]]
    assert ({}, []) == (world.target.versions, world.leases.held())
