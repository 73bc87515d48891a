"""How an answer of the smart mode is judged by a sweep."""

import math

import pytest
from msgspec.structs import replace

from bench.sweep_judge import judge
from power_tuner.tuning.result import Branch, MeasuredBranch, Result
from results import branch, classic_result, failed_branch, smart_result


def steady(memory_mb: int, duration_ms: float, cost_usd: float, *, quartiles_ms: float = 0.0) -> MeasuredBranch:
    """Return a branch of a sweep by what the judge looks at."""
    found = branch(memory_mb)
    quartiles = {"p25": duration_ms - quartiles_ms / 2, "p75": duration_ms + quartiles_ms / 2}
    return replace(
        found,
        average_duration_ms=duration_ms,
        average_cost_usd=cost_usd,
        samples=50,
        duration_ms=replace(found.duration_ms, **quartiles),
    )


def sweep(*branches: Branch, chosen: int, strategy: str = "cost") -> Result:
    return classic_result(list(branches), chosen=chosen, strategy=strategy)


def answer(memory_mb: int, invocations: int = 20) -> Result:
    result = smart_result()
    assert result.decision
    return replace(
        result,
        decision=replace(result.decision, memory_mb=memory_mb),
        spent=replace(result.spent, invocations=invocations),
    )


def test_the_same_answer_is_as_good() -> None:
    """What the sweep chose has no regret."""
    verdict = judge(sweep(steady(512, 100, 4e-6), steady(1536, 40, 3e-6), chosen=1536), answer(1536))

    assert 0 == verdict.regret
    assert verdict.as_good


@pytest.mark.parametrize(
    ("strategy", "best", "regret"), [("cost", 1024, 0.5), ("speed", 512, 1.0), ("balanced", 1024, 0.875 / 0.75 - 1)]
)
def test_a_worse_answer_is_worse_by_the_strategy(strategy: str, best: int, regret: float) -> None:
    """Regret is that of the objective, by the sweep's averages."""
    branches = steady(512, 50, 4e-6), steady(1024, 100, 2e-6), steady(1536, 100, 3e-6)
    verdict = judge(sweep(*branches, chosen=best, strategy=strategy), answer(1536))

    assert regret == pytest.approx(verdict.regret)
    assert not verdict.as_good


def test_an_answer_beyond_the_limit_is_worse() -> None:
    """With slo the cheapest is no answer if it exceeds the limit: by the sixth power of the excess, and a step."""
    asked = {"strategy": "slo", "statistic": "p75", "maxDurationMs": 50.0}
    swept = replace(sweep(steady(512, 100, 2e-6), steady(1536, 40, 3e-6), chosen=1536), run_input=asked)

    assert pytest.approx(2 / 3 * 2**6 * math.exp(0.1) - 1) == judge(swept, answer(512)).regret


def test_noise_of_both_values_is_allowed_for() -> None:
    """Averages that may be off by more than the difference cannot tell which is better; without noise they can."""
    calm = sweep(steady(512, 100, 3e-6), steady(1536, 100, 3.1e-6), chosen=512)
    noisy = sweep(steady(512, 100, 3e-6, quartiles_ms=40), steady(1536, 100, 3.1e-6, quartiles_ms=40), chosen=512)

    assert not judge(calm, answer(1536)).as_good
    assert judge(noisy, answer(1536)).as_good


def test_a_value_that_does_not_work_is_no_answer() -> None:
    """No noise excuses a value at which the sweep's branch failed."""
    verdict = judge(sweep(failed_branch(128), steady(512, 100, 3e-6), chosen=512), answer(128))

    assert math.inf == verdict.regret
    assert not verdict.as_good


@pytest.mark.parametrize(("invocations", "cheap"), [(20, True), (21, False)])
def test_a_fifth_of_the_invocations_is_the_most(invocations: int, cheap: bool) -> None:  # noqa: FBT001 - a fact
    """The bar is exactly a fifth."""
    reference = sweep(steady(512, 100, 3e-6), chosen=512)

    assert cheap is judge(reference, answer(512, invocations), sweep_invocations=100).cheap
