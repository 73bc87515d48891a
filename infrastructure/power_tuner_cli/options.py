"""The options that several commands share."""

import inspect
from collections.abc import Callable
from functools import wraps
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


def on_aws(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command the options that say which AWS is meant, and hand them to its ``place``."""
    named = inspect.signature(_place).parameters
    own = inspect.signature(command)
    parameters = [each for each in own.parameters.values() if each.name != "place"] + list(named.values())

    @wraps(command)
    def placed(*arguments: Any, **given: Any) -> None:
        place = _place(**{name: given.pop(name) for name in named})
        command(*arguments, place=place, **given)

    # Typer reads both.
    placed.__signature__ = own.replace(parameters=parameters)  # type: ignore[attr-defined]
    placed.__annotations__ = {each.name: each.annotation for each in parameters}
    return placed


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
