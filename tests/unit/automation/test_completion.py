"""Completion events: a run's id is all that is read of one."""

from typing import Any

import pytest

from event_contracts import example
from power_tuner.automation.completion import read_run_id
from power_tuner.errors import InvalidInput


def test_the_run_is_read() -> None:
    """Of the example in ``events/``."""
    assert read_run_id(example("power-tuning-completed")) == "thumbnailer-20261123-120000"


@pytest.mark.parametrize(
    ("event", "value"),
    [
        ({"detail": {"runId": 7}}, 7),
        ({"detail": {"runId": ""}}, ""),
        ({"detail": {"runId": None}}, None),
        ({"detail": {"runId": "A" * 81}}, "A" * 81),
        ({"detail": {"runId": "run\ud800"}}, "run\ud800"),
        ({"detail": {"runId": "run/1"}}, "run/1"),
        ({"detail": {}}, None),
        ({"detail": ["runId"]}, None),
        ({}, None),
        ("text", None),
        (None, None),
    ],
)
def test_an_event_that_names_no_run_is_refused(event: Any, value: object) -> None:
    """By the place of the id, and what is there instead."""
    with pytest.raises(InvalidInput) as caught:
        read_run_id(event)

    assert (caught.value.field, caught.value.value, caught.value.allowed) == ("detail.runId", value, "the id of a run")
