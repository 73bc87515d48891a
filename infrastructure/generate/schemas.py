"""The schemas of a run's input, and of the input as results and events show it."""

from collections.abc import Iterable
from typing import Any

from power_tuner.lambda_limits import MAX_MEMORY_MB, MIN_MEMORY_MB
from power_tuner.tuning import field_kinds as kinds
from power_tuner.tuning.payloads import MAX_WEIGHT, S3_URI
from power_tuner.tuning.run_field import Kind, RunField
from power_tuner.tuning.run_input import FIELDS
from power_tuner.tuning.run_input_parser import COMMENT, STARTED_BY
from power_tuner.tuning.strategies import STRATEGIES

Schema = dict[str, Any]

STRATEGY: Schema = {"enum": list(STRATEGIES)}
POWER_VALUE: Schema = {"type": "integer", "minimum": MIN_MEMORY_MB, "maximum": MAX_MEMORY_MB}
_DEFINITIONS = "definitions.json#/$defs"
_LOOKS_WEIGHTED = {"type": "object", "required": ["payload", "weight"]}
_WEIGHTED = {
    "if": {"type": "array", "contains": _LOOKS_WEIGHTED},
    "then": {
        "items": {
            **_LOOKS_WEIGHTED,
            "properties": {
                "weight": {
                    "description": "Relative to the other weights.",
                    "type": ["number", "string"],
                    "exclusiveMinimum": 0,
                    "maximum": MAX_WEIGHT,
                    "pattern": "^[1-9][0-9]{0,14}$",
                }
            },
        }
    },
}
# What a run does not read.
_ORIGIN = {
    STARTED_BY: {"description": "The execution that started this one; Step Functions adds it."},
    COMMENT: {"description": "Anything, for whoever reads it."},
}


def input_schema() -> Schema:
    """Return the schema of what the state machine takes."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Run input",
        "description": "What the state machine takes: one function to tune, and how.",
        "type": "object",
        "required": [name for name, field in FIELDS.items() if field.required],
        "additionalProperties": False,
        "properties": {name: _given(field) for name, field in FIELDS.items()} | _ORIGIN,
        "allOf": [
            {
                "if": {"properties": {"strategy": {"const": strategy}}, "required": ["strategy"]},
                "then": {
                    "required": [field.name for field in fields],
                    "properties": {field.name: {"type": _value(field.kind)["type"]} for field in fields},
                },
            }
            for strategy in STRATEGIES
            if (fields := [field for field in FIELDS.values() if field.strategy == strategy and field.nullable])
        ],
    }


def public_schema() -> Schema:
    """Return the schema of a run's input as results and events show it."""
    shown = [field for field in FIELDS.values() if field.label and field.in_events]
    return {
        "description": "How the run was asked for.",
        "type": "object",
        "required": ["mode", *_names(field for field in shown if not field.mode and not field.strategy)],
        "properties": {"mode": {"$ref": "#/$defs/mode"}, **{field.shown_as: _shown(field) for field in shown}},
        "allOf": [
            *(_required_with("mode", mode, [f for f in shown if f.mode == mode]) for mode in _limited(shown, "mode")),
            *(
                _required_with("strategy", strategy, [f for f in shown if f.strategy == strategy])
                for strategy in _limited(shown, "strategy")
            ),
        ],
    }


def document_input_schema() -> Schema:
    """Return the schema of the input in a result document, which shows more than events do."""
    more = [field for field in FIELDS.values() if field.label and not field.in_events]
    return {
        "$ref": f"{_DEFINITIONS}/input",
        "required": _names(more),
        "properties": {field.shown_as: _shown(field) for field in more},
        "unevaluatedProperties": False,
    }


def description(field: RunField) -> str:
    """Return what a field is for, and in which mode."""
    return f"{field.description} Smart mode only." if field.mode == "smart" else field.description


def public_default(field: RunField) -> Any:
    """Return what results show of a field that is not given."""
    default = None if field.default is None else field.kind.public(field.default)
    return int(default) if isinstance(default, float) and default.is_integer() else default


def _given(field: RunField) -> Schema:
    schema = {"description": description(field).replace("`", ""), **_value(field.kind)}
    if not field.required:
        schema = _or_null(schema)
    if field.unset is None and not field.nullable and not field.required and not isinstance(field.kind, kinds.Payload):
        schema["default"] = public_default(field)
    return schema


def _value(kind: Kind) -> Schema:
    """Return what a value that is given must be."""
    match kind:
        case kinds.Flag():
            return {"$ref": f"{_DEFINITIONS}/flag"}
        case kinds.FunctionName():
            return {"type": "string", "$ref": f"{_DEFINITIONS}/functionName"}
        case kinds.PowerValues():
            item = {"anyOf": [{"$ref": f"{_DEFINITIONS}/powerValue"}, {"type": "string", "pattern": "^[0-9]{3,5}$"}]}
            return {"anyOf": [{"const": "ALL"}, {"type": "array", "minItems": 1, "items": item}]}
        case kinds.Payload():
            return _WEIGHTED
        case kinds.ObservedShare():
            return {"anyOf": [{"const": "observed"}, _plain(kind)]}
        case _:
            return _plain(kind)


def _shown(field: RunField) -> Schema:
    """Return what a result shows."""
    text = description(field).replace("`", "")
    match field.kind:
        case kinds.Flag():
            schema: Schema = {"type": "boolean"}
        case kinds.PowerValues():
            schema = {"type": "array", "items": {"$ref": f"{_DEFINITIONS}/powerValue"}, "minItems": 1}
        case kinds.Payload():
            schema, text = {"type": "integer", "minimum": 1}, "How many; never what."
        case _:
            schema = _plain(field.kind)
    schema = {"description": text, **schema}
    return _or_null(schema) if field.nullable and not field.strategy else schema


def _plain(kind: Kind) -> Schema:
    match kind:
        case kinds.Number(low, high, above):
            return {"type": "number", "exclusiveMinimum" if above else "minimum": low, "maximum": high}
        case kinds.WholeNumber(low, high):
            return {"type": "integer", "minimum": low, "maximum": high}
        case kinds.S3Object():
            return {"type": "string", "pattern": f"^{S3_URI}$"}
        case kinds.OneOf(choices):
            return {"enum": list(choices)}
        case kinds.Text(max_chars, pattern):
            return {
                "type": "string",
                **({"maxLength": max_chars} if max_chars else {}),
                **({"pattern": f"^{pattern}$"} if pattern else {}),
            }
        case kinds.Texts():
            return {"type": "array", "items": {"type": "string"}}
        case _:
            raise NotImplementedError(f"no schema for {type(kind).__name__}")


def _or_null(schema: Schema) -> Schema:
    if "type" in schema:
        return {**schema, "type": [schema["type"], "null"]}
    if "enum" in schema:
        return {**schema, "enum": [*schema["enum"], None]}
    return {**schema, "anyOf": [*schema["anyOf"], {"type": "null"}]} if "anyOf" in schema else schema


def _required_with(name: str, value: str, fields: Iterable[RunField]) -> Schema:
    return {
        "if": {"properties": {name: {"const": value}}, "required": [name]},
        "then": {"required": _names(fields)},
    }


def _limited(fields: Iterable[RunField], name: str) -> list[str]:
    """Return the modes or strategies that some fields are for alone, each once."""
    return list(dict.fromkeys(value for field in fields if (value := getattr(field, name))))


def _names(fields: Iterable[RunField]) -> list[str]:
    return [field.shown_as for field in fields]
