"""Triggers: the inputs of runs that nobody started by hand."""

from typing import Any

import pytest

from power_tuner.automation.trigger import Trigger, read_trigger
from power_tuner.errors import InvalidInput

ARN = "arn:aws:lambda:eu-west-1:123456789012:function:thumbnailer"


@pytest.mark.parametrize("kind", ["deployment", "schedule", "drift"])
def test_a_trigger_is_written_and_read(kind: str) -> None:
    """What starts an execution is what its Initializer reads."""
    trigger = Trigger(kind, ARN, "code-7")

    assert {"trigger": kind, "lambdaARN": ARN, "codeSha256": "code-7"} == trigger.to_input()
    assert trigger == read_trigger(trigger.to_input())


@pytest.mark.parametrize("raw", [None, "trigger", ["trigger"], {}, {"lambdaARN": ARN, "num": 5}])
def test_what_a_person_wrote_is_no_trigger(raw: object) -> None:
    """It is left to the parser of inputs."""

    assert read_trigger(raw) is None


@pytest.mark.parametrize("code", [{}, {"codeSha256": None}, {"codeSha256": ""}])
def test_the_code_may_be_unknown(code: dict[str, Any]) -> None:
    """A schedule of a person's own need not name it."""

    assert Trigger("schedule", ARN, "") == read_trigger({"trigger": "schedule", "lambdaARN": ARN, **code})


@pytest.mark.parametrize("kind", ["Deployment", "hand", "", None, 7, ["drift"]])
def test_another_kind_is_refused(kind: Any) -> None:
    """The refusal lists those that there are."""
    with pytest.raises(InvalidInput) as caught:
        read_trigger({"trigger": kind, "lambdaARN": ARN})

    assert ("trigger", kind, "deployment, schedule, drift") == (
        caught.value.field,
        caught.value.value,
        caught.value.allowed,
    )


@pytest.mark.parametrize("target", [{}, {"lambdaARN": None}, {"lambdaARN": 7}])
def test_a_trigger_names_its_function(target: dict[str, Any]) -> None:
    """Without it nobody knows whose profile is meant."""
    with pytest.raises(InvalidInput) as caught:
        read_trigger({"trigger": "drift", **target})

    assert ("lambdaARN", target.get("lambdaARN"), "the ARN of an enrolled function") == (
        caught.value.field,
        caught.value.value,
        caught.value.allowed,
    )
