"""The command `power-tuner report`: save the report page of a run."""

from pathlib import Path
from typing import Annotated

import typer

from power_tuner.aws import object_keys
from power_tuner_cli import options
from power_tuner_cli.cloud import AwsOptions
from power_tuner_cli.console import open_screen


@options.on_aws
def report(
    run: Annotated[str, typer.Argument(metavar="RUN", help="The run's id, as `power-tuner history` lists it.")],
    *,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="The file to save the page to.", show_default="RUN.html")
    ] = None,
    open_report: options.Open = False,
    as_json: options.Json = False,
    aws_options: AwsOptions,
) -> None:
    """Save the report page of a run."""
    from power_tuner_cli.cloud import open_stack
    from power_tuner_cli.saved_files import open_in_browser, save_report

    screen = open_screen(as_json=as_json)
    cloud, stack = open_stack(aws_options)
    key = object_keys.report(run)
    saved = save_report(cloud, stack, key, output or Path(f"{run}.html"))
    screen.print_json({"runId": run, "report": str(saved), "uri": f"s3://{stack.settings.bucket_name}/{key}"})
    screen.output.print(str(saved), soft_wrap=True, markup=False)
    if open_report:
        open_in_browser(saved)
