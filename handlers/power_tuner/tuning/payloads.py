"""Decide which payload each invocation of a run gets."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypedDict, TypeGuard

from power_tuner.errors import InvalidInput

MAX_WEIGHT = 1_000_000
# A regular expression that JSON Schema understands, too.
S3_URI = "s3://([a-z0-9.-]{3,63})/(.+)"


@dataclass(frozen=True, slots=True)
class WeightedPayload:
    """One payload and its relative weight among the others."""

    payload: object
    weight: float


class _Weighted(TypedDict):
    payload: object
    weight: float


def is_weighted(payload: object) -> TypeGuard[list[_Weighted]]:
    """Return whether a payload has the weighted shape: a list of objects with exactly payload and weight.

    Every other list is an ordinary, array-shaped payload (the seed's rule).
    """
    return (
        isinstance(payload, list)
        and bool(payload)
        and all(
            isinstance(item, dict)
            and set(item) == {"payload", "weight"}
            and isinstance(item["weight"], int | float)
            and not isinstance(item["weight"], bool)
            for item in payload
        )
    )


def weigh(payload: object, name: str = "payload") -> tuple[WeightedPayload, ...]:
    """Read a payload: the weighted list, or one payload that every invocation gets.

    Raises:
        InvalidInput: a weight is not positive, or absurdly large.
    """
    if not is_weighted(payload):
        return (WeightedPayload(payload, 1.0),)
    for item in payload:
        if not 0 < item["weight"] <= MAX_WEIGHT:
            allowed = f"a number above 0 and at most {MAX_WEIGHT}"
            raise InvalidInput(field=f"{name}[].weight", value=item["weight"], allowed=allowed)
    return tuple(WeightedPayload(item["payload"], float(item["weight"])) for item in payload)


def split_s3_uri(uri: str) -> tuple[str, str]:
    """Split ``s3://bucket/key`` into bucket and key."""
    match = re.fullmatch(S3_URI, uri, re.DOTALL)
    if match is None:
        raise InvalidInput(field="payloadS3", value=uri, allowed="s3://bucket/key")
    return match[1], match[2]


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
