"""The command `power-tuner tune`: find the best memory size of a function."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer

from power_tuner_cli import options
from power_tuner_cli.cloud import Cloud, Place, TunerStack
from power_tuner_cli.console import Screen, open_screen
from power_tuner_cli.errors import CliError
from power_tuner_cli.exit_codes import ExitCode
from power_tuner_cli.run_request import (
    build_input,
    read_environment,
    read_payload,
    read_power_values,
    refuse_bad_input,
)

DEFAULT_NUM = 10
DEFAULT_MEMORY_MB = 1024
DEFAULT_TIMEOUT_S = 30
_LOCAL_INTERVAL_S = 0.4
_AWS_INTERVAL_S = 2.0
_ALL_VALUES = 159
_INPUT_ERRORS = {"InvalidInput"}
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


@dataclass(frozen=True, slots=True)
class Outputs:
    """What is to be made of a result."""

    report: Path | None
    open_report: bool
    check: bool


def tune(
    target: Annotated[
        str, typer.Argument(metavar="PATH_OR_FUNCTION", help="A folder of code, or a function's name or ARN.")
    ],
    *,
    num: Annotated[int, typer.Option(help="Invocations per power value.")] = DEFAULT_NUM,
    power_values: Annotated[
        str | None, typer.Option(help="Memory sizes in MB, as in 128,256,512, or ALL.", show_default="the stack's")
    ] = None,
    payload: Annotated[str | None, typer.Option(metavar="JSON|@FILE", help="What the function receives.")] = None,
    payload_file: Annotated[Path | None, typer.Option(help="The same, from a file.")] = None,
    strategy: Annotated[
        str | None, typer.Option(metavar="cost|speed|balanced", help="What the best value is.", show_default="cost")
    ] = None,
    balanced_weight: Annotated[
        float | None, typer.Option(help="For balanced: 0 is all speed, 1 is all cost.", show_default="0.5")
    ] = None,
    parallel: Annotated[bool, typer.Option("--parallel", help="Invoke in parallel; most are then cold.")] = False,
    discard_top_bottom: Annotated[
        float | None, typer.Option(help="Share of samples discarded at each end.", show_default="0.2")
    ] = None,
    auto_optimize: Annotated[
        bool, typer.Option("--auto-optimize", help="Set the function to the best value afterwards.")
    ] = False,
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
    region: options.Region = None,
    profile: options.Profile = None,
    stack_name: options.StackName = options.STACK_NAME,
    endpoint_url: options.EndpointUrl = None,
    local: options.Local = False,
    state_dir: options.StateDir = None,
) -> None:
    """Find the best memory size of a function, by measuring it.

    A folder is tuned on the local AWS, on this machine and with no account; a name or ARN on AWS, through the
    deployed stack and with the usual credentials.
    """
    screen = open_screen(as_json=as_json)
    run_input = build_input(
        {
            "num": num,
            "powerValues": read_power_values(power_values),
            "payload": read_payload(payload, payload_file),
            "strategy": strategy,
            "balancedWeight": balanced_weight,
            "parallelInvocation": parallel or None,
            "discardTopBottom": discard_top_bottom,
            "autoOptimize": auto_optimize or None,
        }
    )
    refuse_bad_input(run_input)
    outputs = Outputs(report, open_report, check)
    given_state_dir = str(state_dir) if state_dir else None
    folder = Path(target).expanduser()
    if folder.is_dir():
        function = LocalFunction(folder, handler, name, memory, timeout, read_environment(env or ()))
        code = tune_folder(screen, function, run_input, outputs, given_state_dir)
    elif _PATH_LIKE.search(target):
        raise CliError(f"There is no folder {target!r}: name a folder of code, or a function by its name or ARN.")
    else:
        place = Place(stack_name, region, profile, endpoint_url, local, given_state_dir)
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

    cloud, stack = open_place(place)
    interval_s = _LOCAL_INTERVAL_S if place.local or place.endpoint_url else _AWS_INTERVAL_S
    return conduct(screen, cloud, stack, {"lambdaARN": target, **run_input}, outputs, interval_s=interval_s)


def conduct(
    screen: Screen,
    cloud: Cloud,
    stack: TunerStack,
    run_input: Mapping[str, Any],
    outputs: Outputs,
    *,
    interval_s: float,
    keep_copies: bool = False,
) -> ExitCode:
    """Run one tuning to its end and show it; Ctrl-C stops it cleanly."""
    from power_tuner_cli.progress_board import ProgressBoard
    from power_tuner_cli.run_conductor import start_run
    from power_tuner_cli.run_results import fetch_results
    from power_tuner_cli.saved_files import RUNS_FOLDER, open_in_browser, save_everything, save_report

    run = start_run(cloud, stack, run_input)
    screen.say(f"Run {run.run_id}")
    try:
        with ProgressBoard(screen) as board:
            short_name = str(run_input["lambdaARN"]).rpartition(":")[2]
            watch = board.add(short_name, num=run_input["num"], power_values=count_values(stack, run_input))
            end = run.follow(watch, interval_s=interval_s)
    except KeyboardInterrupt:
        screen.say("Stopping the run ...")
        status = run.stop()
        screen.say(
            f"The run {run.run_id} is {status.lower()}; the tuner now deletes what it published and gives the "
            "function back as it was."
        )
        screen.document({"runId": run.run_id, "executionArn": run.execution_arn, "status": status})
        return ExitCode.INTERRUPTED
    results = fetch_results(cloud, stack, run.run_id, wait=end.status == "SUCCEEDED")
    saved = save_everything(cloud, stack, results, RUNS_FOLDER / run.run_id) if keep_copies else {}
    if outputs.report is not None and end.status == "SUCCEEDED":
        saved["report"] = str(save_report(cloud, stack, results, outputs.report))
    if outputs.open_report and "report" not in saved and results.document is not None:
        saved["report"] = str(save_report(cloud, stack, results, RUNS_FOLDER / run.run_id / "report.html"))
    screen.document(
        {
            "runId": run.run_id,
            "executionArn": run.execution_arn,
            "status": end.status,
            "error": end.error,
            "cause": end.cause,
            "output": end.output,
            "result": results.document,
            "places": results.places(),
            "saved": saved,
        }
    )
    show_end(screen, results, saved)
    if outputs.open_report and "report" in saved:
        open_in_browser(saved["report"])
    if end.status != "SUCCEEDED":
        screen.say(f"The run {run.run_id} failed: {end.error or end.status}: {end.cause or 'no cause was given'}")
        return ExitCode.BAD_INPUT if end.error in _INPUT_ERRORS else ExitCode.RUN_FAILED
    if outputs.check and change_advised(results.document):
        return ExitCode.CHANGE_ADVISED
    return ExitCode.DONE


def show_end(screen: Screen, results: Any, saved: Mapping[str, str]) -> None:
    """Show people the result, if there is one, and where it is."""
    from power_tuner_cli.result_view import show_places, show_result

    if screen.as_json or results.document is None:
        return
    show_result(screen, results.document)
    show_places(screen, results, saved)


def change_advised(result: Mapping[str, Any] | None) -> bool:
    """Tell whether a result advises another power value than the current one."""
    if not result or not result.get("decision"):
        return False
    return bool(result["decision"]["power"] != result["target"].get("memoryMb"))


def count_values(stack: TunerStack, run_input: Mapping[str, Any]) -> int | None:
    """Tell how many power values a run has, if that is known before it starts."""
    values = run_input.get("powerValues")
    if values == "ALL":
        return _ALL_VALUES
    if isinstance(values, list):
        return len(set(values))
    default = stack.parameters.get("PowerValues")
    return len(default.split(",")) if default else None


def _has_handler(function: LocalFunction) -> bool:
    module = function.handler.rpartition(".")[0].replace(".", "/")
    return bool(module) and (function.folder / f"{module}.py").is_file()
