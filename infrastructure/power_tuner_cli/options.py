"""The options that several commands share."""

import shlex
from collections.abc import Callable, Sequence
from functools import wraps
from inspect import Parameter, signature
from pathlib import Path
from typing import Annotated, Any

import typer

from power_tuner_cli.cloud import DEFAULT_STACK_NAME, AwsOptions
from power_tuner_cli.outputs import Format

FOLDER_PANEL = "Local folder"
_AWS = "AWS"
_OUTPUT = "Output"

Json = Annotated[
    bool, typer.Option("--json", help="Print one JSON document to stdout, and nothing else.", rich_help_panel=_OUTPUT)
]
Form = Annotated[
    Format | None,
    typer.Option(
        "--format",
        help="Print the result to stdout for another program: Markdown for a step summary or a pull request, JUnit.",
        rich_help_panel=_OUTPUT,
    ),
]
Csv = Annotated[bool, typer.Option("--csv", help="Print CSV to stdout.", rich_help_panel=_OUTPUT)]
Bucket = Annotated[
    str | None,
    typer.Option(
        help="The bucket to upload the code to.",
        show_default="one of the tuner's own, made if it is missing",
        rich_help_panel="Stack",
    ),
]
Functions = Annotated[
    list[str] | None,
    typer.Argument(metavar="[FUNCTION]...", help="Names, ARNs, or patterns of names such as 'orders-*'."),
]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")]
Open = Annotated[bool, typer.Option("--open", help="Open the report in the browser.", rich_help_panel=_OUTPUT)]
Region = Annotated[
    str | None, typer.Option(help="AWS region; by default that of the AWS configuration.", rich_help_panel=_AWS)
]
Profile = Annotated[
    str | None, typer.Option(help="AWS profile; by default that of the AWS configuration.", rich_help_panel=_AWS)
]
StackName = Annotated[str, typer.Option(help="Name of the tuner's stack.", rich_help_panel=_AWS)]
EndpointUrl = Annotated[str | None, typer.Option(help="Endpoint of an AWS emulator.", rich_help_panel=_AWS)]
Local = Annotated[
    bool, typer.Option("--local", help="Use the running local AWS (power-tuner local up).", rich_help_panel=_AWS)
]
StateDir = Annotated[
    Path | None,
    typer.Option(
        envvar="POWER_TUNER_STATE_DIR",
        help="Folder of the local AWS's state file.",
        show_default="the user's state folder",
        rich_help_panel=_AWS,
    ),
]
Handler = Annotated[
    str | None,
    typer.Option(
        help="The function's handler, as FILE.FUNCTION.",
        show_default="the one that the code has",
        rich_help_panel=FOLDER_PANEL,
    ),
]
Memory = Annotated[int, typer.Option(help="The function's current memory size in MB.", rich_help_panel=FOLDER_PANEL)]
Timeout = Annotated[int, typer.Option(help="The function's timeout in seconds.", rich_help_panel=FOLDER_PANEL)]
Environment = Annotated[
    list[str] | None,
    typer.Option(
        "--env",
        metavar="NAME=VALUE",
        help="An environment variable of the function; may be repeated.",
        rich_help_panel=FOLDER_PANEL,
    ),
]
FunctionName = Annotated[
    str | None,
    typer.Option("--name", help="The function's name; by default the folder's.", rich_help_panel=FOLDER_PANEL),
]

STACK_NAME = DEFAULT_STACK_NAME


Command = Callable[..., None]


def in_place_of(
    name: str, options: Sequence[Parameter], put_together: Callable[..., object]
) -> Callable[[Command], Command]:
    """Return a decorator that replaces one parameter of a command by options.

    Args:
        name: The parameter.
        options: The options.
        put_together: Returns the parameter's value, from the values of the options.
    """
    named = {option.name for option in options}

    def decorate(command: Command) -> Command:
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

    return decorate


def _aws_options(
    *,
    region: Region = None,
    profile: Profile = None,
    stack_name: StackName = STACK_NAME,
    endpoint_url: EndpointUrl = None,
    local: Local = False,
    state_dir: StateDir = None,
) -> AwsOptions:
    return AwsOptions(stack_name, region, profile, endpoint_url, local, str(state_dir) if state_dir else None)


# Gives a command the options of the panel AWS, as its parameter ``aws_options``.
on_aws = in_place_of("aws_options", list(signature(_aws_options).parameters.values()), _aws_options)


def as_typed(aws_options: AwsOptions) -> str:
    """Return the options of the panel AWS as one types them, each after a space."""
    typed = ["--local"] if aws_options.local else []
    named = {
        "--stack-name": aws_options.stack_name if aws_options.stack_name != DEFAULT_STACK_NAME else None,
        "--region": aws_options.region,
        "--profile": aws_options.profile,
        "--endpoint-url": aws_options.endpoint_url,
    }
    typed += [f"{name} {shlex.quote(value)}" for name, value in named.items() if value]
    return "".join(f" {each}" for each in typed)
