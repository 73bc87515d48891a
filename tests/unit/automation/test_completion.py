"""Completion events: what the Optimizer accepts, and how it refuses the rest."""

from typing import Any

import pytest
from msgspec import convert

from event_contracts import example
from power_tuner.automation.completion import Decided, read_completed
from power_tuner.automation.policy import Policy
from power_tuner.errors import InvalidInput
from power_tuner.lambda_limits import MAX_MEMORY_MB, MIN_MEMORY_MB
from power_tuner.tuning.result import ClassicDecision, Comparison
from power_tuner.tuning.strategies import STRATEGIES
from power_tuner.tuning.target import Target


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


SCHEMA = "what events/schemas/power-tuning-completed.json says"


def test_the_decision_is_returned() -> None:
    """With what it was measured on, what it gains, and what may be done with it."""
    target = detail()["target"]

    assert Decided(
        run_id="thumbnailer-20261123-120000",
        started_at="2026-11-23T12:00:00.000Z",
        target=convert(target, Target),
        decision=ClassicDecision(memory_mb=256, cost_usd=4.066687e-06, duration_ms=1219.3633333333335, strategy="cost"),
        comparison=Comparison(
            current_memory_mb=1536, cost_change=-0.1527777777777778, duration_change=4.1014050134225855
        ),
        policy=convert(detail()["policy"], Policy),
    ) == read_completed({"detail": detail()})


def test_the_run_is_known_by_its_item() -> None:
    """Function, time and id."""
    arn = "arn:aws:lambda:eu-west-1:123456789012:function:thumbnailer"

    assert (arn, "2026-11-23T12:00:00.000Z", "thumbnailer-20261123-120000") == (
        read_completed({"detail": detail()}).run
    )


@pytest.mark.parametrize(
    "path",
    [
        "runId",
        "startedAt",
        "target.arn",
        "target.codeSha256",
        "target.runtime",
        "target.architecture",
        "target.memoryMb",
        "target.latestMemoryMb",
        "decision.power",
        "decision.strategy",
        "comparison.costChange",
        "comparison.durationChange",
        "comparison",
        "policy",
    ],
)
@pytest.mark.parametrize("value", [..., True, ["text"]])
def test_what_is_missing_or_something_else_is_named(path: str, value: Any) -> None:
    """By its place in the event, with the schema that says what it must be."""
    error = refusal(with_(path, value))

    assert (f"detail.{path}", None if value is ... else value) == (error.field, error.value)
    assert SCHEMA == error.allowed


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("runId", 7),
        ("target.memoryMb", "512"),
        ("decision.power", 512.5),
        ("decision.mode", "guess"),
        ("comparison.costChange", None),
        ("policy.apply", 7),
        ("policy.alias", ["live"]),
        ("policy.parameter", True),
        ("policy.minimumGain", "0.1"),
        ("policy.minimumGain", None),
        ("policy.overrideOwner", "true"),
    ],
)
def test_a_value_of_another_type_is_named(path: str, value: Any) -> None:
    """Numbers are not written as text, and nothing is no number."""
    error = refusal(with_(path, value))

    assert (f"detail.{path}", value) == (error.field, error.value)
    assert SCHEMA == error.allowed


def test_a_strategy_is_known() -> None:
    """By one that is not, no gain can be judged."""
    error = refusal(with_("decision.strategy", "cheapest"))

    assert ("detail.decision.strategy", "cheapest") == (error.field, error.value)
    assert error.allowed == f"one of {', '.join(STRATEGIES)}"


@pytest.mark.parametrize("memory_mb", [MIN_MEMORY_MB - 1, MAX_MEMORY_MB + 1])
def test_a_decision_is_a_memory_that_lambda_has(memory_mb: int) -> None:
    """Nothing else is set."""
    error = refusal(with_("decision.power", memory_mb))

    assert ("detail.decision.power", memory_mb) == (error.field, error.value)
    assert f"a memory from {MIN_MEMORY_MB} to {MAX_MEMORY_MB} (MB)" == error.allowed


@pytest.mark.parametrize("memory_mb", [MIN_MEMORY_MB, MAX_MEMORY_MB])
def test_the_smallest_and_the_largest_memory_are_accepted(memory_mb: int) -> None:
    """Both ends are memories that a function can have."""

    assert memory_mb == read_completed(with_("decision.power", memory_mb)).decision.memory_mb


@pytest.mark.parametrize("arn", ["thumbnailer", "123456789012:function:thumbnailer", "arn:aws:s3:::bucket", "a b"])
def test_an_arn_is_a_functions_arn(arn: str) -> None:
    """A name leaves the region open, and another ARN is no function."""
    error = refusal(with_("target.arn", arn))

    assert ("detail.target.arn", arn) == (error.field, error.value)
    assert "the ARN of a function" == error.allowed


def test_a_minimum_gain_may_be_absent() -> None:
    """Then any gain is enough."""

    assert 0.0 == read_completed(with_("policy.minimumGain", ...)).policy.minimum_gain


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


@pytest.mark.parametrize("change", [0, -1, 0.25])
def test_a_change_may_be_a_whole_number(change: float) -> None:
    """JSON writes 0.0 as 0."""
    comparison = read_completed(with_("comparison.costChange", change)).comparison

    assert comparison
    assert change == comparison.cost_change


def test_a_comparison_may_be_absent() -> None:
    """The present memory may not have been measured."""

    assert read_completed(with_("comparison", None)).comparison is None


def test_a_dry_run_decides_nothing() -> None:
    """So there is nothing to apply."""

    assert "detail.decision" == refusal(with_("decision", None)).field


@pytest.mark.parametrize(
    ("event", "field"),
    [
        (None, "detail"),
        ("text", "detail"),
        ([], "detail"),
        ({}, "detail"),
        ({"detail": "text"}, "detail"),
        ({"detail": {}}, "detail.runId"),
        ({"detail": {"target": "text"}}, "detail.target"),
    ],
)
def test_what_is_no_event_is_refused(event: object, field: str) -> None:
    """By the first thing that is wrong."""

    assert field == refusal(event).field
