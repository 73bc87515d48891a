"""No input makes a run invoke a function more often than the stack allows, or at more memory sizes than there are."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from power_tuner.errors import InvalidInput, Unmeasurable
from power_tuner.tuning.limits import limited
from power_tuner.tuning.run_input_parser import parse_run_input
from world import World

STACK_MAX = 1000
SIZES = st.lists(st.integers(min_value=0, max_value=12_000) | st.just("128"), max_size=200) | st.just("ALL")
COUNTS = st.none() | st.integers(min_value=-1, max_value=10**12) | st.floats(allow_nan=False) | st.text(max_size=4)
INPUTS = st.fixed_dictionaries(
    {"lambdaARN": st.just("thumbnailer")},
    optional={"num": COUNTS, "powerValues": SIZES, "maxInvocations": COUNTS, "onlyColdStarts": st.booleans()},
)


@given(INPUTS)
@settings(max_examples=400)
def test_no_input_lifts_the_limit_of_the_stack(given_input: dict[str, Any]) -> None:
    """Law: a classic run plans at most the stack's invocations, a smart run is told to stop there."""
    try:
        run_input = limited(parse_run_input(given_input, (128, 512)), STACK_MAX)
    except InvalidInput:
        return

    sizes = len(run_input.memories_mb)
    assert sizes <= 159
    if run_input.num is None:
        assert run_input.max_invocations is not None
        assert run_input.max_invocations <= STACK_MAX
    else:
        assert run_input.num * sizes <= STACK_MAX


@pytest.mark.parametrize("sizes", [160, 10_113])
def test_ten_thousand_memory_sizes_are_refused(sizes: int) -> None:
    """Ten thousand sizes of ten thousand invocations each was accepted once."""
    with pytest.raises(InvalidInput, match="powerValues"):
        parse_run_input({"lambdaARN": "thumbnailer", "num": 5, "powerValues": [*range(128, 128 + sizes)]}, (128,))


@pytest.mark.parametrize(("stack_max", "asked"), [(10, None), (10, 1000), (1000, 10)])
@pytest.mark.parametrize("cold", [True, False])
def test_repeated_cold_starts_keep_to_the_limit_of_a_run(stack_max: int, asked: int | None, *, cold: bool) -> None:
    """Bursts that find warm sandboxes come again, six times in all: beyond the limit by one burst at most."""
    world = World(max_invocations_per_run=stack_max)
    fields: dict[str, Any] = {} if asked is None else {"maxInvocations": asked}
    world.begin(num=5, powerValues=[128, 512], onlyColdStarts=cold, **fields)
    reasons = []
    for branch in world.publish()["branches"]:
        try:
            world.measure(branch)
        except Unmeasurable as error:
            reasons.append(str(error))

    assert 10 == len(world.functions.asked)
    told = "its share of the invocations that the run may make (5) was made after 5 of 5 invocations"
    assert reasons == ([told, told] if cold else [])


def test_below_the_limit_bursts_of_cold_starts_come_again() -> None:
    """As often as they may."""
    world = World()
    world.begin(num=5, powerValues=[128], onlyColdStarts=True)
    (branch,) = world.publish()["branches"]

    world.measure(branch)

    assert 30 == len(world.functions.asked)
