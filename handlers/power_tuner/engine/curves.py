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

from power_tuner.engine.priors import (
    ALL_VCPUS_MB,
    ALL_WAITING_SHARE,
    CAP_BOUNDS,
    CLIFF_FACTOR,
    CLIFF_LOW_MB,
    CLIFF_REACH,
    CLIFF_SHARE,
    CLIFF_SLOPE,
    CURVES,
    EXPONENT_LOW,
    EXPONENT_RANGE,
    FOUR_VCPUS_MB,
    LOSS_SHARE,
    MAX_LOSS,
    NO_WAITING_SHARE,
    ONE_VCPU_MB,
    OTHER_CAPS_MB,
    PHI_5,
    PROPORTIONAL_SHARE,
    TWO_VCPUS_MB,
    WAITING_LOGIT_LOW,
    WAITING_LOGIT_RANGE,
)


@lru_cache(maxsize=32)
def log_curves(memories_mb: tuple[int, ...]) -> tuple[tuple[float, ...], ...]:
    """Return the prior's curves: the logarithm of duration at each memory size, up to a constant per curve."""
    names = ("waiting", "cap", "exponent", "cliff", "loss")
    points = islice(_points(), CURVES)
    return tuple(_log_curve(memories_mb, **dict(zip(names, point, strict=True))) for point in points)


def _points() -> Iterator[tuple[float, ...]]:
    # an additive recurrence fills the cube evenly (the generalised golden ratio of five dimensions)
    steps = [PHI_5 ** -(axis + 1) % 1 for axis in range(5)]
    return (tuple((0.5 + step * index) % 1 for step in steps) for index in count(1))


def _log_curve(
    memories_mb: tuple[int, ...], *, waiting: float, cap: float, exponent: float, cliff: float, loss: float
) -> tuple[float, ...]:
    """Return one curve; each argument is a number from 0 to 1 that picks one of its kind."""
    waiting_share = _waiting_share(waiting)
    cap_mb = _cap_mb(cap)
    power = _exponent(exponent)
    cliff_mb = _cliff_mb(cliff)
    no_loss = 1 - LOSS_SHARE
    slope = MAX_LOSS * (loss - no_loss) / LOSS_SHARE if loss > no_loss else 0.0
    return tuple(
        math.log(waiting_share + (1 - waiting_share) * (min(memory_mb, cap_mb) / ONE_VCPU_MB) ** -power)
        + max(0.0, CLIFF_REACH * cliff_mb / memory_mb - 1) * CLIFF_SLOPE
        + slope * max(0.0, math.log2(memory_mb / cap_mb))
        for memory_mb in memories_mb
    )


def _waiting_share(unit: float) -> float:
    some_waiting = 1 - ALL_WAITING_SHARE
    if unit < NO_WAITING_SHARE:
        return 0.0
    if unit > some_waiting:
        return 1.0
    logit = WAITING_LOGIT_LOW + WAITING_LOGIT_RANGE * (unit - NO_WAITING_SHARE) / (some_waiting - NO_WAITING_SHARE)
    return 1 / (1 + math.exp(-logit))


def _cap_mb(unit: float) -> float:
    one, other, two, four = CAP_BOUNDS
    if unit < one:
        return ONE_VCPU_MB
    if unit < other:
        low_mb, high_mb = OTHER_CAPS_MB
        return low_mb * math.pow(high_mb / low_mb, (unit - one) / (other - one))
    if unit < two:
        return TWO_VCPUS_MB
    if unit < four:
        return FOUR_VCPUS_MB
    return ALL_VCPUS_MB


def _exponent(unit: float) -> float:
    if unit < PROPORTIONAL_SHARE:
        return 1.0
    return EXPONENT_LOW + EXPONENT_RANGE * (unit - PROPORTIONAL_SHARE) / (1 - PROPORTIONAL_SHARE)


def _cliff_mb(unit: float) -> float:
    no_cliff = 1 - CLIFF_SHARE
    return CLIFF_LOW_MB * CLIFF_FACTOR ** ((unit - no_cliff) / CLIFF_SHARE) if unit > no_cliff else 0.0
