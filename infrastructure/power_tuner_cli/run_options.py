"""The options of a run's input, made from the one table of its fields."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from inspect import Parameter
from pathlib import Path
from typing import Annotated, Any

import typer

from power_tuner.errors import InvalidInput
from power_tuner.tuning import field_kinds as kinds
from power_tuner.tuning.run_field import Kind, RunField
from power_tuner.tuning.run_input import FIELDS
from power_tuner_cli.errors import CliError
from power_tuner_cli.options import Command, in_place_of
from power_tuner_cli.run_request import read_payload, read_power_values

OF_A_RUN = tuple(field for field in FIELDS.values() if field.panel)
OF_A_PROFILE = tuple(field for field in OF_A_RUN if field.in_profile)

_EXAMPLE_FUNCTION = "function"
_PAYLOAD_FILE = "payload_file"


def with_run_input(fields: Sequence[RunField]) -> Callable[[Command], Command]:
    """Return a decorator that gives a command the options of these fields, and their values as its ``run_input``."""

    def read(**given: Any) -> dict[str, Any]:
        return read_run_input(fields, given)

    return in_place_of("run_input", [each for field in fields for each in _parameters(field)], read)


def read_run_input(fields: Sequence[RunField], given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the run input that the options make; the state machine has the defaults of the others.

    Raises:
        CliError: The run would refuse it. The message names the option, its value and what is allowed.
    """
    from power_tuner.tuning.run_input_parser import parse_run_input

    values = {field.name: _value(field, given) for field in fields}
    run_input = {name: value for name, value in values.items() if value is not None}
    try:
        parse_run_input({"lambdaARN": _EXAMPLE_FUNCTION, **run_input}, (128,))
    except InvalidInput as error:
        raise CliError(in_options(error)) from None
    return run_input


def in_options(error: InvalidInput, flags: Mapping[str, str] | None = None) -> str:
    """Return the message of an error with the option's name instead of the field's.

    Args:
        error: The error.
        flags: The options of fields that are not a run's.
    """
    known = {field.name: field.flag for field in OF_A_RUN} | dict(flags or {})
    name = error.field.partition("[")[0]  # payload[].weight
    option = error.field.replace(name, known.get(name, name), 1)
    return str(InvalidInput(field=option, value=error.value, allowed=error.allowed))


def _parameters(field: RunField) -> Iterable[Parameter]:
    text = field.help or re.sub(r"`(\w+)`", lambda match: FIELDS[match[1]].flag, field.description)
    option = typer.Option(
        field.flag, metavar=_metavar(field), help=text, show_default=_default(field), rich_help_panel=field.panel
    )
    absent = False if isinstance(field.kind, kinds.Flag) else None
    yield Parameter(
        field.attribute, Parameter.KEYWORD_ONLY, default=absent, annotation=Annotated[_type(field.kind), option]
    )
    if isinstance(field.kind, kinds.Payload):
        file = typer.Option(f"{field.flag}-file", help="The same, from a file.", rich_help_panel=field.panel)
        yield Parameter(_PAYLOAD_FILE, Parameter.KEYWORD_ONLY, default=None, annotation=Annotated[Path | None, file])


def _type(kind: Kind) -> Any:
    match kind:
        case kinds.Flag():
            return bool
        case kinds.WholeNumber():
            return int | None
        case kinds.Number() if not isinstance(kind, kinds.ObservedShare):
            return float | None
        case kinds.Texts():
            return list[str] | None
        case _:
            return str | None


def _metavar(field: RunField) -> str | None:
    match field.kind:
        case kinds.OneOf(choices):
            return "|".join(choices)
        case kinds.FunctionName():
            return "FUNCTION"
        case _:
            return field.metavar


def _default(field: RunField) -> str | bool:
    if isinstance(field.kind, kinds.Flag):
        return False
    if field.unset is not None:
        return field.unset
    if isinstance(field.default, float):
        return f"{field.default:g}"
    return field.default if isinstance(field.default, str) else False


def _value(field: RunField, given: Mapping[str, Any]) -> Any:
    """Return the value that the options give a field, None when they give none."""
    value = given[field.attribute]
    match field.kind:
        case kinds.Payload():
            return read_payload(value, given[_PAYLOAD_FILE])
        case kinds.PowerValues():
            return read_power_values(value)
        case kinds.Flag() | kinds.Texts():
            return value or None
        case _:
            return value
