"""A survey of a fleet: what is said of each function, from what CloudWatch counted and the logs hold."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from fake_stores import FakeDailyMetrics
from fakes import FakeProductionLogs
from power_tuner.survey.surveyed import Surveyed, Verdict
from power_tuner.tuning.production import Production as Measured
from power_tuner.tuning.report_line import Report
from power_tuner.tuning.target import FunctionSnapshot
from power_tuner_cli.surveying.fleet_survey import FleetSurvey

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
MEMORIES_MB = (128, 256, 512, 1024, 1536, 3008)
DAYS = 10


def function(name: str, memory_mb: int = 1024, **configuration: Any) -> FunctionSnapshot:
    return FunctionSnapshot.from_configuration(
        {
            "FunctionArn": f"arn:aws:lambda:eu-west-1:123456789012:function:{name}",
            "Version": "$LATEST",
            "MemorySize": memory_mb,
            "Timeout": 30,
            "CodeSha256": "code-1",
            "RevisionId": "revision-1",
        }
        | configuration
    )


class Production:
    """What happened in production before the survey."""

    def __init__(self) -> None:
        self.metrics = FakeDailyMetrics()
        self.logs = FakeProductionLogs()

    def counted(self, name: str, invocations: float, duration_ms: float = 100.0) -> None:
        """Let CloudWatch have counted invocations yesterday, of this duration."""
        day = f"{NOW - timedelta(days=1):%Y-%m-%d}"
        for metric, value in (("Invocations", invocations), ("Duration", invocations * duration_ms)):
            self.metrics.counted[metric, name] = {day: value}

    def logged(self, name: str, memory_mb: int, durations_ms: Iterable[float], used_mb: int | None = 60) -> None:
        """Let the log hold warm invocations that succeeded."""
        at_s = NOW.timestamp() - 3600
        self.logs.calls += [
            (name, at_s, Report(each, int(each) + 1, memory_mb=memory_mb, max_memory_used_mb=used_mb))
            for each in durations_ms
        ]

    def surveyed(self, *functions: FunctionSnapshot, most_logs: int = 1000) -> list[Surveyed]:
        """Return what a survey says."""

        def read(function: FunctionSnapshot, since_s: float, until_s: float) -> Measured:
            return self.logs.production(function.log, since_s, until_s)

        survey = FleetSurvey(self.metrics, read, DAYS, most_logs, MEMORIES_MB)
        return survey.of(functions, NOW)


@pytest.fixture
def production() -> Production:
    return Production()


def steady(duration_ms: float, count: int = 40) -> list[float]:
    return [duration_ms * (1 + (number % 5 - 2) / 50) for number in range(count)]


def test_much_memory_is_surely_too_much(production: Production) -> None:
    """At 10,240 MB hardly any function is cheapest: some of its money is sure to be saved, and a run pays."""
    production.counted("huge", 1e6)
    production.logged("huge", 10240, steady(100))

    (huge,) = production.surveyed(function("huge", 10240))

    assert Verdict.TOO_HIGH == huge.verdict
    assert huge.saved
    assert 0 < huge.saved.low < huge.saved.estimate < huge.saved.high < huge.cost
    assert huge.worthwhile


def test_of_the_middle_nothing_is_sure_but_what_is_to_be_expected(production: Production) -> None:
    """From one memory size nobody knows whether a function waits or computes: the interval begins near nothing."""
    production.counted("middle", 1e6)
    production.logged("middle", 1024, steady(100))

    (middle,) = production.surveyed(function("middle"))

    assert Verdict.OPEN == middle.verdict
    assert middle.saved
    assert middle.saved.low < 0.05 * middle.cost < middle.saved.estimate


def test_no_memory_size_below_the_peak_is_expected_to_save(production: Production) -> None:
    """With a peak of 860 MB, 1,024 MB is the smallest that leaves room, so hardly anything is to be gained."""
    for name, used_mb in (("tight", 860), ("roomy", 60)):
        production.counted(name, 1e6)
        production.logged(name, 1024, steady(100), used_mb)

    found = {each.name: each for each in production.surveyed(function("tight"), function("roomy"))}

    tight, roomy = found["tight"].saved, found["roomy"].saved
    assert tight
    assert roomy
    assert tight.estimate < 0.2 * roomy.estimate
    assert found["tight"].floor_mb == pytest.approx(860 / 0.85)


def test_a_memory_size_that_may_run_into_the_timeout_saves_nothing(production: Production) -> None:
    """With two seconds left, hardly any smaller memory size is fast enough for the longest invocation."""
    for name in ("hurried", "patient"):
        production.counted(name, 1e6)
        production.logged(name, 1024, steady(1000))

    found = {
        each.name: each
        for each in production.surveyed(function("hurried", Timeout=2), function("patient", Timeout=900))
    }

    hurried, patient = found["hurried"].saved, found["patient"].saved
    assert hurried
    assert patient
    assert hurried.low == 0
    assert 0 < hurried.estimate < 0.9 * patient.estimate


def test_a_slow_function_may_stay_as_it_is(production: Production) -> None:
    """Its longest invocation comes near the timeout already: more memory is weighed, and never costs anything."""
    production.counted("slow", 1e6)
    production.logged("slow", 1024, steady(1000))

    (slow,) = production.surveyed(function("slow", Timeout=1))

    assert slow.saved
    assert slow.saved.low == 0


def test_a_function_near_its_limit_is_short_of_memory(production: Production) -> None:
    """What production used at most leaves no room at the memory size of today, whatever more would cost."""
    production.counted("full", 1e6)
    production.logged("full", 512, steady(100), 500)

    (full,) = production.surveyed(function("full", 512))

    assert Verdict.SHORT == full.verdict
    assert full.saved is None
    assert full.expected > 0


def test_several_memory_sizes_in_production_need_no_run(production: Production) -> None:
    """Half the memory at the same duration: production has shown the saving, so no run is worth its money."""
    production.counted("moved", 1e6)
    production.logged("moved", 1024, steady(100))
    production.logged("moved", 512, steady(101))

    (moved,) = production.surveyed(function("moved"))

    assert moved.expectation
    assert moved.expectation.move
    assert Verdict.SHOWN == moved.verdict
    assert 512 == moved.expectation.move.memory_mb
    change = moved.expectation.move.cost_change
    now, there = (moved.prices.invocations(1024, 101), moved.prices.invocations(512, 102))
    assert change.low <= there / now - 1 <= change.high
    assert not moved.worthwhile


def test_the_most_money_to_be_saved_comes_first(production: Production) -> None:
    """Not the most money: what costs more and is cheap already comes later."""
    production.counted("dear", 2e6)
    production.logged("dear", 128, steady(1000), 50)
    production.counted("huge", 1e6)
    production.logged("huge", 10240, steady(100))
    production.counted("small", 1e3)

    found = production.surveyed(function("small", 128), function("dear", 128), function("huge", 10240))

    assert ["huge", "dear", "small"] == [each.name for each in found]


def test_what_cannot_be_known_is_unknown_and_says_why(production: Production) -> None:
    """Nobody invoked it, too few are in its log, no log was read, or it cannot be tuned at all."""
    for name in ("few", "durable", "cheap"):
        production.counted(name, 10 if name == "cheap" else 1e6)
    production.logged("few", 1024, steady(100, 3))
    production.logged("durable", 1024, steady(100))

    durable = function("durable", DurableConfig={"ExecutionTimeout": 60})
    found = {
        each.name: each for each in production.surveyed(function("idle"), function("few"), durable, function("cheap"))
    }

    assert {Verdict.UNKNOWN} == {each.verdict for each in found.values()}
    assert "nobody invokes it" == found["idle"].unknown
    assert "only 3 warm invocations were read" == found["few"].unknown
    assert "its log was not read: it is not among the 2 dearest" == found["cheap"].unknown
    assert found["durable"].unknown.startswith("it cannot be tuned: it is a durable function")
    assert {None} == {each.saved for each in found.values()}
    assert not any(each.worthwhile for each in found.values())


def test_a_log_that_may_not_be_read_is_said(production: Production) -> None:
    """The function stays in the survey, with what it costs."""
    production.counted("secret", 1e6)
    production.logs.unreadable = "secret logs to /aws/lambda/secret, which may not be read"

    (secret,) = production.surveyed(function("secret"))

    assert production.logs.unreadable == secret.unknown
    assert secret.cost > 0


def test_the_dearest_logs_are_read_first(production: Production) -> None:
    """With one log to read, that of the function with the most money is."""
    for name, invocations in (("second", 1e6), ("first", 2e6)):
        production.counted(name, invocations)
        production.logged(name, 10240, steady(100))

    found = {
        each.name: each
        for each in production.surveyed(function("second", 10240), function("first", 10240), most_logs=1)
    }

    assert found["first"].expectation
    assert found["second"].expectation is None


def test_today_does_not_count(production: Production) -> None:
    """A month is computed from whole days."""
    production.counted("steady", 1000)
    production.metrics.counted["Invocations", "steady"][f"{NOW - timedelta(days=DAYS + 1):%Y-%m-%d}"] = 5000.0

    (found,) = production.surveyed(function("steady"))

    assert found.use
    assert pytest.approx(1000 / DAYS * 30.4375) == found.use.invocations


def test_inits_are_billed_besides(production: Production) -> None:
    """One invocation in ten is cold, with an init of 200 ms: so much more is billed."""
    production.counted("cold", 1e6)
    production.logged("cold", 1024, steady(100, 36))
    cold = Report(100.0, 300, init_ms=200.0, memory_mb=1024, max_memory_used_mb=60)
    production.logs.calls += [("cold", NOW.timestamp() - 60, cold)] * 4

    (found,) = production.surveyed(function("cold"))

    expected = 1e6 / DAYS * 30.4375 * 0.1 * 200 * found.prices.per_ms(1024)
    assert pytest.approx(expected) == found.init_cost
    assert pytest.approx(found.call_cost + expected) == found.cost
