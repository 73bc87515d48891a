"""What the limits of a question leave for the next round."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

from power_tuner.engine.question import Progress, Question, StopReason
from power_tuner.engine.state import State


@dataclass(frozen=True, slots=True)
class Room:
    """The invocations, the money and the rounds that are left; infinite where the question sets no limit."""

    calls: float
    usd: float
    rounds: float
    lost_calls: int

    def stop(self, *, most_rounds: float, progress: Progress) -> StopReason | None:
        """Say which limit is met already."""
        if self.calls <= 0:
            return "invocations"
        if self.usd <= 0:
            return "cost"
        if self.rounds > 0:
            return None
        return "rounds" if progress.rounds >= most_rounds else "duration"

    def share_out(self, wanted: Mapping[int, int]) -> dict[int, int]:
        """Give each size of a first round one call before any gets more, as far as invocations are limited."""
        kept: dict[int, int] = {}
        left = self.calls
        for size in wanted:
            if left > self.lost_calls:
                kept[size] = 1
                left -= 1 + self.lost_calls
        for size in kept:
            more = min(wanted[size] - 1, left)
            kept[size] += int(more)
            left -= more
        return kept

    def keep(self, state: State, wanted: Mapping[int, int]) -> tuple[dict[int, int], StopReason | None]:
        """Keep what the limits can pay, and say which limit was met where they can pay nothing of it."""
        kept: dict[int, int] = {}
        calls, usd = self.calls, self.usd
        met: StopReason | None = None
        for place, number in wanted.items():
            lost = self._lost(state, place)
            price = state.call_usd[place]
            payable = math.inf if math.isinf(usd) else usd // price - lost
            allowed = min(number, calls - lost, payable)
            if allowed >= 1:
                kept[place] = int(allowed)
                calls -= allowed + lost
                usd -= (allowed + lost) * price
            else:
                met = "cost" if calls - lost >= 1 else "invocations"
        return kept, None if kept else met

    def holds(self, state: State, wanted: Mapping[int, int]) -> bool:
        """Say whether the limits can pay all that is wanted."""
        return self.keep(state, wanted)[0] == wanted

    def _lost(self, state: State, place: int) -> int:
        return 0 if state.counts[place] else self.lost_calls


def room_left(question: Question, progress: Progress, *, calls: int, usd: float, most_rounds: int) -> Room:
    """Take what was spent from the limits; a round that would end after its time counts as the last."""
    limits = question.limits
    rounds: float = most_rounds - progress.rounds
    if limits.max_duration_s is not None and progress.rounds:
        per_round_s = progress.elapsed_s / progress.rounds
        if progress.elapsed_s >= limits.max_duration_s:
            rounds = 0
        elif progress.elapsed_s + per_round_s >= limits.max_duration_s:
            rounds = min(rounds, 1)
    return Room(
        calls=math.inf if limits.max_invocations is None else limits.max_invocations - calls,
        usd=math.inf if limits.max_cost_usd is None else limits.max_cost_usd - usd,
        rounds=rounds,
        lost_calls=question.overhead.lost_calls,
    )
