"""Synthetic workloads: functions with known shapes, so that nothing is tuned on measured data.

Each family is one way in which real functions differ; a workload's numbers are drawn from wide ranges, so that a
new seed is a fresh set of functions.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bench_decisions.workloads import Workload
from power_tuner.lambda_limits import MB_PER_VCPU as ONE_VCPU_MB

GRIDS = (
    (128, 256, 512, 1024, 1536, 3008),
    (128, 256, 512, 1024, 1536, 2048, 3008),
    (256, 512, 1024, 1536, 2048, 3008),
    tuple(range(128, 2049, 128)),
    (128, 256, 512, 1024, 1769, 3538, 5307, 7076, 10240),
    (512, 1024, 1769, 3008, 10240),
)
FAMILIES = (
    "cpu",
    "waiting",
    "mixed",
    "multi-vcpu",
    "plateau",
    "step",
    "heavy-tail",
    "bimodal",
    "memory-cliff",
    "noisy",
)


@dataclass(frozen=True, slots=True)
class _Shape:
    """The numbers behind one function."""

    work_ms: float
    waiting_share: float
    cap_mb: float
    exponent: float
    roughness: float
    noise: float
    noise_growth: float
    tail_rate: float
    tail_factor: float
    tail_adds: bool


def generate(
    count: int,
    *,
    seed: int,
    samples: int = 200,
    family: str | None = None,
    memories_mb: tuple[int, ...] | None = None,
) -> list[Workload]:
    """Return fresh workloads, the families in turn; of some of the usual memory sizes unless these are given."""
    generator = np.random.default_rng([seed, 77])
    families = FAMILIES if family is None else (family,)
    grids = GRIDS if memories_mb is None else (memories_mb,)
    return [_draw(generator, families[index % len(families)], index, samples, grids) for index in range(count)]


def _draw(
    generator: np.random.Generator, family: str, index: int, samples: int, grids: Sequence[tuple[int, ...]]
) -> Workload:
    memories_mb = grids[int(generator.integers(len(grids)))]
    shape = _shape(generator, family)
    memory = np.array(memories_mb, dtype=np.float64)
    means = _curve(generator, family, shape, memory)
    durations = tuple(
        np.maximum(_samples(generator, family, shape, mean=mean, memory=memory_mb, count=samples), 0.6)
        for mean, memory_mb in zip(means, memory, strict=True)
    )
    return Workload(
        name=f"{family}-{index}",
        source=family,
        architecture="arm64" if generator.random() < 0.5 else "x86_64",
        memories_mb=memories_mb,
        durations_ms=durations,
    )


def _shape(generator: np.random.Generator, family: str) -> _Shape:
    waiting = {
        "cpu": 0.0,
        "waiting": 1 / (1 + np.exp(-generator.uniform(2.5, 6.5))),
        "plateau": generator.uniform(0.3, 0.9),
        "multi-vcpu": generator.uniform(0.0, 0.3),
    }.get(family, 1 / (1 + np.exp(-generator.uniform(-4, 4))))
    cap = float(ONE_VCPU_MB)
    if family == "multi-vcpu":
        cap = ONE_VCPU_MB * float(generator.choice([2, 3, 4, 6]))
    elif family == "plateau":
        cap = float(np.exp(generator.uniform(np.log(400), np.log(ONE_VCPU_MB))))
    elif generator.random() < 0.3:
        cap = float(np.exp(generator.uniform(np.log(800), np.log(3000))))
    heavy = family == "heavy-tail"
    tail = heavy or generator.random() < 0.4
    return _Shape(
        work_ms=float(np.exp(generator.uniform(np.log(4), np.log(20_000)))),
        waiting_share=float(waiting),
        cap_mb=cap,
        exponent=1.0 if generator.random() < 0.4 else float(generator.normal(1.08, 0.13)),
        roughness=float(generator.choice([0.002, 0.006, 0.015, 0.03, 0.06])),
        noise=float(
            np.exp(generator.uniform(np.log(0.12), np.log(0.5)))
            if family == "noisy"
            else np.exp(generator.uniform(np.log(0.012), np.log(0.2)))
        ),
        noise_growth=float(generator.uniform(0, 0.35)),
        tail_rate=float(np.exp(generator.uniform(np.log(0.008 if heavy else 0.002), np.log(0.03)))) if tail else 0.0,
        tail_factor=float(np.exp(generator.uniform(np.log(5 if heavy else 1.3), np.log(25 if heavy else 8)))),
        tail_adds=bool(generator.random() < 0.6),
    )


def _curve(
    generator: np.random.Generator, family: str, shape: _Shape, memory: NDArray[np.float64]
) -> NDArray[np.float64]:
    share = np.minimum(memory, shape.cap_mb) / ONE_VCPU_MB
    cpu = share**-shape.exponent
    relative = shape.waiting_share + (1 - shape.waiting_share) * cpu
    if family == "step":
        # a library switches to another algorithm, or a thread pool grows, once it sees enough memory
        edge = generator.choice(memory[1:])
        relative = np.where(memory >= edge, relative * generator.uniform(0.5, 0.9), relative)
    if family == "memory-cliff":
        # the collector works ever harder as the heap meets the limit
        need = memory[0] * generator.uniform(0.7, 1.9)
        relative *= 1 + generator.uniform(0.5, 4.0) * np.clip(need / memory, 0, 1.5) ** 6
    # memory sizes are measured at different times, and what varies between calls varies between hours as well
    drift = 0.15 * shape.noise * (memory / 512) ** shape.noise_growth
    departure = generator.normal(0, 1, len(memory)) * np.hypot(shape.roughness, drift)
    return np.asarray(shape.work_ms * relative * np.exp(departure))


def _samples(
    generator: np.random.Generator, family: str, shape: _Shape, *, mean: float, memory: float, count: int
) -> NDArray[np.float64]:
    noise = shape.noise * (memory / 512) ** shape.noise_growth * np.exp(generator.normal(0, 0.2))
    # what the network adds never makes a call faster: skewed to the right beside a symmetric part
    draws = (
        mean * np.exp(generator.normal(0, 0.7 * noise, count)) * (1 + generator.gamma(0.7, noise, count) - 0.7 * noise)
    )
    if family == "bimodal":
        share, factor = 0.1 + 0.4 * _unit(shape.work_ms), 1.3 + 1.7 * _unit(shape.noise * 1e3)
        draws *= np.where(generator.random(count) < share, factor, 1.0)
    rate = shape.tail_rate * np.exp(generator.normal(0, 0.3))
    hit = generator.random(count) < rate
    spread = np.exp(generator.normal(0, 0.4, count))
    late = shape.work_ms * shape.tail_factor * spread if shape.tail_adds else draws * shape.tail_factor * spread
    return np.asarray(np.where(hit, draws + late, draws))


def _unit(number: float) -> float:
    return float(np.modf(abs(number) * 7.13)[0])
