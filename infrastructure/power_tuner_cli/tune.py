"""The command `power-tuner tune`: find the best memory size of a function."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer

from power_tuner_cli import options, run_options
from power_tuner_cli.cloud import Place
from power_tuner_cli.console import Screen, open_screen
from power_tuner_cli.errors import CliError
from power_tuner_cli.exit_codes import ExitCode
from power_tuner_cli.outputs import Outputs
from power_tuner_cli.run_request import read_environment

DEFAULT_MEMORY_MB = 1024
DEFAULT_TIMEOUT_S = 30
_LOCAL_INTERVAL_S = 0.7
_AWS_INTERVAL_S = 2.0
_PATH_LIKE = re.compile(r"^[.~/]|/|\\")


@dataclass(frozen=True, slots=True)
class LocalFunction:
    """A folder of the user's code, and how it is to run."""

    folder: Path
    handler: str
    name: str | None
    memory_mb: int
    timeout_s: int
    environment: Mapping[str, str]


@options.on_aws
@run_options.with_run_input(run_options.OF_A_RUN)
def tune(
    target: Annotated[
        str, typer.Argument(metavar="PATH_OR_FUNCTION", help="A folder of code, or a function's name or ARN.")
    ],
    *,
    run_input: Mapping[str, Any],
    handler: options.Handler = "app.handler",
    memory: options.Memory = DEFAULT_MEMORY_MB,
    timeout: options.Timeout = DEFAULT_TIMEOUT_S,
    env: options.Environment = None,
    name: options.FunctionName = None,
    check: Annotated[
        bool,
        typer.Option(
            "--check", help="Exit with 4 if another value is better than the current.", rich_help_panel="Output"
        ),
    ] = False,
    report: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Save the report page there.", rich_help_panel="Output")
    ] = None,
    open_report: options.Open = False,
    as_json: options.Json = False,
    place: Place,
) -> None:
    """Find the best memory size of a function, by measuring it.

    Without --num, the tuner decides round by round what to invoke, stops when
    it is sure enough, and says how sure (smart mode). With it, every power
    value is invoked that often (classic sweep).

    A folder is tuned on the local AWS, on this machine and with no account; a
    name or ARN on AWS, through the deployed stack and with the usual
    credentials.
    """
    screen = open_screen(as_json=as_json)
    outputs = Outputs(report, open_report, check)
    folder = Path(target).expanduser()
    if folder.is_dir():
        function = LocalFunction(folder, handler, name, memory, timeout, read_environment(env or ()))
        code = tune_folder(screen, function, run_input, outputs, place.state_dir)
    elif _PATH_LIKE.search(target):
        raise CliError(f"There is no folder {target!r}: name a folder of code, or a function by its name or ARN.")
    else:
        code = tune_function(screen, target, run_input, outputs, place)
    raise typer.Exit(code)


def tune_folder(
    screen: Screen,
    function: LocalFunction,
    run_input: Mapping[str, Any],
    outputs: Outputs,
    state_dir: str | None,
) -> ExitCode:
    """Tune a folder of code on the running local AWS, or on one of this command's own."""
    from power_tuner_cli.local_clouds import deployed_stack, some_local_aws
    from power_tuner_cli.tuning import conduct

    if not _has_handler(function):
        raise CliError(
            f"--handler {function.handler!r}: there is no file {function.handler.rpartition('.')[0]}.py in "
            f"{function.folder}. Name it as FILE.FUNCTION."
        )
    screen.say("Preparing the local AWS ...")
    with some_local_aws(state_dir) as (aws, stays):
        stack = deployed_stack(aws)
        arn = aws.add_function(
            function.folder,
            handler=function.handler,
            name=function.name,
            memory_mb=function.memory_mb,
            timeout_s=function.timeout_s,
            environment=function.environment,
        )
        return conduct(
            screen,
            aws,
            stack,
            {"lambdaARN": arn, **run_input},
            outputs,
            interval_s=_LOCAL_INTERVAL_S,
            keep_copies=not stays,
        )


def tune_function(
    screen: Screen, target: str, run_input: Mapping[str, Any], outputs: Outputs, place: Place
) -> ExitCode:
    """Tune a deployed function through the stack beside it."""
    from power_tuner_cli.local_clouds import open_place
    from power_tuner_cli.tuning import conduct

    cloud, stack = open_place(place)
    interval_s = _LOCAL_INTERVAL_S if place.local or place.endpoint_url else _AWS_INTERVAL_S
    return conduct(screen, cloud, stack, {"lambdaARN": target, **run_input}, outputs, interval_s=interval_s)


def _has_handler(function: LocalFunction) -> bool:
    module = function.handler.rpartition(".")[0].replace(".", "/")
    return bool(module) and (function.folder / f"{module}.py").is_file()
