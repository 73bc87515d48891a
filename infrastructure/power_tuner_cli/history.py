"""The command `power-tuner history`: list runs, newest first."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from power_tuner.report.figures import (
    change_text,
    duration_text,
    memory_text,
    money_text,
    per_million,
)
from power_tuner.tuning.run_item import CompletedRun, FailedRun, RunItem, SkippedRun
from power_tuner_cli import options
from power_tuner_cli.canary_options import stage_lines
from power_tuner_cli.cloud import AwsOptions, TunerStack, open_app
from power_tuner_cli.console import open_screen
from power_tuner_cli.errors import CliError
from power_tuner_cli.listing import Listing

if TYPE_CHECKING:
    from power_tuner.ports import History

_STATUSES = ("completed", "failed", "skipped")
COLUMNS = (
    *("startedAt", "status", "targetName", "targetArn", "power", "currentPower", "costUsd", "durationMs"),
    *("costChange", "durationChange", "strategy", "trigger", "spentUsd", "error", "reason", "runId"),
)
_TO_THE_MINUTE = len("2026-11-23T12:00")


@options.on_aws
def history(
    function: Annotated[
        str | None, typer.Argument(metavar="FUNCTION", help="The function's name or ARN.", show_default="all functions")
    ] = None,
    *,
    day: Annotated[
        str | None, typer.Option(metavar="YYYY-MM-DD", help="Without FUNCTION: the runs of this day (UTC).")
    ] = None,
    status: Annotated[
        str | None, typer.Option(metavar="completed|failed|skipped", help="Only runs with this status.")
    ] = None,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="The most runs to list.")] = 20,
    as_json: options.Json = False,
    as_csv: options.Csv = False,
    aws_options: AwsOptions,
) -> None:
    """List the runs of a function, or of all functions by day or status, newest first.

    Without FUNCTION and options: the runs of today.
    """
    from power_tuner.aws.history import to_item
    from power_tuner_cli.cloud import open_stack

    screen = open_screen(as_json=as_json or as_csv)
    if as_json and as_csv:
        raise CliError("Give --json or --csv, not both.")
    if status is not None and status not in _STATUSES:
        raise CliError(f"--status {status!r}: give one of {', '.join(_STATUSES)}.")
    if function is not None and day is not None:
        raise CliError("Give FUNCTION or --day, not both.")
    cloud, stack = open_stack(aws_options)
    app = open_app(cloud, stack)
    found = app.history
    runs, what = find_runs(found, stack, function=function, day=day, status=status, limit=limit)
    if as_csv:
        screen.print_csv(COLUMNS, [to_item(run) for run in runs])
    elif as_json:
        screen.print_json([to_item(run) for run in runs])
    if runs:
        screen.output.print(history_listing(what, runs, across=function is None), soft_wrap=True)
        for run in runs if not (as_csv or as_json) else ():
            if isinstance(run, CompletedRun) and run.is_canary:
                screen.print_message(
                    "\n".join([f"Canary of {run.run_id}:", *stage_lines(app.canaries.stages(run.run_id))])
                )
        if not (as_csv or as_json) and (completed := next((run for run in runs if run.status == "completed"), None)):
            screen.print_message(
                f"Next: `power-tuner report {completed.run_id} --open{options.as_typed(aws_options)}`."
            )
    else:
        screen.print_message(f"The stack {stack.name!r} has no run of {what!r}.")


def find_runs(
    runs: "History", stack: TunerStack, *, function: str | None, day: str | None, status: str | None, limit: int
) -> tuple[list[RunItem], str]:
    """Return the runs and the title of their table."""
    from power_tuner_cli.run_results import function_arn

    if function is not None:
        found, what = runs.latest(function_arn(function, stack), limit), function
    elif status is not None and day is None:
        return runs.of_status(status, limit), status
    else:
        what = day or f"{datetime.now(UTC):%Y-%m-%d}"
        found = runs.of_day(what, limit)
    return [run for run in found if status in {None, run.status}], what


def history_listing(function: str, runs: Sequence[RunItem], *, across: bool = False) -> Listing:
    """Return the list of runs; with `across`, each row names its function."""
    figures = ("power", "mean", "per million", "duration", "cost")
    rows = []
    for run in runs:
        status = run.error if isinstance(run, FailedRun) else run.status
        why = [run.reason if isinstance(run, SkippedRun) else ""]
        name = [run.target_name] if across else []
        rows.append(
            [run.run_id, *name, run.started_at[:_TO_THE_MINUTE].replace("T", " "), status, *_figures(run), *why]
        )
    headings = ["run", *(["function"] if across else []), "started", "status", *figures, "why there was none"]
    return Listing(headings, rows, frozenset(figures), function)


def _figures(run: RunItem) -> Sequence[str]:
    if not isinstance(run, CompletedRun):
        return [""] * 5
    return (
        _text(run.memory_mb, memory_text),
        _text(run.duration_ms, duration_text),
        _text(run.cost_usd, lambda cost_usd: money_text(per_million(cost_usd), run.currency)),
        _text(run.duration_change, change_text),
        _text(run.cost_change, change_text),
    )


def _text(value: float | None, write: Callable[[float], str]) -> str:
    return "" if value is None else write(value)
