"""Which memory sizes are considered at once: all if they are few, else a coarse grid that grows finer."""

import math
from collections.abc import Collection

from power_tuner.engine.priors import GRID, MAX_AT_ONCE, NEW_PER_GAP


def coarse(memories_mb: tuple[int, ...], always: Collection[int]) -> tuple[int, ...]:
    """Return few memory sizes of many: a grid with even steps in the logarithm, and those that must be in it."""
    if len(memories_mb) <= MAX_AT_ONCE:
        return memories_mb
    low, high = math.log(memories_mb[0]), math.log(memories_mb[-1])
    grid = {
        min(memories_mb, key=lambda memory_mb: abs(math.log(memory_mb) - low - step * (high - low) / (GRID - 1)))
        for step in range(GRID)
    }
    return tuple(sorted(grid | (set(always) & set(memories_mb))))


def finer(memories_mb: tuple[int, ...], chosen: tuple[int, ...], leader_memory_mb: int) -> tuple[int, ...]:
    """Return the grid with new memory sizes between the leader and its neighbours."""
    leader = chosen.index(leader_memory_mb)
    added = set(chosen)
    for left, right in ((leader - 1, leader), (leader, leader + 1)):
        if left < 0 or right == len(chosen):
            continue
        between = [memory_mb for memory_mb in memories_mb if chosen[left] < memory_mb < chosen[right]]
        step = max(1, (len(between) + 1) // (NEW_PER_GAP + 1))
        added.update(between[step - 1 :: step][:NEW_PER_GAP])
    return tuple(sorted(added))
