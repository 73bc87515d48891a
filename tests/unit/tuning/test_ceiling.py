"""What a run may spend at most, against what simulated runs spend."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from fake_lambda import Asked, report_line
from power_tuner.errors import PowerTunerError
from power_tuner.ports import InvocationAnswer
from power_tuner.tuning.ceiling import Ceiling, ceiling_of
from power_tuner.tuning.result import Draft
from world import RUN_ID, World

TIMEOUT_S = 3
inputs = st.fixed_dictionaries(
    {"num": st.sampled_from([..., 1, 2, 5, 30]), "powerValues": st.sampled_from([[128], [128, 512], [3008, 256, 128]])},
    optional={
        "onlyColdStarts": st.just(True),
        "parallelInvocation": st.just(True),
        "dryRun": st.just(True),
        "maxInvocations": st.integers(2, 40),
        "maxCostUsd": st.sampled_from([0.00001, 0.001, 1.0]),
        "confidence": st.sampled_from(["default", "highest"]),
    },
)


def slow(billed_s: float, *, cold: bool) -> Any:
    """Behave like a function whose invocations are billed so long, and all or the first of each version cold."""
    known: set[str] = set()

    def behave(asked: Asked) -> InvocationAnswer:
        more = "Init Duration: 9999.00 ms\t" if cold or asked.version not in known else ""
        known.add(asked.version)
        log = report_line(TIMEOUT_S * 1000, int(billed_s * 1000), asked.memory_mb, more)
        return InvocationAnswer("{}", None, log, asked.version)

    return behave


def spent_by(world: World, **run_input: Any) -> tuple[Draft, Ceiling]:
    """Run it to its draft; returns it and what the run noted before its first invocation."""
    measured = world.begin(**run_input)["round"]
    assert world.functions.asked == []
    begun = world.history.begun(RUN_ID)
    assert begun
    assert begun.ceiling == ceiling_of(world.documents.plan(RUN_ID))
    while not measured["done"]:
        published = world.publish(round_batches=measured["batches"], round_number=measured["number"])
        world.measure_all(published["branches"])
        measured = world.analyze(measured["number"])
    return world.documents.draft(RUN_ID), begun.ceiling


@given(inputs, st.booleans())
@settings(max_examples=300, deadline=None)
def test_no_run_spends_more(run_input: dict[str, Any], cold: bool) -> None:  # noqa: FBT001 - hypothesis
    """Even if each invocation takes as long as it may: it is known before the first one, in every mode."""
    world = World()
    world.target.latest["Timeout"] = TIMEOUT_S
    world.target.behaviour = slow(
        TIMEOUT_S + 10, cold=cold and (run_input["num"] is not ... or "onlyColdStarts" in run_input)
    )
    try:
        draft, ceiling = spent_by(world, **run_input)
    except PowerTunerError:
        # Such as a limit that a batch reached.
        begun = world.history.begun(RUN_ID)
        assert begun is None or begun.ceiling is None or begun.ceiling.invocations >= len(world.functions.asked)
        return

    assert draft.spent.invocations <= ceiling.invocations
    assert draft.spent.lambda_cost_usd <= ceiling.lambda_cost_usd * (1 + 1e-9)
    assert draft.spent.execution_cost_usd <= ceiling.execution_cost_usd


def test_a_classic_run_is_counted_exactly() -> None:
    """Five of each memory size, and one more for a first try that fails; each as long as timeout and init allow."""
    world = World()
    world.target.latest["Timeout"] = TIMEOUT_S
    _, ceiling = spent_by(world, num=5, powerValues=[128, 512])

    prices = world.documents.plan(RUN_ID).prices
    longest_ms = (TIMEOUT_S + 10) * 1000
    expected = 5 * prices.invocations(128, longest_ms) + 6 * prices.invocations(512, longest_ms)
    assert ceiling.lambda_cost_usd == pytest.approx(expected)
    assert (11, 0.0) == (ceiling.invocations, ceiling.snap_start_cost_usd)


@pytest.mark.parametrize(("runtime", "billed"), [("python3.13", True), ("dotnet8", True), ("java21", False)])
def test_snapshots_cost(runtime: str, *, billed: bool) -> None:
    """Each version is cached for three hours at least, and restored at each cold start; Java's are free."""
    world = World()
    world.target.latest |= {"SnapStart": {"ApplyOn": "PublishedVersions"}, "Runtime": runtime}
    world.target.behaviour = slow(1, cold=True)
    draft, ceiling = spent_by(world, num=2, powerValues=[1024, 3072])

    cached = 4 * 3 * 3600 * 0.0000015046
    restored = (2 * 1 + 2 * 3) * 0.0001397998
    assert (draft.spent.snap_start_cost_usd or 0.0) == pytest.approx((cached + restored) * billed)
    assert (draft.spent.snap_start_cost_usd or 0.0) <= ceiling.snap_start_cost_usd


@pytest.mark.parametrize("parallel", [False, True])
def test_time_ends_it(*, parallel: bool) -> None:
    """Each memory size is invoked for all of the time at most, and the invocations under way take all that they may."""
    world = World()
    world.target.latest["Timeout"] = TIMEOUT_S
    world.target.behaviour = slow(1, cold=False)
    _, ceiling = spent_by(
        world, num=100, powerValues=[128, 512], maxDurationSeconds=60, parallelInvocation=parallel, maxInvocations=1000
    )

    gb, gb_second, lanes = 0.625, 0.0000133334, 100 if parallel else 1
    beyond = lanes * gb * (TIMEOUT_S + 10) * gb_second + 2 * 0.5 * (TIMEOUT_S + 10) * gb_second
    in_time = lanes * gb * 60 * gb_second + (201 + 2 * lanes + 2) * 0.0000002
    most = (100 * gb + 0.5) * (TIMEOUT_S + 10) * gb_second + 201 * 0.0000002
    assert pytest.approx(min(in_time + beyond, most)) == ceiling.lambda_cost_usd


def test_a_long_run_keeps_its_snapshots_as_long() -> None:
    """A thousand invocations of up to 15 minutes are more than the three hours that are billed at least."""
    world = World()
    world.target.latest |= {"SnapStart": {"ApplyOn": "PublishedVersions"}, "Timeout": 890}
    world.target.behaviour = slow(1, cold=False)
    _, ceiling = spent_by(world, num=1000, powerValues=[1024])

    kept_s = 1001 * 900 + 120
    assert pytest.approx(kept_s * 0.0000015046 + 1001 * 0.0001397998) == ceiling.snap_start_cost_usd


def test_all_of_it_is_the_total() -> None:
    """What is told is the sum."""
    ceiling = Ceiling(
        invocations=1, lambda_cost_usd=1.0, execution_cost_usd=0.5, snap_start_cost_usd=0.25, currency="USD"
    )

    assert (1.75, 2.75) == (ceiling.total_usd, replace(ceiling, lambda_cost_usd=2.0).total_usd)
