"""Every form of every field of aws-lambda-power-tuning: the rows of docs/compatibility.md, each run."""

from collections import defaultdict
from itertools import pairwise
from typing import Any

import pytest

from generate.peer_forms import NOT_GIVEN, STACKS_POWER_VALUES, Form, Outcome, peer_forms
from power_tuner.errors import InvalidInput
from power_tuner.tuning.payloads import as_json, split_s3_uri
from power_tuner.tuning.run_input import FIELDS
from power_tuner.tuning.run_input_parser import ORIGIN_FIELDS, parse_run_input

FORMS = peer_forms()
CASES = [
    pytest.param(name, raw, form.outcome, id=f"{name}-{index}-{place}")
    for index, form in enumerate(FORMS)
    for place, (name, _, raw) in enumerate(form.inputs())
]


def outcome_of(raw: dict[str, Any], name: str, asked: Outcome) -> Any:
    """Return what becomes of a field, in the words of its row."""
    try:
        run = parse_run_input(raw, STACKS_POWER_VALUES)
    except InvalidInput as error:
        named = error.field.partition("[")[0] in {name, "payloadS3", "num"} or name == "any other"
        return "refused" if named else f"refused: {error}"
    match asked:
        case {"is": _}:
            return {"is": FIELDS[name].kind.public(getattr(run, FIELDS[name].attribute))}
        case {"sent": _}:
            return {"sent": [as_json(each.payload) for each in run.payloads]}
        case {"s3": _}:
            return {"s3": [*split_s3_uri(str(run.payload_s3))]}
        case {"step": _}:
            (step,) = {above - below for below, above in pairwise(run.memories_mb)}
            return {"from": run.memories_mb[0], "to": run.memories_mb[-1], "step": step}
        case _:
            return asked if asked != "refused" else "accepted"


@pytest.mark.parametrize(("name", "raw", "expected"), CASES)
def test_each_form_becomes_what_its_row_says(name: str, raw: dict[str, Any], expected: Outcome) -> None:
    """A value is read as the row says, or refused by the name of its field."""

    assert expected == outcome_of(raw, name, expected)


def kind_of(value: object) -> str:
    if value == NOT_GIVEN:
        return "nothing"
    return {bool: "flag", int: "number", float: "number", dict: "object"}.get(type(value), type(value).__name__)


# What the peer does not have.
OURS = {
    "maxDurationMs",
    "statistic",
    "tolerance",
    "memoryHeadroom",
    "callerTimeout",
    "coldStartShare",
    "confidence",
    "ignoreHistory",
    "toleratedErrorShare",
    "maxInvocations",
    "maxCostUsd",
    "maxDurationSeconds",
    "autoOptimizeCanary",
}


def test_each_field_has_each_kind_of_value() -> None:
    """Nothing, null, a flag, a number, a text, an empty one, a list, an object: each has a row."""
    kinds: dict[str, set[str]] = defaultdict(set)
    for form in FORMS:
        for name, value, _ in form.inputs():
            kinds[name] |= {kind_of(value), *(["empty"] if value == "" else [])}

    wanted = {"nothing", "NoneType", "flag", "number", "str", "empty", "list", "object"}
    missing = {name: wanted - kinds[name] for name in FIELDS if name not in OURS}
    assert {} == {name: kinds for name, kinds in missing.items() if kinds}
    assert {*ORIGIN_FIELDS, "any other"} == kinds.keys() - FIELDS.keys()


@pytest.mark.parametrize("form", FORMS)
def test_a_difference_has_its_reason(form: Form) -> None:
    """Where a row differs it says why, and only there."""

    differs = form.here is not None and form.here != form.there
    assert (differs, differs) == (form.here is not None, bool(form.why))
