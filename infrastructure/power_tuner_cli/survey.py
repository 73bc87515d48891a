"""The command `power-tuner survey`: where tuning would save money, from what AWS has counted and logged already."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from power_tuner.report.figures import money_text
from power_tuner_cli import options
from power_tuner_cli.cloud import AwsOptions, Cloud, NoSuchStack, PatientCloud, TunerStack, find_stack, open_app
from power_tuner_cli.console import open_screen
from power_tuner_cli.errors import CliError
from power_tuner_cli.function_selection import require_tags

if TYPE_CHECKING:
    from collections.abc import Sequence

    from power_tuner.survey.surveyed import Surveyed
    from power_tuner_cli.surveying.fleet_survey import FleetSurvey

# Rows for people.
_SHOWN = 25
# Those of template.yaml, for where the tuner is not deployed yet.
_USUAL_MEMORIES_MB = (128, 256, 512, 1024, 1536, 3008)


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
    logs: Annotated[
        int, typer.Option(min=0, help="Read the logs of so many functions at most, those with nearly all of the money.")
    ] = 1000,
    enroll_top: Annotated[
        int, typer.Option(min=0, help="Enroll so many functions that are worth a run, those with most to save first.")
    ] = 0,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only list what would be enrolled.")] = False,
    as_json: options.Json = False,
    as_csv: options.Csv = False,
    aws_options: AwsOptions,
) -> None:
    """Show what each function of the account and region costs, and what tuning it would save; invokes none of them."""
    from power_tuner_cli.cloud import open_cloud
    from power_tuner_cli.surveying.enrolling import enroll_top as enroll
    from power_tuner_cli.surveying.enrolling import enrolled_arns
    from power_tuner_cli.surveying.functions import functions_of
    from power_tuner_cli.surveying.table import COLUMNS, listing_of, row_of

    if as_json and as_csv:
        raise CliError("Give --json or --csv, not both: only one fits on stdout.")
    if dry_run and not enroll_top:
        raise CliError("--dry-run is for --enroll-top: a survey alone changes nothing.")
    require_tags(tags or ())
    screen = open_screen(as_json=as_json, document=as_csv)
    cloud = PatientCloud(open_cloud(aws_options))
    stack = _stack(cloud, aws_options.stack_name, enrolls=enroll_top > 0)
    functions = functions_of(cloud, stack, tags or ())
    fleet = _survey(cloud, stack, days, logs).of(functions, datetime.now(UTC), screen.print_message)
    known = enrolled_arns(cloud, stack)
    rows = [row_of(each, known) for each in fleet]
    if as_csv:
        screen.print_csv(COLUMNS, rows)
    assumption = _assumption(days)
    enrolling = enroll(cloud, stack, fleet, known, enroll_top, dry_run=dry_run)
    arns = enrolling.arns
    screen.print_json({"assumption": assumption, "functions": rows, "enrolled": arns, "dryRun": dry_run})
    if not fleet:
        screen.print_message(f"No function in {cloud.region} to survey: check --tag, --region and --profile.")
        return
    screen.output.print(listing_of(fleet[:_SHOWN], known), soft_wrap=True)
    if len(fleet) > _SHOWN:
        screen.print_message(f"{len(fleet) - _SHOWN} more: --csv and --json have all, and more columns.")
    screen.print_message(f"{_totals(fleet)} {assumption}")
    for arn in arns:
        screen.print_message(f"{arn} {'would be' if dry_run else 'is'} enrolled.")
    if arns:
        screen.print_message(
            "Their runs invoke them with an empty payload, {}: enroll those that need another one with "
            "`power-tuner enroll FUNCTION --payload ...`."
        )
    if enrolling.left_out:
        screen.print_message(enrolling.left_out)
    first = next((each for each in fleet if each.worthwhile), None)
    if first and not (as_json or as_csv or enroll_top):
        screen.print_message(_next(first, stack, options.as_typed(aws_options)))


def _stack(cloud: Cloud, name: str, *, enrolls: bool) -> TunerStack | None:
    """Return the tuner's stack; None if there is none, for a survey may come before the first deployment."""
    from power_tuner_cli.surveying.enrolling import require_enrolling

    try:
        stack = find_stack(cloud, name)
    except NoSuchStack:
        if enrolls:
            raise
        return None
    if enrolls:
        require_enrolling(stack)
    return stack


def _survey(cloud: Cloud, stack: TunerStack | None, days: int, most_logs: int) -> "FleetSurvey":
    from power_tuner.aws.daily_metrics import CloudWatchDailyMetrics
    from power_tuner.aws.production_logs import CloudWatchLogs
    from power_tuner_cli.surveying.fleet_survey import FleetSurvey
    from power_tuner_cli.surveying.polite_logs import polite_logs
    from power_tuner_cli.surveying.production_reader import ProductionReader

    return FleetSurvey(
        metrics=CloudWatchDailyMetrics(cloud.client("cloudwatch")),
        read_log=ProductionReader(
            CloudWatchLogs(polite_logs(cloud)), open_app(cloud, stack).history if stack else None
        ).read,
        days=days,
        most_logs=most_logs,
        memories_mb=stack.settings.default_memories_mb if stack else _USUAL_MEMORIES_MB,
    )


def _assumption(days: int) -> str:
    from power_tuner.survey.log_survey import LOG_DAYS

    return (
        f"Costs are those of a month at the rate of the {days} days before today (CloudWatch, UTC), at the memory size "
        "of $LATEST and list prices: requests, durations and, where the log was read, inits; without free tier, "
        "Savings Plans and provisioned concurrency. What tuning saves is expected, with an interval that holds the "
        f"truth in nine of ten functions: from parts of the logs of the last {LOG_DAYS} days, and from how functions "
        "usually get faster with memory."
    )


def _next(first: "Surveyed", stack: TunerStack | None, typed: str) -> str:
    """Return what to type next, with the function from which a run is expected to save most."""
    if stack is None:
        return f"Next: `power-tuner deploy{typed}`, then `power-tuner tune {first.name}{typed}`."
    return f"Next: `power-tuner tune {first.name}{typed}`, or `power-tuner survey --enroll-top 10 --dry-run{typed}`."


def _totals(fleet: "Sequence[Surveyed]") -> str:
    currency = fleet[0].prices.currency
    known = [each.saved.estimate for each in fleet if each.saved]
    worthwhile = [each.expected for each in fleet if each.worthwhile]
    return (
        f"{len(fleet)} functions cost {money_text(sum(each.cost for each in fleet), currency)} a month. Of "
        f"{len(known)} it is known what tuning would save, together about {money_text(sum(known), currency)}; "
        f"{len(worthwhile)} are worth a run, which is expected to save {money_text(sum(worthwhile), currency)}."
    )
