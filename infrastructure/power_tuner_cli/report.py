"""The command `power-tuner report`: fetch the page of a run."""

from pathlib import Path
from typing import Annotated

import typer

from power_tuner_cli import options
from power_tuner_cli.cloud import Place
from power_tuner_cli.console import open_screen


@options.on_aws
def report(
    run: Annotated[str, typer.Argument(help="The run's id, as `history` lists it.")],
    *,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="Where to save the page.", show_default="RUN.html")
    ] = None,
    open_report: options.Open = False,
    as_json: options.Json = False,
    place: Place,
) -> None:
    """Save the report page of a run, and open it if asked."""
    from power_tuner_cli.local_clouds import open_place
    from power_tuner_cli.saved_files import open_in_browser, report_key, save_report

    screen = open_screen(as_json=as_json)
    cloud, stack = open_place(place)
    key = report_key(run)
    saved = save_report(cloud, stack, key, output or Path(f"{run}.html"))
    screen.document({"runId": run, "report": str(saved), "uri": f"s3://{stack.settings.bucket_name}/{key}"})
    screen.people.print(str(saved), soft_wrap=True, markup=False)
    if open_report:
        open_in_browser(saved)
