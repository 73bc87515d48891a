"""The belief of a function that was called before: it is as it was, up to its scale, or everything is new.

The new calls decide, by how well either predicts them.
"""

import math
from collections.abc import Sequence
from dataclasses import replace

from power_tuner.engine.as_before import AsBefore
from power_tuner.engine.belief import Belief, draw, explain
from power_tuner.engine.noise import Body, bodies
from power_tuner.engine.past import remember
from power_tuner.engine.priors import DRAWS, MAX_LOG_ODDS, NEW_SCALE_DENSITY
from power_tuner.engine.question import Past
from power_tuner.engine.random_draws import seed_for, spread_evenly


def believe_with(past: Past, memories_mb: tuple[int, ...], samples: Sequence[Sequence[float]], seed: int) -> Belief:
    """Return draws from what the samples leave possible; without samples, all is as before."""
    return recall(past, memories_mb, bodies(samples), seed)


def recall(past: Past, memories_mb: tuple[int, ...], split: list[Body | None], seed: int) -> Belief:
    """Return draws from what the samples, sorted already, leave possible."""
    remembered = remember(memories_mb, past, seed)
    as_before = AsBefore(remembered, split)
    if not any(split):
        return replace(as_before.draw(seed), recalled=remembered.same_chance)
    new = explain(memories_mb, split)
    # The prior without a past holds any scale alike; what that gives up is a density.
    log_odds = as_before.log_evidence - new.log_evidence - math.log(NEW_SCALE_DENSITY * math.sqrt(2 * math.pi))
    log_odds += math.log(remembered.same_chance / (1 - remembered.same_chance))
    chance = 1 / (1 + math.exp(-max(-MAX_LOG_ODDS, min(MAX_LOG_ODDS, log_odds))))
    if chance * DRAWS < 1:
        return draw(new, seed)
    if (1 - chance) * DRAWS < 1:
        return replace(as_before.draw(seed), recalled=chance)
    return _mixed(as_before.draw(seed), draw(new, seed), chance, seed)


def _mixed(same: Belief, new: Belief, chance: float, seed: int) -> Belief:
    """Return draws from the one in the share of `chance`, from the other in the rest."""
    recalled = [unit < chance for unit in spread_evenly(seed_for(seed, "recalled"), DRAWS)]

    def mix(ours: Sequence[Sequence[float]], others: Sequence[Sequence[float]]) -> list[list[float]]:
        return [
            [one if is_same else other for one, other, is_same in zip(own, theirs, recalled, strict=True)]
            for own, theirs in zip(ours, others, strict=True)
        ]

    return Belief(
        log_body=mix(same.log_body, new.log_body),
        mean_ms=mix(same.mean_ms, new.mean_ms),
        spread=same.spread**chance * new.spread ** (1 - chance),
        call_variance=[
            chance * one + (1 - chance) * other
            for one, other in zip(same.call_variance, new.call_variance, strict=True)
        ],
        departure=same.departure**chance * new.departure ** (1 - chance),
        bodies=new.bodies,
        kinked=[frozenset(one for one in draws if not recalled[one]) for draws in new.kinked],
        recalled=chance,
    )
