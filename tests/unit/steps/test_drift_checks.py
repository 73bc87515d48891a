"""Drift checks: what they read and measure, what they compare with, and what they tell."""

from typing import Any

import pytest
from msgspec.structs import replace

from fake_lambda import TARGET_ARN, Asked, report_line
from fakes import NOON_S
from power_tuner.automation.profile import MEASURE, READ, Profile
from power_tuner.errors import TargetNotTunable
from power_tuner.ports import InvocationAnswer
from run_items import completed_run, failed_run, skipped_run
from world import World

DAY_S = 86_400
FIGURES = ("baselineMs", "currentMs", "change", "interval", "samples")


def tuned(mode: str = READ, **wanted: Any) -> World:
    """Return a world whose target was tuned, and takes 80 ms in production."""
    world = World()
    world.profiles.put(Profile(TARGET_ARN, {"num": 5, **wanted}, drift_mode=mode))
    world.tune(**wanted)
    takes(world, 80.0, 50)
    return world


def takes(world: World, duration_ms: float, samples: int) -> None:
    world.logs.reports.clear()
    world.logs.report("thumbnailer", world.clock.now(), 1024, [duration_ms] * samples)


def answering(world: World, *, cold: int = 0, silent: int = 0) -> None:
    """Let the target be cold at first, then answer without a REPORT, then as ever."""
    calls = len(world.functions.asked)

    def behave(asked: Asked) -> InvocationAnswer:
        nth = len(world.functions.asked) - calls
        more = "Init Duration: 150.25 ms\t" if nth <= cold else ""
        log = "" if cold < nth <= cold + silent else report_line(63.4, 64, asked.memory_mb, more)
        return InvocationAnswer("{}", None, log, "$LATEST")

    world.target.behaviour = behave


def drifts(world: World) -> list[dict[str, Any]]:
    return [detail for detail_type, detail in world.events.emitted if detail_type == "Power Drift Detected"]


def test_a_check_reads_a_day_of_production() -> None:
    """At the memory that the function has, and not more than is enough."""
    world = tuned()
    world.clock.epoch_s = NOON_S + 5000
    world.check()

    assert [("thumbnailer", 1024, NOON_S + 5000 - DAY_S, 300)] == world.logs.asked


def test_a_baseline_is_of_the_run_before_it() -> None:
    """Code and configuration as the run met them, the level as it is now."""
    world = tuned()
    world.functions.deploy(Description="not compared")

    assert {"targetArn": TARGET_ARN, "outcome": "baseline", "samples": 50} == world.check()
    kept = world.baselines.get(TARGET_ARN)
    assert kept
    assert kept.level
    assert ("run-1", "read", "code-1", 1024) == (kept.run_id, kept.source, kept.code_sha256, kept.memory_mb)
    assert ("python3.13", "arm64", 30) == (kept.runtime, kept.architecture, kept.timeout_s)
    assert 50 == kept.level.samples
    assert pytest.approx(80.0) == kept.level.typical_ms


@pytest.mark.parametrize("changes", [{"run_id": "run-0"}, {"source": MEASURE}])
def test_an_older_baseline_is_taken_again(changes: dict[str, Any]) -> None:
    """After another run, and after a change of how it is checked, nothing is compared."""
    world = tuned()
    world.check()
    kept = world.baselines.get(TARGET_ARN)
    assert kept
    world.baselines.put(TARGET_ARN, replace(kept, **changes))
    takes(world, 104.0, 40)

    assert "baseline" == world.check()["outcome"]
    assert kept.run_id == (world.baselines.get(TARGET_ARN) or kept).run_id


@pytest.mark.parametrize(("newer", "outcome"), [(0, "baseline"), (19, "baseline"), (20, "never-tuned")])
def test_the_latest_runs_are_looked_through(newer: int, outcome: str) -> None:
    """Twenty of them, for one that was completed."""
    world = tuned()
    for number in range(newer):
        world.history.record_failure(failed_run(f"run-{number}", started_at=f"2026-11-23T13:00:{number:02}.000Z"))

    assert outcome == world.check()["outcome"]


def test_the_newest_run_has_the_baseline() -> None:
    """Of several runs that were completed."""
    world = tuned()
    world.history.record(completed_run("run-0", started_at="2026-11-22T12:00:00.000Z"))
    world.check()

    assert "run-1" == getattr(world.baselines.get(TARGET_ARN), "run_id", None)
    assert "unchanged" == world.check()["outcome"]


def test_a_level_that_is_not_known_is_not_compared() -> None:
    """A baseline may be of a time without enough invocations."""
    world = tuned()
    world.check()
    kept = world.baselines.get(TARGET_ARN)
    assert kept
    world.baselines.put(TARGET_ARN, replace(kept, level=None))

    assert {"targetArn": TARGET_ARN, "outcome": "no-data"} == world.check()


def test_too_few_invocations_are_not_compared() -> None:
    """After a baseline as before it."""
    world = tuned()
    world.check()
    takes(world, 104.0, 7)

    assert {"targetArn": TARGET_ARN, "outcome": "no-data"} == world.check()


def test_what_was_deployed_since_the_run_gets_no_baseline() -> None:
    """It is another function than was measured: it is tuned."""
    world = tuned()
    world.functions.deploy(CodeSha256="code-2")

    checked = world.check()

    assert ("replaced", "its code was code-1 and is code-2") == (checked["outcome"], checked["reason"])
    assert [(checked["runId"], "run-1")] == [(detail["runId"], detail["baselineRunId"]) for detail in drifts(world)]
    assert world.baselines.get(TARGET_ARN) is None


def test_what_is_slower_is_told_with_its_figures() -> None:
    """In the event and in the answer: then, now, the share, where it may lie, and of how many."""
    world = tuned()
    world.check()
    takes(world, 104.0, 40)
    world.clock.epoch_s = NOON_S + 5000.25

    checked = world.check()

    (detail,) = drifts(world)
    figures = {
        name: pytest.approx(value) for name, value in zip(FIGURES, (80.0, 104.0, 0.3, [0.3, 0.3], 40), strict=True)
    }
    told = {"reason": "it takes 104.0 ms and took 80.0 ms (+30%)", "runId": detail["runId"], **figures}
    assert {"targetArn": TARGET_ARN, "outcome": "drifted", **told} == checked
    assert {
        "targetArn": TARGET_ARN,
        "baselineRunId": "run-1",
        "detectedAt": "2026-11-23T13:23:20.250Z",
        "mode": "read",
        "threshold": 0.15,
        **told,
    } == detail


def test_what_is_another_function_is_told_without_figures() -> None:
    """Nothing was measured."""
    world = tuned()
    world.check()
    world.functions.deploy(Timeout=61)

    checked = world.check()

    (detail,) = drifts(world)
    reason = "its timeout was 30 s and is 61 s"
    assert {
        "targetArn": TARGET_ARN,
        "outcome": "replaced",
        "runId": detail["runId"],
        "reason": reason,
    } == checked
    assert {"reason": reason, **dict.fromkeys(FIGURES)} == {name: detail[name] for name in ("reason", *FIGURES)}


def test_what_did_not_change_is_answered_with_its_figures() -> None:
    """The change is there, and below the threshold."""
    world = tuned()
    world.check()
    takes(world, 88.0, 41)
    checked = world.check()

    assert {
        "targetArn": TARGET_ARN,
        "outcome": "unchanged",
        "baselineMs": pytest.approx(80.0),
        "currentMs": pytest.approx(88.0),
        "change": pytest.approx(0.1),
        "interval": [pytest.approx(0.1), pytest.approx(0.1)],
        "samples": 41,
    } == checked


def test_the_threshold_is_the_profiles() -> None:
    """30 % are no drift for who allows 40 %."""
    world = tuned()
    world.profiles.put(replace(world.profile, drift_threshold=0.4))
    world.check()
    takes(world, 104.0, 40)

    assert "unchanged" == world.check()["outcome"]


def test_a_run_that_began_meanwhile_is_not_measured() -> None:
    """Some of the invocations may have met its test memory: nothing is told."""
    world = tuned(MEASURE)
    answering(world)
    world.check()
    world.functions.before("invoke", world.functions.count("invoke") + 7, lambda: world.begin("run-2"))

    assert {"targetArn": TARGET_ARN, "outcome": "busy"} == world.check()
    assert ([], {}) == (drifts(world), world.executions.named)


@pytest.mark.parametrize(
    ("pause_ms", "invocations"), [(0, 40), (7_000, 40), (7_600, 39), (60_000, 5), (150_000, 2), (150_001, 1)]
)
def test_pauses_leave_time_for_fewer_invocations(pause_ms: int, invocations: int) -> None:
    """All pauses of a check together take at most five minutes; without one there are forty invocations."""
    world = tuned(MEASURE, sleepBetweenRunsMs=pause_ms)
    answering(world)
    before, began_s = len(world.functions.asked), world.clock.now()
    world.check()

    assert invocations == len(world.functions.asked) - before
    assert pytest.approx(invocations * pause_ms / 1000) == world.clock.now() - began_s


@pytest.mark.parametrize(("cold", "silent", "samples"), [(0, 0, 40), (3, 0, 37), (0, 5, 35), (2, 1, 37)])
def test_what_is_warm_and_measured_is_compared(cold: int, silent: int, samples: int) -> None:
    """Neither cold starts nor what has no REPORT."""
    world = tuned(MEASURE)
    answering(world, cold=cold, silent=silent)

    assert samples == world.check()["samples"]
    kept = world.baselines.get(TARGET_ARN)
    assert kept
    assert kept.level
    assert pytest.approx(63.4) == kept.level.typical_ms


def test_payloads_are_sent_in_their_proportion() -> None:
    """As in the run: a check goes through the run's invocations again and again."""
    payload = [{"payload": "small", "weight": 4}, {"payload": "large", "weight": 1}]
    world = tuned(MEASURE, payload=payload)
    answering(world)
    before = len(world.functions.asked)
    world.check()

    sent = [each.payload for each in world.functions.asked[before:]]
    assert (32, 8) == (sent.count('"small"'), sent.count('"large"'))


def test_a_failed_invocation_ends_the_check() -> None:
    """With the function's name and its error."""
    world = tuned(MEASURE)
    world.target.behaviour = lambda _: InvocationAnswer(
        '{"errorType": "E", "errorMessage": "no"}', "Unhandled", "", "3"
    )
    with pytest.raises(TargetNotTunable) as caught:
        world.check()

    assert str(caught.value).startswith(f"{TARGET_ARN} failed while it was checked: ")
    assert "no" in str(caught.value)


def test_skipped_deployments_do_not_hide_the_run() -> None:
    """A function whose unchanged code was deployed thirty times since is not tuned anew."""
    world = tuned()
    for number in range(30):
        world.history.record(skipped_run(f"skip-{number}", started_at=f"2026-11-24T13:{number:02}:00.000Z"))

    assert "baseline" == world.check()["outcome"]


@pytest.mark.parametrize(("duration_s", "invocations"), [(1.0, 40), (30.0, 20), (200.0, 3), (700.0, 1)])
def test_a_measuring_check_ends_in_time(duration_s: float, invocations: int) -> None:
    """It spends ten minutes at most, unless one invocation alone takes longer."""
    world = tuned(MEASURE)
    world.functions.asked.clear()

    def behave(asked: Asked) -> InvocationAnswer:
        world.clock.advance(duration_s)
        log = report_line(1000 * duration_s, int(1000 * duration_s), asked.memory_mb)
        return InvocationAnswer("{}", None, log, "$LATEST")

    world.target.behaviour = behave
    world.check()

    assert invocations == len(world.functions.asked)
