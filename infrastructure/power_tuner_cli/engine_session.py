"""A conversation with the decision engine in JSON lines: episode after episode."""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, get_args

from power_tuner.engine.decide import next_step
from power_tuner.engine.question import (
    Confidence,
    Decision,
    Invoke,
    Limits,
    Measured,
    Progress,
    Question,
)
from power_tuner.errors import InvalidInput
from power_tuner.tuning.strategies import STRATEGIES, strategy_named

Say = Callable[[Mapping[str, Any]], None]


def converse(lines: Iterator[str], say: Say) -> None:
    """Play episode after episode until the lines end; what cannot be understood is answered with an error."""
    for line in lines:
        if not line.strip():
            continue
        try:
            _play(_question(_object(line)), lines, say)
        except (TypeError, ValueError, KeyError, InvalidInput) as error:
            say({"error": _explain(error)})


@dataclass(slots=True)
class _Observed:
    """What an episode has observed so far."""

    samples: dict[int, list[Measured]] = field(default_factory=dict)
    failed: set[int] = field(default_factory=set)
    rounds: int = 0

    def progress(self) -> Progress:
        """Say it in the engine's words."""
        return Progress(samples=self.samples, rounds=self.rounds, failed=frozenset(self.failed))


def _play(question: Question, lines: Iterator[str], say: Say) -> None:
    observed = _Observed()
    while isinstance(step := next_step(question, observed.progress()), Invoke):
        say({"invoke": {str(size): count for size, count in step.invocations.items()}})
        answer = next(lines, None)
        if answer is None:
            return
        _observe(observed, step, _object(answer))
    say(_last_word(step))


def _observe(observed: _Observed, step: Invoke, answer: Mapping[str, Any]) -> None:
    results = answer["results"]
    observed.rounds += 1
    for size in step.invocations:
        calls = results.get(str(size), [])
        if not calls and not observed.samples.get(size):
            # no report from any call: the size cannot run the target
            observed.failed.add(size)
        for call in calls:
            observed.samples.setdefault(size, []).append(Measured(float(call["duration_ms"]), float(call["billed_ms"])))


def _last_word(decision: Decision) -> Mapping[str, Any]:
    message: dict[str, Any] = {"choice": decision.memory_mb, "confidence": round(decision.confidence, 4)}
    for estimate in decision.estimates:
        if estimate.memory_mb == decision.memory_mb:
            message["cost_usd"] = {
                "estimate": estimate.cost_usd.estimate,
                "low": estimate.cost_usd.low,
                "high": estimate.cost_usd.high,
            }
    return message


def _question(episode: Mapping[str, Any]) -> Question:
    return Question(
        memories_mb=tuple(int(size) for size in episode["sizes"]),
        price_per_ms_usd={int(size): float(price) for size, price in episode["price_per_ms"].items()},
        objective=strategy_named(_one_of("objective", episode["objective"], tuple(STRATEGIES)), episode.get),
        confidence=_one_of("confidence", episode.get("confidence", "default"), get_args(Confidence)),
        current_memory_mb=episode.get("current"),
        limits=Limits(max_invocations=episode.get("max_invocations"), max_cost_usd=episode.get("max_cost_usd")),
        seed=int(episode.get("seed", 0)),
    )


def _one_of(name: str, value: Any, allowed: tuple[str, ...]) -> Any:
    if value not in allowed:
        raise ValueError(f"{name} {value!r}: give one of {', '.join(allowed)}")
    return value


def _object(line: str) -> Mapping[str, Any]:
    value = json.loads(line)
    if not isinstance(value, dict):
        raise TypeError(f"{line.strip()[:60]}: a line is one JSON object")
    return value


def _explain(error: Exception) -> str:
    if isinstance(error, KeyError):
        return f"field {error.args[0]!r} is missing"
    return str(error)
