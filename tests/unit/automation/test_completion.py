"""Completion events: what the Optimizer accepts, and how it refuses the rest."""

from typing import Any

import pytest

from event_contracts import example
from power_tuner.automation.completion import read_completed
from power_tuner.errors import InvalidInput
from power_tuner.lambda_limits import MAX_MEMORY_MB, MIN_MEMORY_MB


def detail() -> dict[str, Any]:
    """Return the detail of the example in ``events/``."""
    completed: dict[str, Any] = example("power-tuning-completed")["detail"]
    return completed


def with_(path: str, value: Any) -> dict[str, Any]:
    """Return the example's event with something else, or nothing (``...``), in one place of its detail."""
    changed = detail()
    *outer, name = path.split(".")
    inner = changed
    for step in outer:
        inner = inner[step]
    if value is ...:
        del inner[name]
    else:
        inner[name] = value
    return {"detail": changed}


def refusal(event: object) -> InvalidInput:
    with pytest.raises(InvalidInput) as caught:
        read_completed(event)
    return caught.value


TEXTS = [
    "runId",
    "startedAt",
    "target.arn",
    "target.codeSha256",
    "target.runtime",
    "target.architecture",
]
MEMORIES = ["target.memoryMb", "target.latestMemoryMb", "decision.power"]


def test_the_detail_is_returned() -> None:
    """Of an event that can be applied nothing is lost."""

    assert detail() == read_completed({"detail": detail()})


@pytest.mark.parametrize("path", TEXTS)
@pytest.mark.parametrize("value", [..., None, "", 7, ["text"]])
def test_a_text_is_needed(path: str, value: Any) -> None:
    """Each of these fields is named when it is absent, empty or something else."""
    error = refusal(with_(path, value))

    assert (f"detail.{path}", None if value is ... else value) == (error.field, error.value)
    assert "text, in a completion event" == error.allowed


@pytest.mark.parametrize("value", [..., None, "", 7, ["text"], "cheapest"])
def test_a_strategy_is_needed(value: Any) -> None:
    """By one that is not known no gain can be judged."""
    error = refusal(with_("decision.strategy", value))

    assert ("detail.decision.strategy", None if value is ... else value) == (error.field, error.value)
    assert error.allowed.startswith("one of cost, speed, ")


@pytest.mark.parametrize("path", MEMORIES)
@pytest.mark.parametrize("value", [..., None, "512", 512.0, True, MIN_MEMORY_MB - 1, MAX_MEMORY_MB + 1])
def test_a_memory_is_needed(path: str, value: Any) -> None:
    """A whole number of MB that Lambda has."""
    error = refusal(with_(path, value))

    assert (f"detail.{path}", None if value is ... else value) == (error.field, error.value)
    assert f"a memory from {MIN_MEMORY_MB} to {MAX_MEMORY_MB} (MB), in a completion event" == error.allowed


@pytest.mark.parametrize("path", MEMORIES)
@pytest.mark.parametrize("value", [MIN_MEMORY_MB, MAX_MEMORY_MB])
def test_the_smallest_and_the_largest_memory_are_accepted(path: str, value: int) -> None:
    """Both ends are memories that a function can have."""

    assert read_completed(with_(path, value))


@pytest.mark.parametrize("arn", ["thumbnailer", "123456789012:function:thumbnailer", "arn:aws:s3:::bucket", "a b"])
def test_an_arn_is_a_functions_arn(arn: str) -> None:
    """A name leaves the region open, and another ARN is no function."""
    error = refusal(with_("target.arn", arn))

    assert ("detail.target.arn", arn) == (error.field, error.value)
    assert "the ARN of a function, in a completion event" == error.allowed


@pytest.mark.parametrize("policy", [..., None, "latest", ["latest"]])
def test_a_policy_is_needed(policy: Any) -> None:
    """Without one nobody said that the decision may be applied."""
    error = refusal(with_("policy", policy))

    assert ("detail.policy", "the policy of a run, in a completion event") == (error.field, error.allowed)


@pytest.mark.parametrize("name", ["apply", "alias", "parameter"])
@pytest.mark.parametrize("value", [7, True, ["live"]])
def test_a_policys_names_are_text(name: str, value: Any) -> None:
    """How it is applied, and to which alias or parameter."""
    error = refusal(with_(f"policy.{name}", value))

    assert (f"detail.policy.{name}", value) == (error.field, error.value)
    assert "text, in a completion event" == error.allowed


@pytest.mark.parametrize("value", ["0.1", True, [0.1], None])
def test_a_minimum_gain_is_a_number(value: Any) -> None:
    """Text and true are none."""
    error = refusal(with_("policy.minimumGain", value))

    assert ("detail.policy.minimumGain", value) == (error.field, error.value)
    assert "a number, in a completion event" == error.allowed


@pytest.mark.parametrize("value", ["true", 1, None])
def test_an_owner_is_overridden_or_not(value: Any) -> None:
    """Only true and false are clear."""
    error = refusal(with_("policy.overrideOwner", value))

    assert ("detail.policy.overrideOwner", value) == (error.field, error.value)
    assert "true or false, in a completion event" == error.allowed


@pytest.mark.parametrize("value", [..., 0, 0.25])
def test_a_minimum_gain_may_be_absent(value: Any) -> None:
    """Then any gain is enough."""

    assert read_completed(with_("policy.minimumGain", value))


@pytest.mark.parametrize(
    ("path", "value", "field"),
    [
        ("policy.apply", "perhaps", "apply"),
        ("policy.apply", "alias", "alias"),
        ("policy.minimumGain", 1, "minimumGain"),
    ],
)
def test_a_policy_keeps_its_own_rules(path: str, value: Any, field: str) -> None:
    """Names of the right type may still be a policy that does not exist."""

    assert field == refusal(with_(path, value)).field


@pytest.mark.parametrize("name", ["costChange", "durationChange"])
@pytest.mark.parametrize("value", [..., None, "-0.1", True])
def test_a_comparison_has_numbers(name: str, value: Any) -> None:
    """A comparison that does not compare is refused."""
    error = refusal(with_(f"comparison.{name}", value))

    assert (f"detail.comparison.{name}", None if value is ... else value) == (error.field, error.value)
    assert "a number, in a completion event" == error.allowed


@pytest.mark.parametrize("name", ["costChange", "durationChange"])
@pytest.mark.parametrize("value", [0, -1, 0.25])
def test_a_change_may_be_a_whole_number(name: str, value: float) -> None:
    """JSON writes 0.0 as 0."""

    assert read_completed(with_(f"comparison.{name}", value))


@pytest.mark.parametrize("comparison", [..., None])
def test_a_comparison_may_be_absent(comparison: Any) -> None:
    """The present memory may not have been measured."""

    assert read_completed(with_("comparison", comparison))


@pytest.mark.parametrize("event", [None, "text", [], {}, {"detail": "text"}, {"detail": {"target": "text"}}])
def test_what_is_no_event_is_refused(event: object) -> None:
    """By the first field that it lacks."""

    assert "detail.runId" == refusal(event).field
