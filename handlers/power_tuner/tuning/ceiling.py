"""What a run may spend at most, from its plan alone: it is known before the first invocation.

Each invocation is taken to run into the function's timeout after the longest init, so a run usually costs a small part
of this. Not in it: what Step Functions repeats after an error of its own or of Lambda, and the app's own functions. A
smart run with `maxInvocations` may exceed it by one round, in which a function whose sandboxes do not live for a second
invocation is tried up to three times as often as was planned.
"""

from msgspec import Struct

from power_tuner.tuning.run_input import MAX_COLD_NUM
from power_tuner.tuning.run_plan import PARALLEL_BATCH_INVOCATIONS, RunPlan
from power_tuner.tuning.snap_start import caching_usd, restoring_usd
from power_tuner.tuning.transitions import Work, count_transitions

# Lambda ends an init phase, or a restore, after 10 s; it is then repeated within the invocation, whose timeout holds.
MAX_INIT_S = 10
# So often a warm sample is tried at most: a sandbox starts cold once, and only one that dies keeps starting cold.
MAX_TRIES_PER_WARM_SAMPLE = 3
# How long an update of the function is waited for at most; `settling.GIVE_UP_S`.
UPDATE_S = 120
# So often a batch repeats a burst of cold starts at most.
MAX_BURSTS = 6
# Each round publishes, waits for Lambda's updates and asks again; more rounds would cost more time than they save.
MAX_ROUNDS = 8


class Ceiling(Struct, frozen=True, kw_only=True, rename="camel"):
    """The most that a run may spend; the names say Usd whatever the currency is.

    Attributes:
        lambda_cost_usd: of the invocations.
        execution_cost_usd: of the state transitions.
        snap_start_cost_usd: of caching and restoring snapshots.
    """

    invocations: int
    lambda_cost_usd: float
    execution_cost_usd: float
    snap_start_cost_usd: float
    currency: str

    @property
    def total_usd(self) -> float:
        """Return all of it."""
        return self.lambda_cost_usd + self.execution_cost_usd + self.snap_start_cost_usd


def ceiling_of(plan: RunPlan) -> Ceiling:
    """Return what a run may spend at most."""
    prices, memories_mb, largest_mb = plan.prices, plan.run_input.memories_mb, max(plan.run_input.memories_mb)
    bursts = MAX_BURSTS if plan.run_input.only_cold_starts else 1
    most = dict.fromkeys(memories_mb, bursts * (plan.run_input.num or 0))
    if plan.smart:
        most = {largest_mb: _smart_invocations(plan)}
    # The first try may be repeated.
    most[largest_mb] += 1
    lambda_cost_usd = sum(count * _longest_usd(plan, memory_mb) for memory_mb, count in most.items())
    if plan.run_input.max_cost_usd is not None:
        lambda_cost_usd = min(lambda_cost_usd, plan.run_input.max_cost_usd + _beyond_usd(plan))
    if plan.run_input.max_duration_s is not None:
        lambda_cost_usd = min(lambda_cost_usd, _in_time_usd(plan, sum(most.values())) + _beyond_usd(plan))
    invocations = sum(most.values())
    return Ceiling(
        invocations=invocations,
        lambda_cost_usd=lambda_cost_usd,
        execution_cost_usd=_transitions(plan, invocations) * prices.transition,
        snap_start_cost_usd=caching_usd(plan.target, prices, memories_mb, _kept_s(plan, invocations))
        + sum(restoring_usd(plan.target, prices, memory_mb, count) for memory_mb, count in most.items()),
        currency=prices.currency,
    )


def _smart_invocations(plan: RunPlan) -> int:
    sizes, limit = len(plan.run_input.memories_mb), plan.run_input.max_invocations
    tries = 1 if plan.run_input.only_cold_starts else MAX_TRIES_PER_WARM_SAMPLE
    of_rounds = MAX_ROUNDS * tries * (_of_a_round(plan) + sizes)
    if limit is None:
        return of_rounds
    # Cold starts come in bursts, whose number the engine does not know beforehand.
    return min(of_rounds, limit + _of_a_round(plan) if plan.run_input.only_cold_starts else limit)


def _of_a_round(plan: RunPlan) -> int:
    """Return how many invocations a round makes at most."""
    if plan.run_input.only_cold_starts:
        return len(plan.run_input.memories_mb) * MAX_BURSTS * MAX_COLD_NUM
    # Imported here, so that a classic run does not load the engine's tables.
    from power_tuner.engine.priors import BATCHES, EFFORTS, MAX_ROUND_BATCHES  # noqa: PLC0415

    # A batch is of one memory size or of two; the current one may be measured besides.
    return MAX_ROUND_BATCHES * 2 * max(BATCHES) + max(effort.confirmations for effort in EFFORTS.values())


def _longest_usd(plan: RunPlan, memory_mb: int) -> float:
    return plan.prices.invocations(memory_mb, (plan.target.timeout_s + MAX_INIT_S) * 1000)


def _beyond_usd(plan: RunPlan) -> float:
    """Return what may be spent beyond a limit of cost: it is looked at after each round, or each wave of each batch."""
    if plan.smart:
        tries = 1 if plan.run_input.only_cold_starts else MAX_TRIES_PER_WARM_SAMPLE
        return (
            tries
            * (_of_a_round(plan) + len(plan.run_input.memories_mb))
            * _longest_usd(plan, max(plan.run_input.memories_mb))
        )
    waves = sum(_side_by_side(plan) * _longest_usd(plan, memory_mb) for memory_mb in plan.run_input.memories_mb)
    # The first try, and its repetition.
    return waves + 2 * _longest_usd(plan, max(plan.run_input.memories_mb))


def _in_time_usd(plan: RunPlan, invocations: int) -> float:
    """Return what can be invoked in the time that a run may take: all memory sizes side by side, all of the time."""
    per_ms = sum(map(plan.prices.per_ms, plan.run_input.memories_mb))
    return (
        _side_by_side(plan) * (plan.run_input.max_duration_s or 0) * 1000 * per_ms + invocations * plan.prices.request
    )


def _kept_s(plan: RunPlan, invocations: int) -> float:
    """Return how long the versions are kept at most: each invocation after the other."""
    each_s = plan.target.timeout_s + MAX_INIT_S + plan.run_input.sleep_between_runs_ms / 1000
    return invocations * each_s + len(plan.run_input.memories_mb) * UPDATE_S


def _side_by_side(plan: RunPlan) -> int:
    """Return how many invocations of one memory size run at the same time."""
    if plan.run_input.only_cold_starts:
        return plan.run_input.num or MAX_COLD_NUM
    if plan.smart:
        return 1
    wave = PARALLEL_BATCH_INVOCATIONS if plan.run_input.parallel_invocation else 1
    return sum(min(batch.count, wave) for batch in plan.batches())


def _transitions(plan: RunPlan, invocations: int) -> int:
    sizes = len(plan.run_input.memories_mb)
    rounds = MAX_ROUNDS if plan.smart else 1
    batches = sizes * (rounds if plan.smart else len(plan.batches()))
    return count_transitions(
        Work(
            rounds=rounds,
            # A call of the Publisher publishes one memory size at least, a call of the Executor invokes once at least.
            publisher_calls=rounds + sizes,
            branches=rounds * sizes,
            executor_calls=batches + invocations,
            finished_batches=batches,
            first_tries=1,
        )
    )
