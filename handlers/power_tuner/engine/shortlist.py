"""Which power values are thought about at once: all if they are few, else a coarse grid that grows finer."""

import math
from collections.abc import Collection

MOST_AT_ONCE = 20
COARSE = 12
NEIGHBOURS = 2


def coarse(memories_mb: tuple[int, ...], always: Collection[int]) -> tuple[int, ...]:
    """Thin many sizes to a grid with even steps in the logarithm, and those that must be in it."""
    if len(memories_mb) <= MOST_AT_ONCE:
        return memories_mb
    low, high = math.log(memories_mb[0]), math.log(memories_mb[-1])
    grid = {
        min(memories_mb, key=lambda size: abs(math.log(size) - low - step * (high - low) / (COARSE - 1)))
        for step in range(COARSE)
    }
    return tuple(sorted(grid | (set(always) & set(memories_mb))))


def finer(memories_mb: tuple[int, ...], chosen: tuple[int, ...], leader_memory_mb: int) -> tuple[int, ...]:
    """Add what lies between the leader and its neighbours on the grid, halving the gaps."""
    place = chosen.index(leader_memory_mb)
    added = set(chosen)
    for left, right in ((place - 1, place), (place, place + 1)):
        if left < 0 or right == len(chosen):
            continue
        between = [size for size in memories_mb if chosen[left] < size < chosen[right]]
        step = max(1, (len(between) + 1) // (NEIGHBOURS + 1))
        added.update(between[step - 1 :: step][:NEIGHBOURS])
    return tuple(sorted(added))
