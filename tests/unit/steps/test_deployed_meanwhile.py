"""A deployment at every point of a run is never overwritten; the same with the real thing is in the campaign."""

import contextlib
from collections import Counter
from typing import Any

import pytest

from power_tuner.errors import PowerTunerError
from world import RUN_ID, World


def calls_of_a_run() -> list[tuple[str, int]]:
    """Return every call of Lambda's API in a whole run: its name, and which of that name it is."""
    world = World()
    world.tune()
    counts = Counter(method for method, *_ in world.functions.calls)
    return [(method, nth) for method, count in sorted(counts.items()) for nth in range(1, count + 1)]


CALLS = calls_of_a_run()


def test_every_point_is_met() -> None:
    """A run reads, sets, publishes, invokes and deletes; each of these calls is a point below."""

    assert {"get", "set_memory", "publish", "invoke", "delete_version"} <= {method for method, _ in CALLS}
    assert len(CALLS) > 25


@pytest.mark.parametrize("changes", [{"MemorySize": 2048}, {"CodeSha256": "code-2"}, {"Timeout": 31}])
@pytest.mark.parametrize(("method", "nth"), CALLS)
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
