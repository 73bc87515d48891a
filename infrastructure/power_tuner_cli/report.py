"""The command `power-tuner report`: save the report page of a run."""

import json
from pathlib import Path
from typing import Annotated

import typer
from msgspec import to_builtins

from power_tuner.aws import object_keys
from power_tuner_cli import options
from power_tuner_cli.cloud import AwsOptions, Cloud, TunerStack
from power_tuner_cli.console import open_screen
from power_tuner_cli.outputs import Format, Outputs
from power_tuner_cli.runs import RunEnd


@options.on_aws
def report(
    run: Annotated[str, typer.Argument(metavar="RUN", help="The run's id, as `power-tuner history` lists it.")],
    *,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="The file to save the page to.", show_default="RUN.html")
    ] = None,
    open_report: options.Open = False,
    form: options.Form = None,
    as_json: options.Json = False,
    aws_options: AwsOptions,
) -> None:
    """Save the report page of a run, or print its result for another program."""
    from power_tuner_cli.cloud import open_stack
    from power_tuner_cli.saved_files import open_in_browser, save_report

    screen = open_screen(as_json=as_json, document=form is not None)
    cloud, stack = open_stack(aws_options)
    if form is not None:
        screen.print_document(_document(cloud, stack, run, form))
        return
    key = object_keys.report(run)
    saved = save_report(cloud, stack, key, output or Path(f"{run}.html"))
    screen.print_json({"runId": run, "report": str(saved), "uri": f"s3://{stack.settings.bucket_name}/{key}"})
    screen.output.print(str(saved), soft_wrap=True, markup=False)
    if open_report:
        open_in_browser(saved)


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
