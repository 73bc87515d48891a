"""The command `power-tuner tune`: find the best memory size of a function."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer

from power_tuner_cli import options, run_options
from power_tuner_cli.cloud import AwsOptions
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
    """A folder of code, and the configuration of its function."""

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
            "--check",
            help="Exit with 4 if another memory size is better than the current one.",
            rich_help_panel="Output",
        ),
    ] = False,
    estimate: Annotated[
        bool,
        typer.Option(
            "--estimate",
            help="Show what the run may spend at most, and start nothing.",
            rich_help_panel="Output",
        ),
    ] = False,
    report: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Save the report page to this file.", rich_help_panel="Output")
    ] = None,
    open_report: options.Open = False,
    as_json: options.Json = False,
    aws_options: AwsOptions,
) -> None:
    """Find the best memory size of a function by measuring it.

    Without --num, the tuner decides round by round what to invoke, stops when
    it is confident enough, and reports its confidence (smart mode). With --num,
    it invokes every memory size that many times (classic sweep).

    A folder is tuned on the local AWS, on this machine and without an account;
    a function's name or ARN on AWS, with the deployed stack and your
    credentials.
    """
    screen = open_screen(as_json=as_json)
    outputs = Outputs(report, open_report, check, estimate)
    folder = Path(target).expanduser()
    if folder.is_dir():
        function = LocalFunction(folder, handler, name, memory, timeout, read_environment(env or ()))
        code = tune_folder(screen, function, run_input, outputs, aws_options.state_dir)
    elif _PATH_LIKE.search(target):
        raise CliError(f"There is no folder {target!r}: give a folder of code, or a function's name or ARN.")
    else:
        code = tune_function(screen, target, run_input, outputs, aws_options)
    raise typer.Exit(code)


def tune_folder(
    screen: Screen,
    function: LocalFunction,
    run_input: Mapping[str, Any],
    outputs: Outputs,
    state_dir: str | None,
) -> ExitCode:
    """Tune a folder of code on the running local AWS, or else on a temporary one; return the exit code."""
    from power_tuner_cli.local_aws import ensure_stack, use_local_aws
    from power_tuner_cli.tuning import run_tuning

    if not _has_handler(function):
        raise CliError(
            f"--handler {function.handler!r}: there is no file {function.handler.rpartition('.')[0]}.py in "
            f"{function.folder}. Give the handler as FILE.FUNCTION."
        )
    screen.print_message("Starting the local AWS ...")
    with use_local_aws(state_dir) as (aws, temporary):
        stack = ensure_stack(aws)
        arn = aws.add_function(
            function.folder,
            handler=function.handler,
            name=function.name,
            memory_mb=function.memory_mb,
            timeout_s=function.timeout_s,
            environment=function.environment,
        )
        return run_tuning(
            screen,
            aws,
            stack,
            {"lambdaARN": arn, **run_input},
            outputs,
            interval_s=_LOCAL_INTERVAL_S,
            keep_copies=temporary,
        )


def tune_function(
    screen: Screen, target: str, run_input: Mapping[str, Any], outputs: Outputs, aws_options: AwsOptions
) -> ExitCode:
    """Tune a deployed function with the stack in its account; return the exit code."""
    from power_tuner_cli.cloud import open_stack
    from power_tuner_cli.tuning import run_tuning

    cloud, stack = open_stack(aws_options)
    interval_s = _LOCAL_INTERVAL_S if aws_options.local or aws_options.endpoint_url else _AWS_INTERVAL_S
    return run_tuning(screen, cloud, stack, {"lambdaARN": target, **run_input}, outputs, interval_s=interval_s)


def _has_handler(function: LocalFunction) -> bool:
    module = function.handler.rpartition(".")[0].replace(".", "/")
    return bool(module) and (function.folder / f"{module}.py").is_file()
