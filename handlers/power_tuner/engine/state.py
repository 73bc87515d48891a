"""What is believed in one round, and what each memory size is then worth."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from power_tuner.engine.belief import Belief, draw, explain
from power_tuner.engine.blocks import Blocks, Lacking, blocks_of, lifted
from power_tuner.engine.mixture import believe_cold
from power_tuner.engine.noise import bodies
from power_tuner.engine.priors import SWEEP_CALLS, TRIMMED_PART
from power_tuner.engine.question import Measured, Question
from power_tuner.engine.recall import recall
from power_tuner.engine.settling import Settling, settling_of, widened
from power_tuner.engine.shortlist import coarse, finer
from power_tuner.engine.values import Values, evaluate, losses, rounding


@dataclass(frozen=True, slots=True)
class State:
    """The belief of one round, the expected regret of each memory size, and what a call of each is billed.

    `sweep_cost_usd` is the bill of ten calls of every candidate, `candidates` how many those are. `lacking`
    are the calls without which a memory size cannot be chosen; it is empty where payloads are not told apart.
    `settling` says whether the calls still get faster.
    """

    memories_mb: tuple[int, ...]
    counts: list[int]
    belief: Belief
    values: Values
    regret: list[float]
    least: list[float]
    sweep_cost_usd: float
    call_usd: list[float]
    candidates: int
    lacking: list[Lacking]
    settling: Settling

    @property
    def leader(self) -> int:
        """Return the index of the memory size with the least expected regret, measured or not."""
        return min(range(len(self.memories_mb)), key=self.regret.__getitem__)

    @property
    def best_measured(self) -> int:
        """Return the index of the measured memory size with the least expected regret."""
        measured = [index for index, count in enumerate(self.counts) if count]
        return min(measured, key=self.regret.__getitem__)

    def chance_within(self, index: int, tolerance: float) -> float:
        """Return the chance that no memory size is better than this one by more than the tolerance."""
        margin = math.log1p(tolerance)
        column = self.values.log_value[index]
        inside = sum(value <= least + margin for value, least in zip(column, self.least, strict=True))
        return inside / len(column)

    def chance_better(self, index: int, other: int, handicap: float = 0.0) -> float:
        """Return the chance that one memory size is better than another, by more than a handicap."""
        ours, theirs = self.values.log_value[index], self.values.log_value[other]
        return sum(one < two - handicap for one, two in zip(ours, theirs, strict=True)) / len(ours)


def consider(
    question: Question,
    memories_mb: tuple[int, ...],
    usable: Mapping[int, Sequence[Measured]],
    cold: Mapping[int, Sequence[Measured]] | None = None,
) -> State:
    """Return the belief; of many memory sizes, over a grid that is fine only around the leader.

    Args:
        question: what is asked.
        memories_mb: the candidates.
        usable: the calls of the kind of start that is asked about.
        cold: the cold ones, if any; they count where the question is about both.
    """
    always = {memory_mb for memory_mb, samples in usable.items() if samples}
    if question.current_memory_mb is not None:
        always.add(question.current_memory_mb)
    chosen = coarse(memories_mb, always)
    state = _state(question, memories_mb, chosen, usable, cold)
    if chosen == memories_mb:
        return state
    return _state(question, memories_mb, finer(memories_mb, chosen, chosen[state.leader]), usable, cold)


def _state(
    question: Question,
    all_memories_mb: tuple[int, ...],
    memories_mb: tuple[int, ...],
    usable: Mapping[int, Sequence[Measured]],
    cold: Mapping[int, Sequence[Measured]] | None,
) -> State:
    blocks = _blocks(question, [usable[memory_mb] for memory_mb in memories_mb])
    settling = _settling(question, memories_mb, usable, told_apart=bool(blocks))
    if blocks:
        split = blocks.bodies
    elif settling.settled:
        split = settling.settled.bodies
    else:
        split = bodies([[sample.duration_ms for sample in usable[memory_mb]] for memory_mb in memories_mb])
    if question.past:
        belief = recall(question.past, memories_mb, split, question.seed)
    else:
        belief = draw(explain(memories_mb, split), question.seed)
    if blocks:
        belief = lifted(belief, blocks, question.seed)
    if settling.settled:
        belief = widened(belief, settling.settled, question.seed)
    pairs = {memory_mb: [(one.duration_ms, one.billed_ms) for one in usable[memory_mb]] for memory_mb in memories_mb}
    starts = [(cold or {}).get(memory_mb, ()) for memory_mb in memories_mb]
    mixture = believe_cold(memories_mb, starts, question.seed) if question.cold_starts else None
    values = evaluate(question, memories_mb, belief, rounding(pairs, memories_mb), mixture)
    regret, least = losses(values.log_value)
    mean_cost = [_trimmed_mean(column) for column in values.call_usd]
    sweep = SWEEP_CALLS * sum(mean_cost) * len(all_memories_mb) / len(memories_mb)
    return State(
        memories_mb=memories_mb,
        counts=[len(usable[memory_mb]) for memory_mb in memories_mb],
        belief=belief,
        values=values,
        regret=regret,
        least=least,
        sweep_cost_usd=sweep,
        call_usd=[usd * settling.dearer(index) for index, usd in enumerate(mean_cost)],
        candidates=len(all_memories_mb),
        lacking=blocks.lacking if blocks else [],
        settling=settling,
    )


def _settling(
    question: Question, memories_mb: Sequence[int], usable: Mapping[int, Sequence[Measured]], *, told_apart: bool
) -> Settling:
    """Return what the order of the calls says; nothing where sandboxes are all new, or payloads are told apart."""
    samples = [usable[memory_mb] for memory_mb in memories_mb]
    if question.start == "cold" or told_apart or not any(samples):
        return Settling([0.0] * len(samples))
    return settling_of(memories_mb, samples)


def _blocks(question: Question, samples: Sequence[Sequence[Measured]]) -> Blocks | None:
    """Return the calls with their payloads told apart; not where a quantile counts, which is of all calls together."""
    limit = question.objective.limit
    if limit is not None and limit.statistic != "mean":
        return None
    return blocks_of(samples, question.payload_weights)


def _trimmed_mean(column: Sequence[float]) -> float:
    ordered = sorted(column)
    cut = len(ordered) // TRIMMED_PART
    kept = ordered[cut : len(ordered) - cut]
    return sum(kept) / len(kept)
