"""Validate what a person or a pipeline asks for, before anything is touched."""

from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from typing import Any

from power_tuner.errors import InvalidInput, kind_of
from power_tuner.tuning.run_input import FIELDS, MAX_COLD_NUM, RunInput

# Step Functions and its console add these; they say where a run comes from, not what it does.
STARTED_BY, COMMENT = "AWS_STEP_FUNCTIONS_STARTED_BY_EXECUTION_ID", "Comment"
ORIGIN_FIELDS = (STARTED_BY, COMMENT)


def parse_run_input(raw: object, default_memories_mb: Sequence[int]) -> RunInput:
    """Validate a direct input.

    Args:
        raw: the execution's input.
        default_memories_mb: the stack's memory sizes, used when the input names none.

    Raises:
        InvalidInput: names the field, the value and what is allowed.
    """
    if not isinstance(raw, Mapping):
        raise InvalidInput(field="input", value=kind_of(raw), allowed="a JSON object with at least lambdaARN")
    _refuse_unknown_fields(raw)
    asked = {"powerValues": list(default_memories_mb), **given_fields(raw)}
    given = {name: field.kind.read(name, asked[name]) for name, field in FIELDS.items() if name in asked}
    _require_fields(given)
    _refuse_contradictions(given)
    # As the kinds read them
    values: dict[str, Any] = {FIELDS[name].attribute: value for name, value in given.items()}  # type: ignore[explicit-any]
    if "payload_s3" in values:
        values["payloads"] = ()
    if values.get("only_cold_starts"):
        values["discard_top_bottom"] = 0.0
    if values.get("dry_run"):
        values |= {"num": 1, "auto_optimize": False}
    return RunInput(**values)


def given_fields(raw: Mapping[str, object]) -> dict[str, object]:
    """Return the fields of an input that count as given, in the table's order.

    What another field leaves without effect does not count, so that it is not refused either.
    """
    asked = {name: raw[name] for name, field in FIELDS.items() if name in raw and not field.kind.is_absent(raw[name])}
    if _says(asked, "onlyColdStarts"):
        asked.pop("discardTopBottom", None)
    if _says(asked, "dryRun") or ("autoOptimize" in asked and not _says(asked, "autoOptimize")):
        asked.pop("autoOptimizeAlias", None)
        asked.pop("autoOptimizeCanary", None)
    return asked


def _says(asked: Mapping[str, object], name: str) -> bool:
    return name in asked and bool(FIELDS[name].kind.read(name, asked[name]))


def _refuse_unknown_fields(raw: Mapping[str, object]) -> None:
    for field in raw:
        if field in FIELDS or field in ORIGIN_FIELDS:
            continue
        by_lower = {name.lower(): name for name in FIELDS}
        close = get_close_matches(str(field).lower(), by_lower, n=1)
        hint = f"did you mean {by_lower[close[0]]}? The fields are " if close else "one of "
        # A misspelt payload is a payload, and a log gets what is shown.
        hidden = raw.get("disablePayloadLogs") or not close or close[0].startswith("payload")
        value = f"(hidden: {kind_of(raw[field])})" if hidden else raw[field]
        raise InvalidInput(field=str(field), value=value, allowed=hint + ", ".join(sorted(FIELDS)))


def _require_fields(given: Mapping[str, object]) -> None:
    strategy = given.get("strategy", FIELDS["strategy"].default)
    for name, field in FIELDS.items():
        if name in given:
            continue
        if field.required:
            raise InvalidInput(field=name, value=None, allowed=f"{field.kind.allowed}; it is required")
        if field.strategy == strategy and field.nullable:
            raise InvalidInput(field=name, value=None, allowed=f"{field.kind.allowed}; strategy {strategy} needs it")


def _refuse_contradictions(given: Mapping[str, Any]) -> None:  # type: ignore[explicit-any]  # each field's own
    num = given.get("num")
    if "payload" in given and "payloadS3" in given:
        raise InvalidInput(
            field="payloadS3", value=given["payloadS3"], allowed="a payload or its place in S3, not both"
        )
    if given.get("autoOptimizeCanary") and "autoOptimizeAlias" not in given:
        raise InvalidInput(field="autoOptimizeCanary", value=True, allowed="nothing without autoOptimizeAlias")
    if num is None:
        return
    payloads = len(given.get("payload", ()))
    if payloads > num:
        raise InvalidInput(
            field="num", value=num, allowed=f"at least {payloads}, so that each weighted payload is used once"
        )
    if given.get("onlyColdStarts") and num > MAX_COLD_NUM:
        raise InvalidInput(
            field="num", value=num, allowed=f"a whole number from 1 to {MAX_COLD_NUM} when cold starts are measured"
        )
