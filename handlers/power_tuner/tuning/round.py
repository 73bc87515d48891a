"""A round of a run, in the small form in which the state machine carries it."""

from collections.abc import Mapping
from typing import TypeAlias

from msgspec import Struct


class Batch(Struct, frozen=True, array_like=True):
    """Invocations of one branch that follow one another.

    Attributes:
        begin: index of the first invocation in the branch.
        count: the number of samples to measure.
    """

    begin: int
    count: int


# By memory size.
Batches: TypeAlias = Mapping[int, tuple[Batch, ...]]


class Round(Struct, frozen=True, kw_only=True):
    """One round of publishing and measuring.

    Attributes:
        done: nothing more is measured, because the run is decided.
        batches: what the round measures; None for all that the plan asks for.
    """

    done: bool = False
    number: int
    batches: Batches | None
