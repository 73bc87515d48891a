"""The engine driven from outside, one JSON object per line."""

import json
import math
from collections.abc import Iterator
from typing import Any

import pytest

from power_tuner_cli.engine_session import run_episodes

EPISODE = {
    "episode": 1,
    "sizes": [128, 512],
    "objective": "cost",
    "seed": 3,
    "price_per_ms": {"128": 2.1e-9, "512": 8.4e-9},
}


class Simulator:
    """The other side: asks one question after another, and answers what is asked of it."""

    def __init__(self, episodes: list[Any], *, silent: frozenset[str] = frozenset()) -> None:
        self.said: list[dict[str, Any]] = []
        self.waiting = [one if isinstance(one, str) else json.dumps(one) for one in episodes]
        self.silent = silent

    def lines(self) -> Iterator[str]:
        """Answer what was asked last, else ask the next question."""
        while True:
            asked = self.said[-1].get("invoke") if self.said else None
            if asked:
                results = {
                    memory_mb: [] if memory_mb in self.silent else [{"duration_ms": 40.2, "billed_ms": 41}] * count
                    for memory_mb, count in asked.items()
                }
                yield json.dumps({"results": results})
            elif self.waiting:
                yield self.waiting.pop(0)
            else:
                return

    def talk(self) -> list[dict[str, Any]]:
        """Play everything and give what the engine said."""
        run_episodes(self.lines(), lambda message: self.said.append(dict(message)))
        return self.said


def _choices(said: list[dict[str, Any]]) -> list[Any]:
    return [message["choice"] for message in said if "choice" in message]


def test_an_episode_ends_with_a_choice_and_its_confidence() -> None:
    """Invocations come out, any number of times; the choice comes last."""
    said = Simulator([EPISODE]).talk()

    assert said[0] == {"invoke": {"128": 2, "512": 1}}
    assert said[-1]["choice"] == 128
    assert 0.9 < said[-1]["confidence"] <= 1


def test_it_stays_alive_over_many_episodes() -> None:
    """Equal episodes get equal answers, whatever came before."""
    said = Simulator([EPISODE, {**EPISODE, "episode": 2, "objective": "speed"}, EPISODE]).talk()

    choices = _choices(said)

    assert len(choices) == 3
    assert choices[0] == choices[2]


def test_a_size_without_results_is_left_out() -> None:
    """No result of any call means that the size cannot run the target."""
    said = Simulator([EPISODE], silent=frozenset({"128"})).talk()

    assert _choices(said) == [512]


def test_what_is_wrong_is_named_and_the_next_episode_goes_on() -> None:
    """A line that cannot be understood is answered with an error."""
    bad = [
        "not json",
        "[]",
        {"episode": 1},
        {**EPISODE, "objective": "cheapest"},
        {**EPISODE, "price_per_ms": {"128": 1e-9}},
    ]

    said = Simulator([*bad, EPISODE]).talk()

    errors = [message["error"] for message in said if "error" in message]
    assert len(errors) == 5
    assert errors[2] == "field 'sizes' is missing"
    assert "give one of cost, speed, balanced" in errors[3]
    assert "memory size 512" in errors[4]
    assert _choices(said) == [128]


def test_an_episode_may_tell_of_earlier_calls() -> None:
    """With a history, the first invocations are where it says that the function is best."""
    history = {"128": [40.1, 40.3, 40.2], "512": [40.0, 40.2, 39.9]}
    production = {"size": 512, "durations_ms": [40.1] * 5, "cold_share": 0.05, "max_memory_used_mb": 90}

    said = Simulator([{**EPISODE, "history": history, "production": production}]).talk()

    assert said[0] == {"invoke": {"128": 1, "512": 1}}
    assert said[-1]["choice"] == 128


def test_a_history_without_calls_is_none() -> None:
    """Memory sizes without durations are left out, and production without calls too."""
    nothing = {"history": {"128": []}, "production": {"size": 128, "durations_ms": []}}

    assert Simulator([{**EPISODE, **nothing}]).talk() == Simulator([EPISODE]).talk()


def test_results_may_tell_their_places() -> None:
    """Calls that get slower again in each new sandbox warm up, and the answer says how many do."""
    settled = {"128": 4.0, "512": 2.0}

    def lines() -> Iterator[str]:
        yield json.dumps(EPISODE)
        made = dict.fromkeys(settled, 0)
        while "invoke" in said[-1]:
            results: dict[str, list[dict[str, float]]] = {}
            for memory_mb, count in said[-1]["invoke"].items():
                for _ in range(count):
                    place = made[memory_mb] % 20
                    duration = settled[memory_mb] * (1 + 8 * math.exp(-place / 4))
                    call = {"duration_ms": duration, "billed_ms": math.ceil(duration), "place": place}
                    results.setdefault(memory_mb, []).append(call)
                    made[memory_mb] += 1
            yield json.dumps({"results": results})

    said: list[dict[str, Any]] = []
    run_episodes(lines(), lambda message: said.append(dict(message)))

    assert said[-1]["choice"] == 128
    assert 3 < said[-1]["slower_calls"] < 25


def test_results_may_tell_their_payloads() -> None:
    """By hand: payloads that take 40 and 4,000 ms, one as frequent as the other, cost 2,020 ms on average."""
    said: list[dict[str, Any]] = []
    made = 0

    def lines() -> Iterator[str]:
        nonlocal made
        yield json.dumps({**EPISODE, "payload_weights": {"0": 1, "1": 1}})
        while asked := said[-1].get("invoke"):
            results: dict[str, list[dict[str, Any]]] = {memory_mb: [] for memory_mb in asked}
            for memory_mb, count in asked.items():
                for _ in range(count):
                    made += 1
                    duration = 40.0 * 100 ** (made % 2)
                    results[memory_mb].append({"duration_ms": duration, "billed_ms": duration, "payload": made % 2})
            yield json.dumps({"results": results})

    run_episodes(lines(), lambda message: said.append(dict(message)))

    assert said[-1]["choice"] == 128
    assert said[-1]["cost_usd"]["estimate"] == pytest.approx(2020 * 2.1e-9, rel=0.15)
    assert made < 20


def test_a_weight_that_is_no_weight_is_refused() -> None:
    """The payload is named."""
    (said,) = Simulator([{**EPISODE, "payload_weights": {"4": 0}}]).talk()

    assert "weight 0.0 of payload 4" in said["error"]
