"""The decision engine driven by JSON lines, one episode after another."""

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
    Past,
    Progress,
    Question,
)
from power_tuner.errors import InvalidInput
from power_tuner.tuning.strategies import STRATEGIES, strategy_named

Send = Callable[[Mapping[str, Any]], None]


def run_episodes(lines: Iterator[str], send: Send) -> None:
    """Run episodes until the lines end; a line that cannot be understood gets an error."""
    for line in lines:
        if not line.strip():
            continue
        try:
            _run_episode(_question(_object(line)), lines, send)
        except (TypeError, ValueError, KeyError, InvalidInput) as error:
            send({"error": _explain(error)})


@dataclass(slots=True)
class _Observed:
    """What an episode has observed so far."""

    samples: dict[int, list[Measured]] = field(default_factory=dict)
    failed: set[int] = field(default_factory=set)
    rounds: int = 0

    def progress(self) -> Progress:
        """Return it as the engine takes it."""
        return Progress(samples=self.samples, rounds=self.rounds, failed=frozenset(self.failed))


def _run_episode(question: Question, lines: Iterator[str], send: Send) -> None:
    observed = _Observed()
    while isinstance(step := next_step(question, observed.progress()), Invoke):
        send({"invoke": {str(memory_mb): count for memory_mb, count in step.invocations.items()}})
        answer = next(lines, None)
        if answer is None:
            return
        _observe(observed, step, _object(answer))
    send(_answer(step))


def _observe(observed: _Observed, step: Invoke, message: Mapping[str, Any]) -> None:
    results = message["results"]
    observed.rounds += 1
    for memory_mb in step.invocations:
        calls = results.get(str(memory_mb), [])
        if not calls and not observed.samples.get(memory_mb):
            # no report from any call: this memory size cannot run the target
            observed.failed.add(memory_mb)
        for call in calls:
            payload, place = call.get("payload"), call.get("place")
            sample = Measured(
                float(call["duration_ms"]),
                float(call["billed_ms"]),
                payload=None if payload is None else int(payload),
                place=None if place is None else int(place),
            )
            observed.samples.setdefault(memory_mb, []).append(sample)


def _answer(decision: Decision) -> Mapping[str, Any]:
    message: dict[str, Any] = {"choice": decision.memory_mb, "confidence": round(decision.confidence, 4)}
    if decision.slower_calls is not None:
        message["slower_calls"] = decision.slower_calls
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
        memories_mb=tuple(int(memory_mb) for memory_mb in episode["sizes"]),
        price_per_ms_usd={int(memory_mb): float(price) for memory_mb, price in episode["price_per_ms"].items()},
        objective=strategy_named(_one_of("objective", episode["objective"], tuple(STRATEGIES)), episode.get),
        confidence=_one_of("confidence", episode.get("confidence", "default"), get_args(Confidence)),
        current_memory_mb=episode.get("current"),
        limits=Limits(max_invocations=episode.get("max_invocations"), max_cost_usd=episode.get("max_cost_usd")),
        seed=int(episode.get("seed", 0)),
        past=_past(episode),
        payload_weights={int(payload): float(weight) for payload, weight in episode.get("payload_weights", {}).items()},
    )


def _past(episode: Mapping[str, Any]) -> Past | None:
    runs = tuple(
        (int(memory_mb), tuple(map(float, durations_ms)))
        for memory_mb, durations_ms in episode.get("history", {}).items()
        if durations_ms
    )
    production = episode.get("production")
    calls = tuple(map(float, production["durations_ms"])) if production else ()
    used = (int(production["size"]), calls) if production and calls else None
    return Past(runs, used) if runs or used else None


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
