"""Decide which payload each invocation of a run gets, and what is sent."""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypedDict, TypeGuard
from urllib.parse import unquote

import msgspec
from msgspec import Struct

from power_tuner.errors import InvalidInput
from power_tuner.tuning.javascript import decimal
from power_tuner.tuning.json_text import is_json, read_json

MAX_WEIGHT = 10**15
# A regular expression that JSON Schema understands, too. What follows ? or # is no part of the key.
S3_URI = "s3://([a-zA-Z0-9._-]{3,255})/([^?#]+)([?#].*)?"


@dataclass(frozen=True, slots=True)
class WeightedPayload:
    """One payload and its relative weight among the others."""

    payload: object
    weight: float


class _Weighted(TypedDict):
    payload: object
    weight: object


class _Written(Struct):
    payload: msgspec.Raw


def is_weighted(payload: object) -> bool:
    """Return whether a payload is a list in which each entry has a payload and a weight, whatever else it has."""
    return isinstance(payload, list) and bool(payload) and all(map(_looks_weighted, payload))


def _looks_weighted(entry: object) -> TypeGuard[_Weighted]:
    return isinstance(entry, dict) and {"payload", "weight"} <= entry.keys()


def weigh(payload: object, name: str = "payload") -> tuple[WeightedPayload, ...]:
    """Read a payload: a list of payloads with weights, or one payload that every invocation gets.

    Raises:
        InvalidInput: it cannot be sent as JSON, only some entries have a weight, or a weight is no positive number.
    """
    payloads: tuple[WeightedPayload, ...] = (WeightedPayload(payload, 1.0),)
    if isinstance(payload, list) and any(map(_looks_weighted, payload)):
        payloads = tuple(_weigh_entry(entry, f"{name}[{index}]", name) for index, entry in enumerate(payload))
    for each in payloads:
        _require_json(each.payload, name)
    return payloads


def read_payloads(text: str) -> tuple[WeightedPayload, ...]:
    """Read a document of payloads: a list with weights, or one payload, which is sent as it is written.

    What is no JSON is sent as a text, as the peer does.

    Raises:
        InvalidInput: as ``weigh``.
    """
    try:
        document, altered = read_json(text)
    except (ValueError, RecursionError):
        return weigh(text)
    payloads = weigh(document)
    if payloads[0].payload is document:
        return (WeightedPayload(text, 1.0),)
    return _as_written(text, payloads) if altered else payloads


def payload_of(text: str) -> object:
    """Return the payload of a run's input that JSON stands for, so that what is sent is what is written.

    Where Python's values would not be, it has text, which is sent as it is.

    Raises:
        json.JSONDecodeError: it is no JSON.
        InvalidInput: as ``weigh``.
    """
    document, altered = read_json(text)
    if not altered:
        return document
    payloads = read_payloads(text)
    if not is_weighted(document):
        return payloads[0].payload
    return [{"payload": each.payload, "weight": each.weight} for each in payloads]


def _as_written(text: str, payloads: Sequence[WeightedPayload]) -> tuple[WeightedPayload, ...]:
    try:
        written = msgspec.json.decode(text, type=list[_Written])
    except msgspec.DecodeError:
        raise InvalidInput(
            field="payload",
            value="half a character, beside a number of more digits than a double has, or a member that stands twice",
            allowed="weighted payloads that have one of these alone",
        ) from None
    return tuple(
        each if isinstance(each.payload, str) else WeightedPayload(bytes(entry.payload).decode(), each.weight)
        for each, entry in zip(payloads, written, strict=True)
    )


def write_payloads(payload: object) -> str:
    """Return the document that ``read_payloads`` reads as ``weigh`` reads the payload itself.

    Raises:
        InvalidInput: as ``weigh``.
    """
    return json.dumps([{"payload": each.payload, "weight": each.weight} for each in weigh(payload)])


def _weigh_entry(entry: object, place: str, name: str) -> WeightedPayload:
    if not _looks_weighted(entry):
        raise InvalidInput(
            field=place,
            value="an entry without payload and weight",
            allowed="both, as in other entries, or no entry that has them",
        )
    given = entry["weight"]
    weight = decimal(given)
    if weight is None or not 0 < weight <= MAX_WEIGHT:
        # What is no number could be part of a payload that must not be shown.
        shown = given if isinstance(given, int | float) else type(given).__name__
        raise InvalidInput(field=f"{name}[].weight", value=shown, allowed=f"a number above 0 and at most {MAX_WEIGHT}")
    return WeightedPayload(entry["payload"], weight)


def as_json(payload: object) -> str:
    """Return what is sent: text that is JSON already stays as it is, everything else is encoded, as the peer does."""
    text = payload if isinstance(payload, str) and is_json(payload) else _encoded(payload)
    return re.sub("[\ud800-\udfff]", lambda half: f"\\u{ord(half[0]):04x}", text)  # UTF-8 has none alone


def _encoded(payload: object) -> str:
    return json.dumps(payload, ensure_ascii=False, allow_nan=False, separators=(",", ":"))


def _require_json(payload: object, name: str) -> None:
    try:
        _encoded(payload)
    except ValueError:
        raise InvalidInput(
            field=name, value="a number that is not finite", allowed="JSON, whose numbers end at 1.7976931348623157e308"
        ) from None
    except RecursionError:
        raise InvalidInput(
            field=name, value="JSON nested too deep", allowed="fewer lists and objects within another"
        ) from None


def split_s3_uri(uri: str) -> tuple[str, str]:
    """Split ``s3://bucket/key`` into bucket and key; a key is written as in a URL, %20 being a space."""
    match = re.fullmatch(S3_URI, uri.strip(), re.DOTALL)
    if match is None:
        raise InvalidInput(field="payloadS3", value=uri, allowed="s3://bucket/key")
    try:
        key = unquote(match[2], errors="strict")
    except UnicodeDecodeError:
        key = ""
    if not key or re.search("%(?![0-9a-fA-F]{2})", match[2]):
        raise InvalidInput(
            field="payloadS3", value=uri, allowed="s3://bucket/key as in a URL: %25 stands for a percent sign"
        )
    return match[1], key


def assign_payloads(weights: Sequence[float], num: int) -> list[int]:
    """Assign a payload index to each of ``num`` invocations, in proportion to the weights.

    Every payload is used at least once; what is left over by rounding goes to the largest remainders.
    The indices are interleaved, so that a run cut short has still seen all payloads.

    Args:
        weights: positive relative weights, at most ``num`` of them.
        num: the number of invocations.

    Returns:
        A list of ``num`` payload indices.
    """
    total = sum(weights)
    exact = [num * weight / total for weight in weights]
    counts = [max(1, int(share)) for share in exact]
    while sum(counts) < num:
        counts[min(range(len(counts)), key=lambda i: (counts[i] - exact[i], i))] += 1
    while sum(counts) > num:
        # Only a dry run has fewer invocations than payloads.
        spare = [i for i, count in enumerate(counts) if count > 1] or range(len(counts))
        counts[max(spare, key=lambda i: (counts[i] - exact[i], counts[i]))] -= 1
    positions = sorted((((k + 0.5) / count), i) for i, count in enumerate(counts) for k in range(count))
    return [i for _, i in positions]


def each_once_first(weights: Sequence[float], cycle: Sequence[int]) -> list[int]:
    """Return a cycle of payloads behind one invocation with each of them, the most frequent first.

    However few invocations a memory size gets, it is soon compared with each payload.
    """
    return sorted(range(len(weights)), key=lambda index: -weights[index]) + list(cycle)
