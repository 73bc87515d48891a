"""What a run may spend: the limits of its input and of the stack.

In the smart mode the engine keeps to them. A classic run invokes what its input says, so it is refused when that is
more invocations than allowed; the limits on cost and time end each batch of it, and so does that on invocations where
bursts of cold starts have to be repeated.
"""

from collections.abc import Sequence

from msgspec.structs import replace

from power_tuner.errors import InvalidInput
from power_tuner.tuning.run_input import RunInput
from power_tuner.tuning.run_plan import RunPlan
from power_tuner.tuning.sample import Sample


def limited(run_input: RunInput, stack_max_invocations: int) -> RunInput:
    """Return the input with the stack's limit, which no input lifts.

    Raises:
        InvalidInput: ``num`` and ``powerValues`` ask for more invocations than the input or the stack allows.
    """
    asked = run_input.max_invocations
    allowed = stack_max_invocations if asked is None else min(asked, stack_max_invocations)
    if run_input.num is None:
        return replace(run_input, max_invocations=allowed)
    planned = run_input.num * len(run_input.memories_mb)
    if planned > allowed:
        whose = "the stack's parameter maxInvocationsPerRun" if allowed == stack_max_invocations else "maxInvocations"
        raise InvalidInput(
            field="num",
            value=run_input.num,
            allowed=f"at most {allowed} invocations in all, as {whose} says; {run_input.num} of each of "
            f"{len(run_input.memories_mb)} memory sizes are {planned}",
        )
    return run_input


def spent_usd(plan: RunPlan, memory_mb: int, samples: Sequence[Sample]) -> float:
    """Return what invocations of a memory size cost."""
    return plan.prices.invocations(memory_mb, sum(sample.billed_ms or 0 for sample in samples), len(samples))


def reached(
    plan: RunPlan, count: int, spent: float, elapsed_s: float, *, invoked: int, stack_max_invocations: int
) -> str | None:
    """Return which limit a batch of a classic run has reached, None if none.

    Each batch may spend its share of the run's limit, by its part of the run's invocations.

    Args:
        plan: the run's plan.
        count: the batch's invocations.
        spent: what they cost so far, in the currency of the region.
        elapsed_s: since the run began.
        invoked: how many of the batch's invocations, and of those that repeat some, were made.
        stack_max_invocations: what the stack allows a run.
    """
    run_input = plan.run_input
    if run_input.num is None:
        return None
    if run_input.max_duration_s is not None and elapsed_s > run_input.max_duration_s:
        return f"maxDurationSeconds ({run_input.max_duration_s} s) was reached"
    planned = run_input.num * len(run_input.memories_mb)
    most = min(run_input.max_invocations or stack_max_invocations, stack_max_invocations) * count / planned
    if invoked >= most:
        return f"its share of the invocations that the run may make ({most:.0f}) was made"
    if run_input.max_cost_usd is not None:
        share = run_input.max_cost_usd * count / planned
        if spent > share:
            return f"its share of maxCostUsd ({share:.3g} of {run_input.max_cost_usd:.3g}) was spent"
    return None
