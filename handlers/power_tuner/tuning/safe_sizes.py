"""Which memory sizes are safe to offer, by production's peak of memory and the longest that a call takes."""

from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING

from power_tuner.tuning.floor import Floor, NotOffered
from power_tuner.tuning.result import Branch, MeasuredBranch

if TYPE_CHECKING:
    from power_tuner.tuning.production import Production
    from power_tuner.tuning.run_plan import RunPlan

# The share of a time limit that the longest call may take. Reasoned: a fifth is left for what was not seen.
CLEAR_SHARE = 0.8
# How long Amazon API Gateway waits for an integration unless its quota was raised (its quotas: 29 s, HTTP APIs 30 s).
API_TIMEOUT_S = 29.0
_GIVEN_PAYLOAD = "the floor rests on the given payload alone"


def candidates_mb(plan: "RunPlan", failed: Collection[int] = ()) -> tuple[int, ...]:
    """Return what the decision engine may invoke: what production's peak leaves, and the current size to compare with.

    All of them if it leaves none, or none that did not fail.
    """
    wanted = plan.run_input.memories_mb
    offered = [memory_mb for memory_mb in wanted if _too_small(plan, memory_mb) is None and memory_mb not in failed]
    return tuple(each for each in wanted if each in offered or each == plan.target.memory_mb) if offered else wanted


def barred_mb(plan: "RunPlan", branches: Sequence[Branch] = ()) -> frozenset[int]:
    """Return the memory sizes that must not be chosen; none if nothing else could be."""
    reasons = reasons_against(plan, branches)
    failed = {branch.memory_mb for branch in branches if not isinstance(branch, MeasuredBranch)}
    return frozenset(reasons) if set(plan.run_input.memories_mb) - set(reasons) - failed else frozenset()


def floor_of(plan: "RunPlan", branches: Sequence[Branch], chosen_memory_mb: int) -> Floor:
    """Return the floor of a run, and whether its decision keeps to it.

    Args:
        plan: the run's plan.
        branches: what was measured.
        chosen_memory_mb: the decision.
    """
    reasons = reasons_against(plan, branches)
    return Floor(
        memory_headroom=plan.run_input.memory_headroom,
        peak_memory_mb=plan.production.peak_memory_mb if plan.production else None,
        most_duration_ms=CLEAR_SHARE * _limit_s(plan)[0] * 1000,
        basis=_basis(plan.production),
        not_offered=tuple(NotOffered(memory_mb=each, reason=reasons[each]) for each in sorted(reasons)),
        broken=reasons.get(chosen_memory_mb),
    )


def reasons_against(plan: "RunPlan", branches: Sequence[Branch]) -> Mapping[int, str]:
    """Return which candidates are not safe, and why."""
    measured = {branch.memory_mb: branch for branch in branches if isinstance(branch, MeasuredBranch)}
    found: dict[int, str] = {}
    for memory_mb in plan.run_input.memories_mb:
        reason = _too_small(plan, memory_mb)
        if reason is None and memory_mb in measured:
            reason = _too_full(plan, measured[memory_mb]) or _too_long(plan, measured, memory_mb)
        if reason is not None:
            found[memory_mb] = reason
    return found


def _too_small(plan: "RunPlan", memory_mb: int) -> str | None:
    peak_mb = plan.production.peak_memory_mb if plan.production else None
    return None if peak_mb is None else _headroom(plan, memory_mb, peak_mb, "production")


def _too_full(plan: "RunPlan", branch: MeasuredBranch) -> str | None:
    used_mb = branch.max_memory_used_mb
    return None if used_mb is None else _headroom(plan, branch.memory_mb, used_mb, "this run")


def _headroom(plan: "RunPlan", memory_mb: int, used_mb: int, where: str) -> str | None:
    headroom = plan.run_input.memory_headroom
    if not headroom or used_mb <= (1 - headroom) * memory_mb:
        return None
    return f"{where} used up to {used_mb} MB of memory, and {headroom:.0%} of {memory_mb} MB have to stay free"


def _too_long(plan: "RunPlan", measured: Mapping[int, MeasuredBranch], memory_mb: int) -> str | None:
    limit_s, name = _limit_s(plan)
    own_ms = measured[memory_mb].duration_ms.max
    longest_ms, where = max((own_ms, "this run"), (_in_production_ms(plan, measured, memory_mb), "production"))
    if longest_ms <= CLEAR_SHARE * limit_s * 1000:
        return None
    return (
        f"by {where} a call takes up to {longest_ms / 1000:.1f} s at {memory_mb} MB, too close to {name} of "
        f"{limit_s:g} s"
    )


def _in_production_ms(plan: "RunPlan", measured: Mapping[int, MeasuredBranch], memory_mb: int) -> float:
    """Return how long production's longest call takes at a memory size, 0 if that cannot be told.

    What another memory size took is scaled as the means of the run are.
    """
    here = plan.production.at(memory_mb) if plan.production else None
    if here is not None and here.upper_ms:
        return here.upper_ms
    others = plan.production.sizes if plan.production else ()
    here_ms = measured[memory_mb].average_duration_ms
    return max(
        (
            other.upper_ms * here_ms / measured[other.memory_mb].average_duration_ms
            for other in others
            if other.memory_mb in measured
        ),
        default=0.0,
    )


def _limit_s(plan: "RunPlan") -> tuple[float, str]:
    """Return the time that a call has, in seconds, and what sets it."""
    caller_s, name = plan.run_input.caller_timeout_s, "the callerTimeout"
    if caller_s is None and plan.behind_api:
        caller_s, name = API_TIMEOUT_S, "the API's timeout"
    if caller_s is not None and caller_s < plan.target.timeout_s:
        return caller_s, name
    return plan.target.timeout_s, "its timeout"


def _basis(production: "Production | None") -> str:
    if production is None:
        return f"Production was not read: {_GIVEN_PAYLOAD}."
    if production.unreadable:
        return f"Production could not be read ({production.unreadable}): {_GIVEN_PAYLOAD}."
    window = f"the last {production.days:.0f} days"
    if not production.calls:
        return f"The logs hold no invocation of {window}: {_GIVEN_PAYLOAD}."
    if production.complete:
        return f"It rests on all {production.calls:,} invocations that the logs hold of {window}, and on this run."
    return f"It rests on {production.calls:,} invocations of parts of {window}, and on this run."
