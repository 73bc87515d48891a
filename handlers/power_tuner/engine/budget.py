"""What the limits of a question leave for the next round."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

from power_tuner.engine.question import Progress, Question, StopReason
from power_tuner.engine.state import State


@dataclass(frozen=True, slots=True)
class Budget:
    """The invocations, the money and the rounds that are left; infinite where the question sets no limit.

    `lost_calls` are invocations of a memory size that are billed before its first one counts.
    """

    calls: float
    usd: float
    rounds: float
    lost_calls: int

    def stop(self, *, most_rounds: float, progress: Progress) -> StopReason | None:
        """Return which limit is met already."""
        if self.calls <= 0:
            return "invocations"
        if self.usd <= 0:
            return "cost"
        if self.rounds > 0:
            return None
        return "rounds" if progress.rounds >= most_rounds else "duration"

    def share_out(self, calls: Mapping[int, int]) -> dict[int, int]:
        """Return what a first round can pay, by memory size: one call of each before any gets more."""
        kept: dict[int, int] = {}
        left = self.calls
        for memory_mb in calls:
            if left > self.lost_calls:
                kept[memory_mb] = 1
                left -= 1 + self.lost_calls
        for memory_mb in kept:
            more = min(calls[memory_mb] - 1, left)
            kept[memory_mb] += int(more)
            left -= more
        return kept

    def keep(self, state: State, calls: Mapping[int, int]) -> tuple[dict[int, int], StopReason | None]:
        """Return what the limits can pay of a round, and which limit is met where they can pay nothing of it.

        Args:
            state: what a call of each memory size costs, and which were called before.
            calls: by the index of the memory size.
        """
        kept: dict[int, int] = {}
        left, usd = self.calls, self.usd
        met: StopReason | None = None
        for index, count in calls.items():
            lost = 0 if state.counts[index] else self.lost_calls
            price = state.call_usd[index]
            payable = math.inf if math.isinf(usd) else usd // price - lost
            allowed = min(count, left - lost, payable)
            if allowed >= 1:
                kept[index] = int(allowed)
                left -= allowed + lost
                usd -= (allowed + lost) * price
            else:
                met = "cost" if left - lost >= 1 else "invocations"
        return kept, None if kept else met

    def holds(self, state: State, calls: Mapping[int, int]) -> bool:
        """Return whether the limits can pay a whole round."""
        return self.keep(state, calls)[0] == calls


def remaining_budget(question: Question, progress: Progress, *, calls: int, usd: float, most_rounds: int) -> Budget:
    """Return what is left of the limits; a round that would end after its time counts as the last.

    Args:
        question: the limits.
        progress: the rounds and the time so far.
        calls: what was invoked so far.
        usd: what that cost.
        most_rounds: the limit of rounds.
    """
    limits = question.limits
    rounds: float = most_rounds - progress.rounds
    if limits.max_duration_s is not None and progress.rounds:
        per_round_s = progress.elapsed_s / progress.rounds
        if progress.elapsed_s >= limits.max_duration_s:
            rounds = 0
        elif progress.elapsed_s + per_round_s >= limits.max_duration_s:
            rounds = min(rounds, 1)
    return Budget(
        calls=math.inf if limits.max_invocations is None else limits.max_invocations - calls,
        usd=math.inf if limits.max_cost_usd is None else limits.max_cost_usd - usd,
        rounds=rounds,
        lost_calls=question.overhead.lost_calls,
    )
