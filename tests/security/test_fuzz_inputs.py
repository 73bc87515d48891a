"""Whatever a run is asked for, and whatever enrols a function: it is answered or refused, and nothing is touched."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import deployments
import initializer
from event_contracts import example, inputs
from fake_lambda import TARGET_ARN
from power_tuner.automation.profile import profile_from_tags
from power_tuner.tuning.run_input import FIELDS
from power_tuner.tuning.run_input_parser import parse_run_input
from security.hostile import SECRET, TRIES, any_json, as_received, changes, damaged, is_linear, play, same_cases
from world import RUN_ID, World, execution_of

PAYLOAD = {"user": {"secret": SECRET}}
RUNS: list[Any] = [
    *({**each, "lambdaARN": TARGET_ARN, "payload": PAYLOAD} for each in inputs().values()),
    {"lambdaARN": TARGET_ARN, "num": 3, "payload": [{"payload": PAYLOAD, "weight": 1}, {"payload": [], "weight": "2"}]},
    {"lambdaARN": TARGET_ARN, "payload": PAYLOAD, "Comment": "by hand", "powerValues": "ALL", "dryRun": True},
    {"trigger": "deployment", "lambdaARN": TARGET_ARN, "codeSha256": "code-1"},
]
TAGS = {
    "power-tuning": "on",
    "power-tuning:strategy": "speed",
    "power-tuning:num": "20",
    "power-tuning:apply": "alias",
    "power-tuning:alias": "live",
    "power-tuning:parameter": "/p",
    "power-tuning:cool-down": "60",
    "team": "images",
}


def begin(raw: Any) -> None:
    """Begin a run with an input, and hold what must be true of it."""
    world = World()
    execution = execution_of(RUN_ID)
    event = {"runId": RUN_ID, "executionArn": execution.arn, "startedAt": execution.started_at, "input": raw}

    played = play(initializer.handler, event, world)

    assert [] == changes(world)
    assert [] == world.functions.asked
    assert played.refusal is None or [] == world.leases.held()


def test_no_input_of_a_run_touches_a_function() -> None:
    """Inputs as people write them, damaged anywhere: begun, or refused in a sentence that tells no payload."""
    for seed in range(TRIES):
        begin(as_received(damaged(seed, RUNS)))


@given(any_json | st.dictionaries(st.sampled_from(sorted(FIELDS)), any_json).map(lambda raw: {"lambdaARN": "a", **raw}))
@same_cases
def test_no_json_touches_a_function(raw: Any) -> None:
    """Any JSON in place of an input, or of its fields."""
    begin(raw)


def test_no_tags_touch_a_function() -> None:
    """Tags damaged anywhere, as texts: what they say is refused in the history, and no function is touched."""
    for seed in range(TRIES):
        tags = damaged(seed, [TAGS])
        world = World()
        texts = tags.items() if isinstance(tags, dict) else ()
        # Lambda's own limits, and nothing that is no text in UTF-8.
        world.target.tags = {
            str(name).encode(errors="replace").decode()[:128]: str(value).encode(errors="replace").decode()[:256]
            for name, value in texts
        }

        played = play(deployments.handler, example("deployment-update-code"), world)

        assert played.refusal is None
        assert [] == changes(world)


@pytest.mark.parametrize("field", [*FIELDS, "Comment", "unknown"])
@pytest.mark.parametrize("unit", ["A", " ", "9", ",", "%", "-", "\ufeff", "s3://", "1e", "arn:aws:lambda:"])
def test_a_long_text_is_read_in_linear_time(field: str, unit: str) -> None:
    """In any field of an input."""
    assert is_linear(
        lambda raw: parse_run_input(raw, (128,)),
        lambda size: {"lambdaARN": TARGET_ARN, field: unit * (size // len(unit))},
    )


@pytest.mark.parametrize("field", [*FIELDS, "Comment", "unknown"])
@pytest.mark.parametrize("value", [None, 512, "512", {}, [], {"payload": 1, "weight": 1}])
def test_a_long_list_is_read_in_linear_time(field: str, value: Any) -> None:
    """In any field of an input."""
    size_of_one = len(json.dumps(value)) + 2

    assert is_linear(
        lambda raw: parse_run_input(raw, (128,)),
        lambda size: {"lambdaARN": TARGET_ARN, field: [value] * (size // size_of_one)},
    )


def test_many_fields_and_tags_are_read_in_linear_time() -> None:
    """However many there are, and however long their names."""
    assert is_linear(
        lambda raw: parse_run_input(raw, (128,)), lambda size: {f"field-{each}": 1 for each in range(size // 16)}
    )
    assert is_linear(lambda raw: parse_run_input(raw, (128,)), lambda size: {"l" * size: 1})
    assert is_linear(
        lambda tags: profile_from_tags(TARGET_ARN, tags),
        lambda size: {**TAGS, **{f"tag-{each}": "x" for each in range(size // 16)}},
    )
