"""Laws of events and of payloads that must not be shown: whatever comes, a clear refusal or what was asked for."""

import json
from collections import defaultdict
from collections.abc import Callable
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from event_contracts import example
from power_tuner.automation.completion import read_run_id
from power_tuner.errors import InvalidInput, PowerTunerError
from power_tuner.tuning.outcome import Ran, judge_invocation
from power_tuner.tuning.report_line import find_report
from properties.strategies import json_values, log_tails, near_inputs
from world import World

SECRET = "tell-nobody-7"
KINDS = ["update-code", "create-function", "publish-version", "codedeploy", "stack", "function-state"]
deployments: st.SearchStrategy[dict[str, Any]] = st.sampled_from([example(f"deployment-{kind}") for kind in KINDS])
completions: st.SearchStrategy[dict[str, Any]] = st.sampled_from(
    [example("power-tuning-completed"), example("power-tuning-completed-smart")]
)


def places(value: object, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Return where something stands in a document."""
    found = [path] if path else []
    if isinstance(value, dict):
        for name, inner in value.items():
            found += places(inner, (*path, name))
    return found


def changed(document: dict[str, Any], path: tuple[Any, ...], value: Any) -> dict[str, Any]:
    """Return the document with something else, or nothing (``...``), in one place."""
    name, *rest = path
    inner = changed(document[name], tuple(rest), value) if rest else value
    return {key: inner if key == name else kept for key, kept in document.items() if key != name or inner is not ...}


def broken(events: st.SearchStrategy[dict[str, Any]]) -> st.SearchStrategy[Any]:
    """Draw events that lack something, or have something else in its place; and anything."""
    return json_values | events.flatmap(
        lambda event: st.builds(changed, st.just(event), st.sampled_from(places(event)), json_values | st.just(...))
    )


def outcome_of(act: Callable[[], Any]) -> Any:
    """Return what something returns, or the refusal that it raises."""
    try:
        return act()
    except PowerTunerError as refusal:
        return refusal


@given(broken(deployments))
def test_any_deployment_event_is_understood_or_refused(event: Any) -> None:
    """Law: an event starts, skips or means nothing, or is refused by name; no other error, and no target is touched."""
    world = World()
    world.deployment_targets.stacks = world.deployment_targets.code_deploys = defaultdict(lambda: ["thumbnailer"])
    done = outcome_of(lambda: world.deployed(event))

    assert isinstance(done, InvalidInput) or {"started", "coalesced", "skipped"} == done.keys()
    assert 0 == world.functions.count("set_memory") + world.functions.count("publish")


@given(broken(completions))
def test_any_completion_event_is_understood_or_refused(event: Any) -> None:
    """Law: a decision is dealt with or the event refused by name; of a run without an item nothing is applied."""
    world = World()
    before = world.memory_mb
    applied = outcome_of(lambda: world.optimizer.apply(read_run_id(event), "call-1"))

    assert isinstance(applied, InvalidInput) or (applied.applied is False and applied.reason)
    assert (before, []) == (world.memory_mb, world.leases.held())


secret_payloads: st.SearchStrategy[Any] = st.recursive(
    st.just(SECRET), lambda inner: st.lists(inner, min_size=1, max_size=2) | st.fixed_dictionaries({"a": inner})
)


@given(near_inputs, secret_payloads, st.sampled_from(["payload", "Payload", "payloads"]), st.integers(-1, 1))
def test_what_begins_never_shows_a_hidden_payload(raw: dict[str, Any], sent: Any, field: str, weight: int) -> None:
    """Law: with disablePayloadLogs neither a refusal, not even of a misspelt payload, nor the run's state has it."""
    payload = [{"payload": sent, "weight": weight}] if weight else sent
    begun = outcome_of(lambda: World().begin_raw({**raw, "disablePayloadLogs": True, field: payload}))

    assert SECRET not in (str(begun) if isinstance(begun, PowerTunerError) else json.dumps(begun))


@given(st.sampled_from(["errorMessage", "stackTrace", "else"]), secret_payloads, log_tails, st.text(max_size=9))
def test_an_outcome_never_shows_a_hidden_answer(place: str, answer: Any, tail: str, error_type: str) -> None:
    """Law: with disablePayloadLogs no failure has the function's own words in it."""
    document = {"errorType": error_type, place: answer}
    for payload in (json.dumps(document), json.dumps(answer), SECRET):
        judged = judge_invocation(
            ran=Ran("python3.13", 128, 3),
            report=find_report(tail, "6f12", 128),
            function_error="Unhandled",
            payload=payload,
            payload_index=0,
            allowed_exceptions=(),
            hide_payloads=True,
        )

        assert judged.failure is not None
        assert SECRET not in str(judged.failure)
