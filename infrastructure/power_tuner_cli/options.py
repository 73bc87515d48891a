"""The options that several commands share."""

from collections.abc import Callable, Sequence
from functools import wraps
from inspect import Parameter, signature
from pathlib import Path
from typing import Annotated, Any

import typer

from power_tuner_cli.cloud import DEFAULT_STACK_NAME, Place

_AWS = "AWS"
_OUTPUT = "Output"

Json = Annotated[
    bool, typer.Option("--json", help="Write one JSON document to stdout and nothing else.", rich_help_panel=_OUTPUT)
]
Csv = Annotated[bool, typer.Option("--csv", help="Write CSV to stdout.", rich_help_panel=_OUTPUT)]
Open = Annotated[bool, typer.Option("--open", help="Open the report in the browser.", rich_help_panel=_OUTPUT)]
Region = Annotated[str | None, typer.Option(help="AWS region; else the usual settings.", rich_help_panel=_AWS)]
Profile = Annotated[str | None, typer.Option(help="AWS profile; else the usual credentials.", rich_help_panel=_AWS)]
StackName = Annotated[str, typer.Option(help="Name of the tuner's stack.", rich_help_panel=_AWS)]
EndpointUrl = Annotated[
    str | None, typer.Option(help="Endpoint of another AWS than the real one.", rich_help_panel=_AWS)
]
Local = Annotated[
    bool, typer.Option("--local", help="On the running local AWS (power-tuner local up).", rich_help_panel=_AWS)
]
StateDir = Annotated[
    Path | None,
    typer.Option(
        envvar="POWER_TUNER_STATE_DIR",
        help="Where the local AWS notes where it is.",
        show_default="the user's state folder",
        rich_help_panel=_AWS,
    ),
]
Handler = Annotated[
    str, typer.Option(help="The handler of a local folder, FILE.FUNCTION.", rich_help_panel="Local folder")
]
Memory = Annotated[int, typer.Option(help="Its current memory in MB.", rich_help_panel="Local folder")]
Timeout = Annotated[int, typer.Option(help="Its timeout in seconds.", rich_help_panel="Local folder")]
Environment = Annotated[
    list[str] | None,
    typer.Option("--env", metavar="NAME=VALUE", help="An environment variable of it.", rich_help_panel="Local folder"),
]
FunctionName = Annotated[
    str | None, typer.Option("--name", help="Its name; else the folder's.", rich_help_panel="Local folder")
]

STACK_NAME = DEFAULT_STACK_NAME


Command = Callable[..., None]


def in_place_of(
    name: str, options: Sequence[Parameter], put_together: Callable[..., object]
) -> Callable[[Command], Command]:
    """Give a command options in place of one parameter, which gets what is put together from them."""
    named = {option.name for option in options}

    def give(command: Command) -> Command:
        own = signature(command)
        parameters = [
            each
            for parameter in own.parameters.values()
            for each in (options if parameter.name == name else [parameter])
        ]

        @wraps(command)
        def called(*arguments: Any, **given: Any) -> None:
            value = put_together(**{each: given.pop(each) for each in named})
            command(*arguments, **{name: value}, **given)

        # Typer reads both.
        called.__signature__ = own.replace(parameters=parameters)  # type: ignore[attr-defined]
        called.__annotations__ = {each.name: each.annotation for each in parameters}
        return called

    return give


def _place(
    *,
    region: Region = None,
    profile: Profile = None,
    stack_name: StackName = STACK_NAME,
    endpoint_url: EndpointUrl = None,
    local: Local = False,
    state_dir: StateDir = None,
) -> Place:
    return Place(stack_name, region, profile, endpoint_url, local, str(state_dir) if state_dir else None)


# Gives a command the options that say which AWS is meant, and hands them to its ``place``.
on_aws = in_place_of("place", list(signature(_place).parameters.values()), _place)
