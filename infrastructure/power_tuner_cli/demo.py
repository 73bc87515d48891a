"""The command `power-tuner demo`: three example functions, tuned on this machine."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from power_tuner_cli import options
from power_tuner_cli.console import open_screen
from power_tuner_cli.exit_codes import ExitCode
from power_tuner_cli.installation import application_folder

if TYPE_CHECKING:
    from power_tuner_cli.cloud import TunerStack
    from power_tuner_cli.progress_board import ShowProgress
    from power_tuner_cli.run_results import RunResults
    from power_tuner_cli.runs import RunEnd
    from power_tuner_local import LocalAwsConnection

MEMORIES_MB = (128, 256, 512, 1024, 1536, 3008)
NUM = 10
EXAMPLES_FOLDER = application_folder() / "infrastructure" / "examples"
_INTERVAL_S = 1.0


@dataclass(frozen=True, slots=True)
class Example:
    """An example function, its current memory and the strategy that it is tuned by."""

    name: str
    current_memory_mb: int
    strategy: str


EXAMPLES = (
    Example("cpu_bound", 512, "balanced"),
    Example("waiting_bound", 1024, "cost"),
    Example("memory_hungry", 3008, "balanced"),
)


@dataclass(frozen=True, slots=True)
class TunedExample:
    """An example that was tuned, and its results."""

    execution_arn: str
    end: "RunEnd"
    results: "RunResults"
    saved: Mapping[str, str]


def demo(
    *,
    output: Annotated[Path, typer.Option(help="Folder for the reports and copies of the results.")] = Path(
        ".power-tuner/demo"
    ),
    open_report: options.Open = False,
    as_json: options.Json = False,
    state_dir: options.StateDir = None,
) -> None:
    """Tune three example functions on this machine, without an AWS account.

    One is bound by CPU, one by waiting, and one needs more than 128 MB of memory.
    """
    from power_tuner_cli.local_aws import ensure_stack, use_local_aws
    from power_tuner_cli.progress_board import ProgressBoard
    from power_tuner_cli.result_view import show_locations, show_result
    from power_tuner_cli.saved_files import open_in_browser
    from power_tuner_cli.tuning import run_document

    screen = open_screen(as_json=as_json)
    screen.print_message("Starting the local AWS, and deploying template.yaml and three functions ...")
    with use_local_aws(str(state_dir) if state_dir else None) as (aws, temporary):
        stack = ensure_stack(aws)
        with ProgressBoard(screen) as board:
            watchers = [board.add(each.name, num=NUM, memories_mb=len(MEMORIES_MB)) for each in EXAMPLES]
            # one after the other: at the same time they would not be faster, but compete for CPU time
            tuned = [
                tune_example(aws, stack, example, watch, output)
                for example, watch in zip(EXAMPLES, watchers, strict=True)
            ]
        for each in tuned:
            if each.results.result is not None:
                show_result(screen, each.results.result)
            if each.end.status != "SUCCEEDED":
                screen.print_message(f"{each.results.run_id} failed: {each.end.error}: {each.end.cause}")
            show_locations(screen, each.results, each.saved)
    if temporary:
        screen.print_message(
            "\nThis demo's local AWS, with its table and bucket, is gone; the saved copies remain. "
            "To explore a running one: power-tuner local up, then power-tuner demo."
        )
    screen.print_json(
        {"examples": [run_document(each.execution_arn, each.end, each.results, each.saved) for each in tuned]}
    )
    if open_report:
        for each in tuned:
            if "report" in each.saved:
                open_in_browser(each.saved["report"])
    if any(each.end.status != "SUCCEEDED" for each in tuned):
        raise typer.Exit(ExitCode.RUN_FAILED)


def tune_example(
    aws: "LocalAwsConnection", stack: "TunerStack", example: Example, watch: "ShowProgress", output: Path
) -> TunedExample:
    """Deploy and tune one example, save its results, and return it."""
    from power_tuner_cli.run_request import read_payload
    from power_tuner_cli.run_results import fetch_results
    from power_tuner_cli.runs import start_run
    from power_tuner_cli.saved_files import save_everything

    folder = EXAMPLES_FOLDER / example.name
    arn = aws.add_function(folder, memory_mb=example.current_memory_mb)
    run_input = {
        "lambdaARN": arn,
        "num": NUM,
        "powerValues": list(MEMORIES_MB),
        "payload": read_payload(None, folder / "event.json"),
        "strategy": example.strategy,
    }
    run = start_run(aws, stack, run_input)
    end = run.follow(watch, interval_s=_INTERVAL_S)
    results = fetch_results(aws, stack, arn, run.run_id)
    return TunedExample(run.execution_arn, end, results, save_everything(aws, stack, results, output / example.name))
