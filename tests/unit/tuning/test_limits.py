"""What a run may spend at most."""

import pytest

from power_tuner.errors import InvalidInput
from power_tuner.tuning.limits import limited
from power_tuner.tuning.run_input import RunInput
from power_tuner.tuning.run_input_parser import parse_run_input


def read(**fields: object) -> RunInput:
    return parse_run_input({"lambdaARN": "thumbnailer", "powerValues": [128, 512, 1024], **fields}, (128,))


@pytest.mark.parametrize(
    ("fields", "stack", "told"),
    [
        ({"num": 5, "maxInvocations": 14}, 1000, "at most 14 invocations in all, as maxInvocations says"),
        ({"num": 5}, 14, "at most 14 invocations in all, as the stack's parameter maxInvocationsPerRun says"),
        ({"num": 5, "maxInvocations": 100}, 14, "at most 14 invocations in all, as the stack's parameter"),
    ],
)
def test_a_classic_run_of_more_is_refused(fields: dict[str, object], stack: int, told: str) -> None:
    """Before anything is touched, with what was asked for."""
    with pytest.raises(InvalidInput) as caught:
        limited(read(**fields), stack)

    assert (caught.value.field, caught.value.value) == ("num", 5)
    assert caught.value.allowed.startswith(told)
    assert caught.value.allowed.endswith("5 of each of 3 memory sizes are 15")


@pytest.mark.parametrize("fields", [{"num": 5}, {"num": 5, "maxInvocations": 15}])
def test_a_classic_run_within_its_limits_is_left_as_it_is(fields: dict[str, object]) -> None:
    """The limit itself is allowed."""
    assert limited(read(**fields), 15) == read(**fields)


@pytest.mark.parametrize(("asked", "stack", "limit"), [(None, 15, 15), (10, 15, 10), (20, 15, 15)])
def test_the_smart_mode_stops_at_the_smaller_limit(asked: int | None, stack: int, limit: int) -> None:
    """No input lifts the stack's."""
    fields = {} if asked is None else {"maxInvocations": asked}

    assert limited(read(**fields), stack).max_invocations == limit


def test_no_more_memory_sizes_than_all_of_them() -> None:
    """A list of ten thousand would be as many branches."""
    with pytest.raises(InvalidInput, match="160 memory sizes"):
        parse_run_input({"lambdaARN": "thumbnailer", "powerValues": list(range(128, 288))}, (128,))
    assert len(parse_run_input({"lambdaARN": "f", "powerValues": list(range(128, 287))}, (128,)).memories_mb) == 159
