"""Invocations of a day: DynamoDB and its stand-in keep the same promises."""

import random
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from typing import Any

import pytest

from fake_stores import FakeDailyInvocations
from power_tuner.aws import keys
from power_tuner.aws.daily_invocations import DynamoDailyInvocations
from power_tuner.aws.item_table import ItemTable
from power_tuner.ports import DailyInvocations

DAY = "2026-11-23"


@pytest.fixture(params=["fake", "DynamoDB"])
def counters(request: pytest.FixtureRequest) -> DailyInvocations:
    if request.param == "fake":
        return FakeDailyInvocations()
    return DynamoDailyInvocations(request.getfixturevalue("item_table"), lambda: 0.0)


def test_a_counter_takes_what_fits(counters: DailyInvocations) -> None:
    """Exactly, each day by itself, and however many ask at once."""
    assert not counters.take(DAY, 11, 10)
    assert counters.take(DAY, 7, 10)
    assert not counters.take(DAY, 4, 10)
    assert counters.take(DAY, 3, 10)
    assert not counters.take(DAY, 1, 10)
    assert counters.take("2026-11-24", 10, 10)
    with ThreadPoolExecutor(8) as pool:
        taken = list(pool.map(lambda _: counters.take("2026-11-25", 3, 20), range(16)))
    assert taken.count(True) == 6


def test_a_run_uses_what_it_reserved_and_gives_the_rest_back(counters: DailyInvocations) -> None:
    """What is missing is taken of the day; nothing is given back twice, nor by a run that did not reserve."""
    assert counters.reserve("run-1", DAY, 6, 10)
    assert not counters.reserve("run-2", DAY, 5, 10)
    assert counters.spend("run-1", DAY, 4, 10)
    assert counters.spend("run-1", DAY, 5, 10)
    assert not counters.spend("run-1", DAY, 2, 10)
    counters.unspend("run-1", DAY, 3)
    assert not counters.take(DAY, 2, 10)

    counters.close("run-1", DAY)
    counters.close("run-1", DAY)
    counters.close("run-2", DAY)
    counters.unspend("run-1", DAY, 3)
    counters.close("run-1", DAY)

    assert not counters.take(DAY, 5, 10)
    assert counters.take(DAY, 4, 10)


def test_a_run_that_has_ended_takes_of_the_day(counters: DailyInvocations) -> None:
    """An Executor that is still under way counts what it invokes, as does one of a run from before the limit."""
    assert counters.reserve("run-1", DAY, 6, 10)
    counters.close("run-1", DAY)

    assert counters.spend("run-1", DAY, 7, 10)
    assert counters.spend("run-0", DAY, 3, 10)
    assert not counters.spend("run-1", DAY, 1, 10)


class Crash(Exception):
    """The function ended in the middle."""


class LockStepTable(ItemTable):
    """The table as several functions use it at once: one write at a time, in an order that a seed gives.

    Args:
        table: the real one.
        seed: of the order.
        crash_at: before which write a function ends.
    """

    def __init__(self, table: ItemTable, seed: int, crash_at: int) -> None:
        vars(self).update(vars(table))
        self._chance = random.Random(seed)  # noqa: S311 - an order, no secret
        self._crash_at = crash_at
        self._turn = threading.Condition()
        self._working, self._waiting, self._writes = 0, list[object](), 0
        self._next: object = None

    def update(self, *key_and_expressions: Any, **values: Any) -> Any:
        """Wait for this function's turn, and write."""
        me = object()
        with self._turn:
            self._waiting.append(me)
            self._choose()
            self._turn.wait_for(lambda: self._next is me)
            self._waiting.remove(me)
            self._next = None
            self._writes += 1
            if self._writes == self._crash_at:
                raise Crash
            # The others go on once this one waits again, or has ended.
            return super().update(*key_and_expressions, **values)

    def work(self, act: Callable[[], None]) -> None:
        """Let a function run to its end, or to its crash."""
        with suppress(Crash):
            act()
        with self._turn:
            self._working -= 1
            self._choose()

    def play(self, acts: Sequence[Callable[[], None]]) -> None:
        """Let functions run at once."""
        self._working = len(acts)
        with ThreadPoolExecutor(len(acts)) as pool:
            list(pool.map(self.work, acts))

    def _choose(self) -> None:
        if self._waiting and len(self._waiting) == self._working and self._next is None:
            self._next = self._chance.choice(self._waiting)
            self._turn.notify_all()


@pytest.mark.parametrize("seed", range(60))
def test_no_interleaving_invokes_more_than_the_day_has(item_table: ItemTable, seed: int) -> None:
    """Law: whatever the order of the writes of several runs, and wherever one of them crashes."""
    chance = random.Random(seed)  # noqa: S311 - cases, no secret
    most, invoked = chance.randrange(5, 30), list[int]()
    table = LockStepTable(item_table, seed, chance.choice((0, *range(1, 25))))
    counters = DynamoDailyInvocations(table, lambda: 0.0)

    def executor(run_id: str, asked: int, made: int, more: int) -> None:
        if counters.spend(run_id, DAY, asked, most):
            invoked.append(made)
            counters.unspend(run_id, DAY, asked - made)
        if more and counters.spend(run_id, DAY, more, most):
            invoked.append(more)

    def run(run_id: str, reserved: int, calls: Sequence[tuple[int, int, int]]) -> None:
        if counters.reserve(run_id, DAY, reserved, most):
            for call in calls:
                executor(run_id, *call)
            counters.close(run_id, DAY)

    acts: list[Callable[[], None]] = []
    for number in range(3):
        asked = [chance.randrange(1, 6) for _ in range(chance.randrange(1, 3))]
        calls = [(each, chance.randrange(each + 1), chance.randrange(4)) for each in asked]
        acts.append(partial(run, f"run-{number % 2}", sum(asked), calls))
    acts.append(partial(executor, "run-0", 3, chance.randrange(4), 2))
    table.play(acts)

    counted = item_table.get(keys.daily_invocations(DAY)) or {"invocations": 0}
    assert sum(invoked) <= counted["invocations"] <= most
