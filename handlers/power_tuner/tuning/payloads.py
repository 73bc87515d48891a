"""Decide which payload each invocation of a run gets."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class WeightedPayload:
    """One payload and its relative weight among the others."""

    payload: Any
    weight: float


def is_weighted(payload: object) -> bool:
    """Tell whether a payload has the weighted shape: a list of objects with exactly payload and weight.

    Any other list is an ordinary, array-shaped payload (the seed's rule).
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
