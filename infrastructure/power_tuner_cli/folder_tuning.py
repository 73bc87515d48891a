"""A folder of code that is one function, tuned on the local AWS."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from power_tuner_cli.console import Screen
from power_tuner_cli.exit_codes import ExitCode
from power_tuner_cli.outputs import Outputs
from power_tuner_cli.project_tuning import LOCAL_INTERVAL_S, require_runs, seed_local_aws, with_example_event
from power_tuner_cli.projects.dependencies import what_to_install
from power_tuner_cli.projects.runnable_code import FunctionCode, require_runnable


@dataclass(frozen=True, slots=True)
class LocalFunction:
    """A folder of code, and the configuration of its function."""

    folder: Path
    runtime: str
    handler: str
    name: str | None
    memory_mb: int
    timeout_s: int
    environment: Mapping[str, str]
    seed: Path | None = None


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

    require_runs(f"{function.folder}: its function", function.runtime)
    require_runnable(FunctionCode(str(function.folder), function.runtime, function.handler, [function.folder]))
    for note in what_to_install(function.folder):
        screen.print_message(note)
    run_input = with_example_event(screen, run_input, function.folder, None)
    screen.print_message(f"Starting the local AWS, with {function.handler} of {function.folder} ...")
    with use_local_aws(state_dir) as (aws, temporary):
        stack = ensure_stack(aws)
        arn = aws.add_function(
            function.folder,
            handler=function.handler,
            runtime=function.runtime,
            name=function.name,
            memory_mb=function.memory_mb,
            timeout_s=function.timeout_s,
            environment=function.environment,
            may_use_aws=True,
        )
        if function.seed:
            seed_local_aws(screen, aws, function.seed, arn, outputs={}, resources={})
        return run_tuning(
            screen,
            aws,
            stack,
            {"lambdaARN": arn, **run_input},
            outputs,
            interval_s=LOCAL_INTERVAL_S,
            keep_copies=temporary,
        )
