"""The command `power-tuner savings`: what tuning saves, or would save, per month."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

import typer

from power_tuner.report.figures import change_text, memory_text, money_text
from power_tuner.report.savings import saving_of
from power_tuner.tuning.run_item import CompletedRun
from power_tuner_cli import options
from power_tuner_cli.cloud import AwsOptions, Cloud, open_app
from power_tuner_cli.console import open_screen
from power_tuner_cli.errors import CliError
from power_tuner_cli.listing import Listing

COLUMNS = (
    "targetName",
    "targetArn",
    "runId",
    "currentPower",
    "power",
    "costChange",
    "durationChange",
    "invocationsPerMonth",
    "savedPerMonth",
)
COLUMNS_MONEY = ("currency", "applied")
_MAX_RUNS = 1000


@options.on_aws
def savings(
    *,
    days: Annotated[int, typer.Option(min=1, max=90, help="Count the invocations of this many days.")] = 30,
    as_json: options.Json = False,
    as_csv: options.Csv = False,
    aws_options: AwsOptions,
) -> None:
    """Show what each function's latest decision saves per month, or would save if it were applied."""
    from power_tuner_cli.cloud import open_stack

    if as_json and as_csv:
        raise CliError("Give --json or --csv, not both.")
    screen = open_screen(as_json=as_json or as_csv)
    cloud, stack = open_stack(aws_options)
    latest: dict[str, CompletedRun] = {}
    for run in open_app(cloud, stack).history.of_status("completed", _MAX_RUNS):
        if isinstance(run, CompletedRun):
            latest.setdefault(run.target_arn, run)
    rows = [row for row in (_row(cloud, run, days) for run in latest.values()) if row]
    rows.sort(key=lambda row: -row["savedPerMonth"])
    assumption = (
        f"Assumes that each function is invoked as often as in the last {days} days (CloudWatch), and that its "
        "invocations cost what the measured ones did, at list prices. A negative saving pays for speed."
    )
    if as_csv:
        screen.print_csv((*COLUMNS, *COLUMNS_MONEY), rows)
    elif as_json:
        screen.print_json({"assumption": assumption, "functions": rows, "totals": totals(rows)})
    if rows:
        screen.output.print(_listing(rows), soft_wrap=True)
        for total in totals(rows):
            currency = total["currency"]
            applied, left = (money_text(total[name], currency) for name in ("appliedPerMonth", "openPerMonth"))
            screen.output.print(f"Saved each month: {applied}. Not applied yet: {left}.", soft_wrap=True)
    else:
        screen.print_message("No run has compared its decision with the function's memory yet.")
    screen.print_message(assumption)


def totals(rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return what is saved per month and what could be, for each currency; what costs more counts against it."""
    found = []
    for currency in sorted({row["currency"] for row in rows}):
        saved = {True: 0.0, False: 0.0}
        for row in rows:
            if row["currency"] == currency:
                saved[bool(row["applied"])] += row["savedPerMonth"]
        found.append({"currency": currency, "appliedPerMonth": saved[True], "openPerMonth": saved[False]})
    return found


def _row(cloud: Cloud, run: CompletedRun, days: int) -> dict[str, Any] | None:
    if run.cost_change is None:
        return None
    saving = saving_of(run, _invocations(cloud, run.target_name, days), days)
    if saving is None:
        return None
    return {
        "targetName": run.target_name,
        "targetArn": run.target_arn,
        "runId": run.run_id,
        "currentPower": run.current_memory_mb,
        "power": run.memory_mb,
        "costChange": run.cost_change,
        "durationChange": run.duration_change,
        "invocationsPerMonth": round(saving.invocations),
        "savedPerMonth": saving.saved,
        "currency": run.currency,
        "applied": run.in_force,
    }


def _invocations(cloud: Cloud, name: str, days: int) -> float:
    """Return how often a function was invoked in the last days."""
    now = datetime.now(UTC)
    answer = cloud.client("cloudwatch").get_metric_statistics(
        Namespace="AWS/Lambda",
        MetricName="Invocations",
        Dimensions=[{"Name": "FunctionName", "Value": name}],
        StartTime=now - timedelta(days=days),
        EndTime=now,
        Period=86_400,
        Statistics=["Sum"],
    )
    return float(sum(point["Sum"] for point in answer["Datapoints"]))


def _listing(rows: list[dict[str, Any]]) -> Listing:
    figures = ("had", "decided", "cost", "time", "invocations/month", "saved/month")
    listed = [
        [
            row["targetName"],
            memory_text(float(row["currentPower"])),
            memory_text(float(row["power"])),
            change_text(float(row["costChange"])),
            "" if row["durationChange"] is None else change_text(float(row["durationChange"])),
            f"{row['invocationsPerMonth']:,}",
            money_text(row["savedPerMonth"], row["currency"]),
            "yes" if row["applied"] else "no",
        ]
        for row in rows
    ]
    return Listing(["function", *figures, "applied"], listed, frozenset(figures))
