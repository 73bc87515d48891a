"""The command `power-tuner report`: save the report page of a run, or of two runs over one another."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from msgspec import to_builtins

from power_tuner.aws import object_keys
from power_tuner_cli import options
from power_tuner_cli.cloud import AwsOptions, Cloud, TunerStack
from power_tuner_cli.console import open_screen
from power_tuner_cli.errors import CliError
from power_tuner_cli.outputs import Format, Outputs
from power_tuner_cli.runs import RunEnd

if TYPE_CHECKING:
    from power_tuner.tuning.result import Result


@options.on_aws
def report(
    run: Annotated[str, typer.Argument(metavar="RUN", help="The run's id, as `power-tuner history` lists it.")],
    other: Annotated[
        str | None,
        typer.Argument(
            metavar="[RUN]",
            help="A second run, to be seen against the first: after a deployment, of another function or architecture.",
        ),
    ] = None,
    *,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="The file to save the page to.", show_default="RUN.html")
    ] = None,
    open_report: options.Open = False,
    form: options.Form = None,
    as_json: options.Json = False,
    aws_options: AwsOptions,
) -> None:
    """Save the report page of a run, or of two runs over one another, or print a run's result for another program."""
    from power_tuner_cli.cloud import open_stack
    from power_tuner_cli.saved_files import open_in_browser, save_page, save_report

    if other is not None and form is not None:
        raise CliError("--format prints one run's result. Give one RUN, or leave --format out.")
    screen = open_screen(as_json=as_json, document=form is not None)
    cloud, stack = open_stack(aws_options)
    if form is not None:
        screen.print_document(_document(cloud, stack, run, form))
        return
    if other is not None:
        sentence, page = _two_runs(cloud, stack, run, other)
        saved = save_page(output or Path(f"{run}-{other}.html"), page)
        screen.print_json({"runIds": [run, other], "report": str(saved), "sentence": sentence})
        screen.output.print(sentence, soft_wrap=True, markup=False)
    else:
        key = object_keys.report(run)
        saved = save_report(cloud, stack, key, output or Path(f"{run}.html"))
        screen.print_json({"runId": run, "report": str(saved), "uri": f"s3://{stack.settings.bucket_name}/{key}"})
    screen.output.print(str(saved), soft_wrap=True, markup=False)
    if open_report:
        open_in_browser(saved)


def _two_runs(cloud: Cloud, stack: TunerStack, run: str, other: str) -> tuple[str, str]:
    """Return how the second run differs from the first, and the page of both."""
    from power_tuner.report.run_pair import names_of, pair_sentence, pairs_of
    from power_tuner.report.two_runs_page import render_two_runs

    first, second = (_completed(cloud, stack, each) for each in (run, other))
    if first.spent.currency != second.spent.currency:
        raise CliError(
            f"{run} was paid in {first.spent.currency} and {other} in {second.spent.currency}: "
            "their costs cannot be compared. Give two runs of the same currency."
        )
    return pair_sentence(pairs_of(first, second), names_of(first, second)), render_two_runs(first, second)


def _completed(cloud: Cloud, stack: TunerStack, run_id: str) -> "Result":
    from power_tuner.tuning.result_document import read_result
    from power_tuner.tuning.run_item import CompletedRun
    from power_tuner_cli.run_results import ended_run, read_object

    item = ended_run(cloud, stack, run_id)
    if not isinstance(item, CompletedRun):
        raise CliError(f"Run {run_id} {item.status}: it has no result to compare. Give a run that completed.")
    return read_result(read_object(cloud, stack, item.result_key))


def _document(cloud: Cloud, stack: TunerStack, run_id: str, form: Format) -> str:
    from power_tuner.tuning.arn import name_of
    from power_tuner.tuning.result_document import read_result
    from power_tuner.tuning.run_item import CompletedRun, FailedRun
    from power_tuner_cli.run_results import ended_run, read_object
    from power_tuner_cli.tuning import change_advised, document_of

    item = ended_run(cloud, stack, run_id)
    result, end = None, RunEnd("SUCCEEDED")
    if isinstance(item, CompletedRun):
        result = read_result(read_object(cloud, stack, item.result_key))
    elif isinstance(item, FailedRun):
        end = RunEnd("FAILED", error=item.error, cause=item.cause)
    if form is Format.JSON:
        return json.dumps({"runId": run_id, "status": item.status, "result": to_builtins(result)}, indent=2) + "\n"
    outputs = Outputs(form=form)
    return document_of(outputs, result, end, name_of(item.target_arn), advised=change_advised(result))
