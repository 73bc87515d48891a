"""Measure the local AWS, the handlers and the largest run; exit with 1 if a bar is missed."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from bench import artefact_size, import_time, invoke_overhead, run_counts, scale_run, update_pace
from bench.figures import table
from power_tuner.lambda_limits import ALL_MEMORIES_MB
from power_tuner_local import LocalAws

if TYPE_CHECKING:
    from bench.figures import Figure

TIMES = {"ms", "s"}

console = Console(width=None if sys.stdout.isatty() else 120)


def main(
    *,
    values: Annotated[int, typer.Option(min=2, max=len(ALL_MEMORIES_MB), help="Memory sizes of the scale run.")] = len(
        ALL_MEMORIES_MB
    ),
    num: Annotated[int, typer.Option(min=1, help="Invocations per memory size of the scale run.")] = 50,
    invocations: Annotated[int, typer.Option(min=20, help="Warm invocations to measure.")] = 200,
    imports: Annotated[
        int, typer.Option(min=0, help="Imports per handler, of which the median counts; 0 skips them.")
    ] = 5,
    update_s: Annotated[
        list[float], typer.Option(min=0, help="Seconds that updates of the target take; repeat it for several runs.")
    ] = list(update_pace.UPDATES_S),  # noqa: B006 - Typer copies it
    timeout_s: Annotated[float, typer.Option(help="Seconds that one run may take.")] = 900,
    judge_times: Annotated[
        bool, typer.Option(help="Whether a time over its bar counts as missed; on a busy machine it should not.")
    ] = True,
) -> None:
    """Measure, print the figures, and exit with 1 if a bar is missed."""
    figures: list[Figure] = []

    def show(title: str, measured: list[Figure]) -> None:
        figures.extend(measured)
        console.print(table(title, measured))

    show("What is deployed", artefact_size.measure())
    if imports:
        import_times = import_time.measure(repetitions=imports, judged=judge_times)
        show("Imports (share of each package with all that it imports)", import_times)
    with LocalAws() as aws:
        show("The local AWS", invoke_overhead.measure(aws, invocations=invocations))
        show("A run of six memory sizes, num 10", run_counts.measure(aws, timeout_s=timeout_s, judged=judge_times))
        measured, calls = scale_run.measure(aws, values=values, num=num, timeout_s=timeout_s)
        show("Scale", measured)
        for service, actions in calls.items():
            console.print(f"{service}: {actions}", highlight=False)
    show("Six memory sizes at the pace of AWS", update_pace.measure(update_s, timeout_s=timeout_s, judged=judge_times))
    missed = [each.name for each in figures if each.missed and (judge_times or each.unit not in TIMES)]
    console.print(f"missed: {', '.join(missed)}" if missed else "every bar is met")
    raise typer.Exit(int(bool(missed)))


if __name__ == "__main__":
    app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
    app.command()(main)
    app()
