"""Hostile documents: what people and AWS write, damaged at any place, with fixed seeds; and the handlers that get them.

POWER_TUNER_FUZZ says how many each test tries; make fuzz tries 10,000.
"""

import copy
import io
import json
import os
import random
import string
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from time import process_time
from typing import Any
from unittest import mock

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from fake_lambda import TARGET_ARN
from power_tuner import entry
from power_tuner.errors import PowerTunerError
from power_tuner.ports import FunctionNotFound, InvocationThrottled, RevisionMismatch, UpdateInProgress
from world import World

TRIES = int(os.environ.get("POWER_TUNER_FUZZ", "150"))
# In each payload: neither a log nor an error may have it.
SECRET = "hunter2-c4fe"
MAX_SENTENCE_CHARS = 3000
# What a step asks of Lambda without changing or invoking anything.
READS = frozenset({"get", "tags", "only_streams", "alias", "versions_described"})
REFUSALS = (PowerTunerError, FunctionNotFound, RevisionMismatch, UpdateInProgress, InvocationThrottled)

same_cases = settings(
    max_examples=TRIES,
    derandomize=True,
    database=None,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
any_json: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(), max_size=20),
    lambda values: st.lists(values, max_size=4) | st.dictionaries(st.text(max_size=10), values, max_size=4),
    max_leaves=10,
)


def nested(depth: int) -> list[Any]:
    """Return lists within lists."""
    value: list[Any] = []
    for _ in range(depth):
        value = [value]
    return value


VALUES: tuple[Any, ...] = (
    None,
    True,
    False,
    0,
    -1,
    3,
    512,
    10_240,
    2**31,
    10**400,
    1e308,
    5e-324,
    float("nan"),
    float("-inf"),
    "",
    " ",
    "\x00",
    "\ud800",
    "\u202e\ufeff",
    "٣",
    "A" * 5000,
    "9" * 5000,
    "NaN",
    "1e999",
    "0x10",
    "true",
    "ALL",
    "../../../etc/passwd",
    "${jndi:ldap://x}",
    "<script>alert(1)</script>",
    "a\r\nREPORT RequestId: 8f5b\tDuration: 1 ms",
    "0001-01-01T00:00:00+23:59",
    "9999-12-31T23:59:59-23:59",
    "2026-02-30T00:00:00Z",
    "20261126",
    "thumbnailer",
    "thumbnailer:live",
    TARGET_ARN,
    f"{TARGET_ARN}:7",
    TARGET_ARN.replace("123456789012", "210987654321"),
    TARGET_ARN.replace("aws:lambda", "aws-cn:lambda"),
    f"{TARGET_ARN}:$LATEST:x",
    "s3://my-bucket/key",
    "s3://my-bucket/%ff",
    "run-1",
    [],
    {},
    [None],
    {"": ""},
    {"payload": {"secret": SECRET}},
    [{"payload": {"secret": SECRET}, "weight": 1}, {"payload": 1}],
    [{"payload": {"secret": SECRET}, "weight": float("nan")}],
    nested(30),
    nested(100),
)


@dataclass(frozen=True, slots=True)
class Place:
    """A value in a document: what it is in, and where."""

    holder: Any
    key: Any

    @property
    def value(self) -> Any:
        """Return the value."""
        return self.holder[self.key]


def places(value: Any) -> Iterator[Place]:
    """Yield every place in a document; not what is very deep."""
    waiting = [(value, 0)]
    while waiting:
        holder, depth = waiting.pop()
        keys = list(holder) if isinstance(holder, dict) else range(len(holder)) if isinstance(holder, list) else ()
        for key in keys:
            yield Place(holder, key)
            if depth < 10:
                waiting.append((holder[key], depth + 1))


def damaged(seed: int, documents: Sequence[Any]) -> Any:
    """Return one of the documents with some of its places damaged: the same for the same seed."""
    chance = random.Random(seed)  # noqa: S311
    whole = [copy.deepcopy(chance.choice(documents))]
    for _ in range(chance.choice((1, 1, 1, 2, 3, 6))):
        place = chance.choice(list(places(whole)))
        chance.choice(DAMAGES)(chance, place, whole)
        whole = whole or [None]
    return whole[0]


def _replace(chance: random.Random, place: Place, _whole: list[Any]) -> None:
    place.holder[place.key] = copy.deepcopy(chance.choice(VALUES))


def _remove(_chance: random.Random, place: Place, _whole: list[Any]) -> None:
    del place.holder[place.key]


def _rename(chance: random.Random, place: Place, _whole: list[Any]) -> None:
    if not isinstance(place.holder, dict):
        return
    value, name = place.holder.pop(place.key), str(place.key)
    changes = (name.upper(), name[:-1], f"{name}s", f" {name}", chance.choice(string.printable), "A" * 3000, "\ud800")
    place.holder[chance.choice(changes)] = value


def _move(chance: random.Random, place: Place, whole: list[Any]) -> None:
    other = chance.choice(list(places(whole)))
    # A text in a field that takes none is shown; what is an object never is.
    if place.value != SECRET:
        other.holder[other.key] = copy.deepcopy(place.value)


def _wrap(chance: random.Random, place: Place, _whole: list[Any]) -> None:
    value = place.value
    place.holder[place.key] = chance.choice(([value], {"value": value}, [value] * 50))


def _rewrite(chance: random.Random, place: Place, _whole: list[Any]) -> None:
    text = str(place.value)[:2000].replace(SECRET, "")
    at = chance.randrange(len(text) + 1)
    inserted = chance.choice(("", "\x00", "\n", "\ud800", ":", "/", "%", "*", "é", "'", '"', " ", text))
    place.holder[place.key] = text[:at] + inserted + text[at + chance.choice((0, 1, 4)) :]


DAMAGES: tuple[Callable[[random.Random, Place, list[Any]], None], ...] = (
    _replace,
    _replace,
    _remove,
    _rename,
    _move,
    _wrap,
    _rewrite,
)


@dataclass(frozen=True, slots=True)
class Played:
    """What became of one event.

    Attributes:
        answer: of the function, None if it refused.
        refusal: the error, None if it answered.
        log: what the function logged.
    """

    answer: Any
    refusal: Exception | None
    log: str


@dataclass(frozen=True, slots=True)
class CallContext:
    """Lambda's context object."""

    aws_request_id: str = "call-1"

    def get_remaining_time_in_millis(self) -> int:
        """Return a full quarter of an hour."""
        return 900_000


@lru_cache
def _written() -> io.StringIO:
    """Return what the functions' logger writes to, in place of its standard output."""
    written = io.StringIO()
    entry._logger().handlers[0].setStream(written)  # type: ignore[attr-defined]
    return written


def play(handler: entry.Handler, event: Any, world: World) -> Played:
    """Let a function of the stack handle an event, in this world, and hold what must be true of each event."""
    log = _written()
    log.seek(0)
    log.truncate()
    answer, refusal = None, None
    try:
        with mock.patch.object(entry, "_app", return_value=world.app):
            answer = handler(event, CallContext())
    except REFUSALS as error:
        refusal = error
    assert refusal is None or 0 < len(str(refusal).strip()) < MAX_SENTENCE_CHARS, repr(refusal)
    # As Lambda's runtime client writes it.
    json.dumps(answer, allow_nan=False, ensure_ascii=False).encode()
    assert SECRET not in log.getvalue() + str(refusal or ""), (log.getvalue(), refusal)
    return Played(answer, refusal, log.getvalue())


def as_received(document: Any) -> Any:
    """Return a document as Lambda's runtime client gives it to a handler; None if it is no JSON for it."""
    try:
        return json.loads(json.dumps(document))
    except RecursionError:
        return None


def changes(world: World) -> list[tuple[str, ...]]:
    """Return what was asked of Lambda besides reading."""
    return [call for call in world.functions.calls if call[0] not in READS]


def seconds(act: Callable[[Any], object], value: Any) -> float:
    """Return the shortest of three CPU times that an act takes, whatever becomes of it."""
    times = []
    for _ in range(3):
        began = process_time()
        with suppress(*REFUSALS):
            act(value)
        times.append(process_time() - began)
    return min(times)


def is_linear(act: Callable[[Any], object], sized: Callable[[int], Any]) -> bool:
    """Return whether 256 KB take about four times as long as 64 KB; quadratic would be 16 times.

    What takes next to no time is not judged.
    """
    return seconds(act, sized(256 * 1024)) < 8 * seconds(act, sized(64 * 1024)) + 0.02
