"""The command `power-tuner survey`: what each function of the account costs, from what AWS has counted already."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from power_tuner.report.figures import money_text
from power_tuner.tuning.arn import name_of
from power_tuner_cli import options
from power_tuner_cli.cloud import AwsOptions, Cloud, NoSuchStack, PatientCloud, TunerStack, find_stack
from power_tuner_cli.console import open_screen
from power_tuner_cli.errors import CliError
from power_tuner_cli.function_selection import require_tags

if TYPE_CHECKING:
    from power_tuner_cli.surveying.surveyed import Surveyed


@options.on_aws
def survey(
    *,
    tags: Annotated[
        list[str] | None,
        typer.Option(
            "--tag", metavar="KEY=VALUE", help="Only functions with this tag; may be repeated, then all must hold."
        ),
    ] = None,
    days: Annotated[int, typer.Option(min=1, max=90, help="Count this many days before today.")] = 30,
    as_json: options.Json = False,
    as_csv: options.Csv = False,
    aws_options: AwsOptions,
) -> None:
    """Show what each function of the account and region costs a month, the dearest first; invokes none of them."""
    from power_tuner_cli.cloud import open_cloud
    from power_tuner_cli.surveying.table import COLUMNS, listing_of, row_of

    if as_json and as_csv:
        raise CliError("Give --json or --csv, not both: only one fits on stdout.")
    require_tags(tags or ())
    screen = open_screen(as_json=as_json, document=as_csv)
    cloud = PatientCloud(open_cloud(aws_options))
    stack = _stack_if_deployed(cloud, aws_options.stack_name)
    fleet = _survey(cloud, stack, tags or (), days)
    rows = [row_of(each) for each in fleet]
    if as_csv:
        screen.print_csv(COLUMNS, rows)
    assumption = (
        f"Costs are those of a month at the rate of the {days} days before today (CloudWatch, UTC), at the memory size "
        "of $LATEST and list prices: requests and durations, without inits, free tier, Savings Plans and provisioned "
        "concurrency."
    )
    screen.print_json({"assumption": assumption, "functions": rows})
    if not fleet:
        screen.print_message(f"No function in {cloud.region} to survey: check --tag, --region and --profile.")
        return
    screen.output.print(listing_of(fleet), soft_wrap=True)
    total = money_text(sum(each.cost for each in fleet), fleet[0].prices.currency)
    screen.print_message(f"{len(fleet)} functions: {total} a month. {assumption}")


def _stack_if_deployed(cloud: Cloud, name: str) -> TunerStack | None:
    """Return the tuner's stack; None if there is none, for a survey may come before the first deployment."""
    try:
        return find_stack(cloud, name)
    except NoSuchStack:
        return None


def _survey(cloud: Cloud, stack: TunerStack | None, tags: Sequence[str], days: int) -> "list[Surveyed]":
    """Return all functions, the dearest first."""
    from power_tuner.aws.daily_metrics import CloudWatchDailyMetrics
    from power_tuner_cli.surveying.functions import functions_of
    from power_tuner_cli.surveying.monthly_use import monthly_use
    from power_tuner_cli.surveying.surveyed import Surveyed

    functions = functions_of(cloud, stack, tags)
    names = [name_of(each.arn) for each in functions]
    use = monthly_use(CloudWatchDailyMetrics(cloud.client("cloudwatch")), names, days, datetime.now(UTC))
    found = [Surveyed(function, use.get(name)) for function, name in zip(functions, names, strict=True)]
    return sorted(found, key=lambda each: (-each.cost, each.name))
