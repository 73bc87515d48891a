"""The shapes that duration may take over memory, before anything was measured.

A call waits (network, disk) and computes. Computing takes inverse proportion to the CPU share, which grows with
memory up to what the code can use: a single thread gains nothing past one vCPU at 1,769 MB (AWS, "Configure Lambda
function memory"). So duration = waiting + computing / share, with the cap and the exponent free, and sometimes a
garbage collector that works harder near the limit, or a slight loss past the cap.
"""

import math
from collections.abc import Iterator
from functools import lru_cache
from itertools import count, islice

ONE_VCPU_MB = 1769
CURVES = 224


@lru_cache(maxsize=32)
def log_curves(memories_mb: tuple[int, ...]) -> tuple[tuple[float, ...], ...]:
    """Give the prior's curves: the logarithm of duration at each size, up to a constant per curve."""
    names = ("waiting", "cap", "exponent", "cliff", "loss")
    points = islice(_points(), CURVES)
    return tuple(_log_curve(memories_mb, **dict(zip(names, point, strict=True))) for point in points)


def _points() -> Iterator[tuple[float, ...]]:
    # an additive recurrence fills the cube evenly (the generalised golden ratio of five dimensions)
    phi = 1.1347241384015194
    steps = [phi ** -(axis + 1) % 1 for axis in range(5)]
    return (tuple((0.5 + step * index) % 1 for step in steps) for index in count(1))


def _log_curve(
    memories_mb: tuple[int, ...], *, waiting: float, cap: float, exponent: float, cliff: float, loss: float
) -> tuple[float, ...]:
    waiting_share = _waiting_share(waiting)
    cap_mb = _cap_mb(cap)
    power = 1.0 if exponent < 0.4 else 0.75 + 0.85 * (exponent - 0.4) / 0.6
    cliff_mb = 128 * 4 ** ((cliff - 0.88) / 0.12) if cliff > 0.88 else 0.0
    slope = 0.12 * (loss - 0.8) / 0.2 if loss > 0.8 else 0.0
    return tuple(
        math.log(waiting_share + (1 - waiting_share) * (min(size, cap_mb) / ONE_VCPU_MB) ** -power)
        + max(0.0, 2 * cliff_mb / size - 1) * 0.5
        + slope * max(0.0, math.log2(size / cap_mb))
        for size in memories_mb
    )


def _waiting_share(unit: float) -> float:
    if unit < 0.08:
        return 0.0
    if unit > 0.96:
        return 1.0
    return 1 / (1 + math.exp(-(-4.0 + 10.0 * (unit - 0.08) / 0.88)))


def _cap_mb(unit: float) -> float:
    if unit < 0.45:
        return ONE_VCPU_MB
    if unit < 0.75:
        return 600 * math.pow(2600 / 600, (unit - 0.45) / 0.3)
    if unit < 0.87:
        return 2 * ONE_VCPU_MB
    if unit < 0.93:
        return 4 * ONE_VCPU_MB
    return 6 * ONE_VCPU_MB
