"""The command `power-tuner fleet`: one page about all functions that were tuned."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from urllib.parse import quote

import typer

from power_tuner_cli import options
from power_tuner_cli.cloud import AwsOptions, Cloud, TunerStack, open_app
from power_tuner_cli.console import open_screen

if TYPE_CHECKING:
    from collections.abc import Callable

    from power_tuner.tuning.run_item import CompletedRun

# The longest that S3 lets an address be valid.
_WEEK_S = 7 * 86_400


@options.on_aws
def fleet(
    *,
    out: Annotated[
        Path, typer.Option("--out", "-o", help="The file to save the page to.", rich_help_panel="Output")
    ] = Path("fleet.html"),
    days: Annotated[int, typer.Option(min=1, max=90, help="Count the invocations of this many days.")] = 30,
    open_page: Annotated[
        bool, typer.Option("--open", help="Open the page in the browser.", rich_help_panel="Output")
    ] = False,
    as_json: options.Json = False,
    aws_options: AwsOptions,
) -> None:
    """Save one page about all tuned functions: where the money is, what is best, what is applied."""
    from dataclasses import asdict

    from power_tuner.operations.tuned_fleet import tuned_fleet
    from power_tuner.report.fleet_page import render_fleet
    from power_tuner.tuning.iso_time import iso_time
    from power_tuner_cli.cloud import open_stack
    from power_tuner_cli.saved_files import open_in_browser, save_page

    screen = open_screen(as_json=as_json)
    cloud, stack = open_stack(aws_options)
    app = open_app(cloud, stack)
    seen = tuned_fleet(app, days)
    emulated = aws_options.local or aws_options.endpoint_url is not None
    addresses = _signed(cloud, stack) if emulated else _in_console(cloud, stack)
    saved = save_page(out, render_fleet(seen, iso_time(app.now()), addresses))
    screen.print_json(
        {
            "page": str(saved),
            "functions": len(seen.functions),
            "neverTuned": list(seen.never_tuned),
            "totals": [asdict(each) for each in seen.totals],
        }
    )
    screen.output.print(str(saved), soft_wrap=True, markup=False)
    for reason in seen.damaged:
        screen.print_message(f"Left out: {reason}")
    if open_page:
        open_in_browser(saved)


def _in_console(cloud: Cloud, stack: TunerStack) -> "Callable[[CompletedRun], str]":
    """Return what addresses a report in the console of S3, where whoever may read it signs in."""
    at = f"https://{cloud.region}.console.aws.amazon.com/s3/object/{stack.settings.bucket_name}?region={cloud.region}"
    return lambda run: f"{at}&prefix={quote(run.report_key)}"


def _signed(cloud: Cloud, stack: TunerStack) -> "Callable[[CompletedRun], str]":
    """Return what addresses a report at an emulator, which has no console."""
    client, bucket = cloud.client("s3"), stack.settings.bucket_name

    def address(run: "CompletedRun") -> str:
        place = {"Bucket": bucket, "Key": run.report_key}
        return str(client.generate_presigned_url("get_object", Params=place, ExpiresIn=_WEEK_S))

    return address
