"""What follows from what production showed of a canary."""

import numpy as np
import pytest

from power_tuner.automation.canary import Evidence, Seen, Stage, judge
from power_tuner.automation.sequential_test import Durations, Errors
from power_tuner.tuning.canary_settings import CanarySettings


def _seen(count: int, *, typical_ms: float = 100.0, failed: int = 0, seed: int = 1) -> Seen:
    drawn = typical_ms * np.exp(np.random.default_rng(seed).normal(0, 0.1, count))
    return Seen(Durations().plus(drawn.tolist()), Errors(count, failed))


def test_nothing_is_open() -> None:
    """Without a call, nothing is told."""
    assert judge(Evidence(), CanarySettings(), 0.0).found == "open"


def test_an_equal_version_is_proven() -> None:
    """With calls enough, a version that is as fast and fails as rarely is proven."""
    verdict = judge(Evidence(_seen(20_000), _seen(2000, seed=2)), CanarySettings(), 0.0)

    assert verdict.found == "proven"


def test_a_slower_version_is_worse() -> None:
    """A version that takes 10 % longer is worse than today."""
    verdict = judge(Evidence(_seen(2000), _seen(500, typical_ms=110.0, seed=2)), CanarySettings(), 0.0)

    assert verdict.found == "worse"
    assert "longer than today" in verdict.reason


def test_a_slower_version_that_was_chosen_as_such_is_as_expected() -> None:
    """A decision may choose a slower, cheaper memory size: only what is slower than its run measured is worse."""
    evidence = Evidence(_seen(20_000), _seen(2000, typical_ms=130.0, seed=2))

    assert judge(evidence, CanarySettings(), 0.3).found == "proven"
    assert judge(evidence, CanarySettings(), 0.15).found == "worse"


def test_a_faster_version_than_expected_need_not_be_as_fast_as_expected() -> None:
    """A version that was expected to be faster and is as fast as today harms nobody."""
    assert judge(Evidence(_seen(20_000), _seen(2000, seed=2)), CanarySettings(), -0.3).found == "proven"


def test_a_version_that_is_faster_for_sure_is_said_to_be_so() -> None:
    """Nobody has to read that calls take at most -20 % longer."""
    verdict = judge(Evidence(_seen(20_000), _seen(2000, typical_ms=70.0, seed=2)), CanarySettings(), 0.0)

    assert verdict.found == "proven"
    assert "take at least 2" in verdict.reason
    assert "less than expected" in verdict.reason


def test_a_small_change_is_no_reason_however_certain() -> None:
    """A change of less than half the margin is never a reason to go back."""
    verdict = judge(Evidence(_seen(50_000), _seen(50_000, typical_ms=103.0, seed=2)), CanarySettings(), 0.0)

    assert verdict.found == "proven"
    assert verdict.change is not None
    assert verdict.change.low > 0


def test_a_version_that_fails_is_worse() -> None:
    """A version of which a tenth of the calls fail is worse."""
    verdict = judge(Evidence(_seen(2000), _seen(100, failed=10, seed=2)), CanarySettings(), 0.0)

    assert verdict.found == "worse"
    assert "fail" in verdict.reason


def test_a_version_is_not_proven_before_its_errors_are() -> None:
    """Equal durations alone prove nothing: 200 calls without an error do not exclude one of a hundred."""
    verdict = judge(Evidence(_seen(5000), _seen(200, seed=2)), CanarySettings(), 0.0)

    assert verdict.change is not None
    assert verdict.change.high < 0.1
    assert verdict.found == "open"


@pytest.mark.parametrize(
    ("calls", "lasted_s", "over"), [(50, 300.0, True), (49, 300.0, False), (50, 299.0, False), (500, 300.0, True)]
)
def test_a_stage_needs_time_and_calls(calls: int, lasted_s: float, *, over: bool) -> None:
    """A stage is over once it has lasted long enough and had calls enough."""
    assert Stage(0, calls, lasted_s).is_over(CanarySettings()) is over


def test_the_last_stage_is_known() -> None:
    """After the last weight come all calls."""
    assert [Stage(number, 0, 0.0).is_last(CanarySettings()) for number in range(3)] == [False, False, True]
