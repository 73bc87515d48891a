"""Hard workloads: functions on which a smooth curve, steady payloads or steady calls are wrongly believed.

Their samples are scaled to the mean that was drawn, so the best memory size is certain however much the calls scatter.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from bench_decisions.workloads import Workload
from power_tuner.lambda_limits import MB_PER_VCPU as ONE_VCPU_MB

GRIDS = (
    (128, 256, 512, 1024, 1536, 2048, 3008),
    (256, 512, 768, 1024, 1536, 1769, 2048, 3008),
    tuple(range(128, 2049, 128)),
)
MANY_MB = (
    *(128, 192, 256, 320, 384, 448, 512, 640, 768, 896, 1024, 1152),
    *(1280, 1536, 1769, 2048, 2560, 3008, 3538, 4096, 5307, 7076, 10240),
)
PAYLOADS = 6
WAITS_ALIKE = 0.5
SAMPLES = 2000


def generate_hard(kind: str, count: int, *, seed: int) -> list[Workload]:
    """Return fresh workloads of one of the `KINDS`."""
    generator = np.random.default_rng([seed, 78])
    return [KINDS[kind](generator, f"{kind}-{index}") for index in range(count)]


def _untried_neighbour(generator: np.random.Generator, name: str) -> Workload:
    """Return a smooth function that takes about half the time at one memory size, beside where it is cheapest."""
    memories_mb = GRIDS[int(generator.integers(len(GRIDS)))]
    means = _smooth(generator, memories_mb, work_ms=float(np.exp(generator.uniform(np.log(20), np.log(5000)))))
    cheapest = int(np.argmin(means * memories_mb))
    dip = int(np.clip(cheapest + generator.choice([-1, 1]), 1, len(memories_mb) - 2))
    means[dip] *= generator.uniform(0.4, 0.6)
    spread = np.exp(generator.uniform(np.log(0.02), np.log(0.2)))
    return _workload(name, memories_mb, [_scaled(mean, _scatter(generator, spread)) for mean in means])


def _payloads(generator: np.random.Generator, name: str) -> Workload:
    """Return a function whose payloads differ a hundredfold; the largest barely fit the smallest memory size.

    In every other one, payloads and memory sizes do not multiply: all payloads wait as long, and larger ones compute
    more.
    """
    sizes = np.exp(np.sort(np.append(generator.uniform(0, np.log(100), PAYLOADS - 2), [0, np.log(100)])))
    shares = sizes ** -generator.uniform(0.2, 0.8)
    shares /= shares.sum()
    relative = sizes / (shares * sizes).sum()
    work_ms = float(np.exp(generator.uniform(np.log(20), np.log(500))))
    computing = np.maximum(ONE_VCPU_MB / np.array(MANY_MB, dtype=np.float64), 1)
    waiting = 1 / (1 + np.exp(-generator.uniform(-4, 2)))
    departures = np.exp(generator.normal(0, 0.01, len(MANY_MB)))
    waits_alike = generator.random() < WAITS_ALIKE
    # a row for each memory size, in it what each payload takes
    taken = waiting * (1.0 if waits_alike else relative) + (1 - waiting) * np.outer(computing, relative)
    taken *= work_ms * departures[:, None]
    taken[0, -1] *= generator.uniform(3, 10)
    drawn = [generator.choice(PAYLOADS, SAMPLES, p=shares) for _ in MANY_MB]
    pools = [
        _scaled(float(shares @ row), row[had] * _scatter(generator, 0.1)) for row, had in zip(taken, drawn, strict=True)
    ]
    return _workload(name, MANY_MB, pools, payloads=tuple(drawn))


def _payloads_in_turn(generator: np.random.Generator, name: str) -> Workload:
    """Return such a function in a run that knows the weights of its payloads and sends them in turn."""
    workload = _payloads(generator, name)
    counts = np.bincount(np.concatenate(workload.payloads), minlength=PAYLOADS)
    return replace(workload, weights=tuple(counts.tolist()))


def _warming(generator: np.random.Generator, name: str) -> Workload:
    """Return a function of a few milliseconds that gets faster during the first calls of each sandbox.

    A just-in-time compiler of two tiers: the first calls take 3 to 30 times as long, until 5 to 50 of them were made.
    Compiling takes CPU time, so at small memory sizes it takes more calls, which are slower still. In every other
    function the calls of a memory size go to three sandboxes.
    """
    memories_mb = GRIDS[int(generator.integers(len(GRIDS)))]
    means = _smooth(generator, memories_mb, work_ms=float(np.exp(generator.uniform(0, np.log(10)))))
    pause_rate, pause, spread = generator.uniform(0.01, 0.03), generator.uniform(10, 30), generator.uniform(0.1, 0.4)
    pools = []
    for mean in means:
        paused = np.where(generator.random(SAMPLES) < pause_rate, generator.uniform(1, pause), 1.0)
        pools.append(_scaled(mean, paused * _scatter(generator, spread)))
    computing = np.maximum(ONE_VCPU_MB / np.array(memories_mb, dtype=np.float64), 1)
    excess = np.exp(generator.uniform(np.log(2), np.log(29))) * computing ** generator.uniform(0, 0.3)
    settled_at = np.exp(generator.uniform(np.log(5), np.log(50))) * computing ** generator.uniform(0, 0.5)
    second_tier = generator.uniform(0.05, 0.3)
    calls = np.arange(int(5 * settled_at.max()))
    first = np.exp(-np.outer(1 / settled_at, 8 * calls))
    second = 1 / (1 + np.exp(np.minimum((calls - settled_at[:, None]) / (0.1 * settled_at[:, None]), 50)))
    slower = 1 + excess[:, None] * ((1 - second_tier) * first + second_tier * second)
    return _workload(name, memories_mb, pools, warming=tuple(slower), sandboxes=int(generator.choice([1, 3])))


KINDS: Mapping[str, Callable[[np.random.Generator, str], Workload]] = {
    "untried-neighbour": _untried_neighbour,
    "payloads": _payloads,
    "payloads-in-turn": _payloads_in_turn,
    "warming": _warming,
}


def _smooth(generator: np.random.Generator, memories_mb: tuple[int, ...], *, work_ms: float) -> NDArray[np.float64]:
    waiting = 1 / (1 + np.exp(-generator.uniform(-4, 2)))
    share = np.minimum(np.array(memories_mb, dtype=np.float64), ONE_VCPU_MB) / ONE_VCPU_MB
    departures = np.exp(generator.normal(0, 0.01, len(memories_mb)))
    return np.asarray(work_ms * (waiting + (1 - waiting) / share) * departures)


def _scatter(generator: np.random.Generator, spread: float) -> NDArray[np.float64]:
    return np.exp(generator.normal(0, spread, SAMPLES))


def _scaled(mean: float, relative: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(relative * (mean / relative.mean()))


def _workload(
    name: str,
    memories_mb: tuple[int, ...],
    pools: list[NDArray[np.float64]],
    *,
    warming: tuple[NDArray[np.float64], ...] = (),
    sandboxes: int = 1,
    payloads: tuple[NDArray[np.int64], ...] = (),
) -> Workload:
    return Workload(
        name=name,
        source=name.rsplit("-", maxsplit=1)[0],
        architecture="x86_64",
        memories_mb=memories_mb,
        durations_ms=tuple(pools),
        warming=warming,
        sandboxes=sandboxes,
        payloads=payloads,
    )
