"""The result document: a result as JSON, and back."""

import json
from collections.abc import Mapping
from typing import TypeVar

import msgspec
from msgspec.structs import replace

from power_tuner.tuning.result import Branch, Draft, EstimatedBranch, FailedBranch, MeasuredBranch, Result

T = TypeVar("T", Draft, Result)


def write(document: Draft | Result) -> str:
    """Return a result, or its draft, as JSON."""
    return json.dumps(msgspec.to_builtins(document), separators=(",", ":"))


def read_result(text: str | bytes) -> Result:
    """Read a result from its JSON."""
    return _read(text, Result)


def read_draft(text: str | bytes) -> Draft:
    """Read a draft from its JSON."""
    return _read(text, Draft)


def _read(text: str | bytes, kind: type[T]) -> T:
    document = json.loads(text)
    branches = tuple(_branch(branch) for branch in document.pop("branches"))
    return replace(msgspec.convert({**document, "branches": ()}, kind), branches=branches)


def _branch(branch: Mapping[str, object]) -> Branch:
    """Read a branch: what it says of itself tells which kind it is."""
    if branch["outcome"] != "ok":
        return msgspec.convert(branch, FailedBranch)
    return msgspec.convert(branch, EstimatedBranch if "chanceOfBest" in branch else MeasuredBranch)
