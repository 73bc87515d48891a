"""The command `power-tuner savings`: what tuning saves, or would save, per month."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer

from power_tuner.report.figures import chance_text, change_text, memory_text, money_text
from power_tuner.report.savings import WINDOW_DAYS, Realised, Saving, realised_of, windows_around
from power_tuner_cli import options
from power_tuner_cli.cloud import AwsOptions, Cloud, TunerStack, open_app
from power_tuner_cli.console import open_screen
from power_tuner_cli.errors import CliError
from power_tuner_cli.listing import Listing

if TYPE_CHECKING:
    from power_tuner.app import App
    from power_tuner.report.fleet import Fleet
    from power_tuner.tuning.applied import Applied
    from power_tuner.tuning.run_item import CompletedRun
    from power_tuner.tuning.tuned_functions import TunedFunction

COLUMNS = (
    *("targetName", "targetArn", "runId", "currentPower", "power", "costChange", "durationChange", "confidence"),
    *("invocationsPerMonth", "savedPerMonth", "realisedPerMonth", "realisedDurationChange"),
    *("tuningCost", "currency", "applied", "notSafe"),
)


class Table(StrEnum):
    """How a table is printed to stdout, alone, for another program."""

    CSV = "csv"
    JSON = "json"


@options.on_aws
def savings(
    *,
    days: Annotated[int, typer.Option(min=1, max=90, help="Count the invocations of this many days.")] = 30,
    form: Annotated[
        Table | None,
        typer.Option(
            "--format", help="Print the table to stdout for another program: CSV, JSON.", rich_help_panel="Output"
        ),
    ] = None,
    as_json: options.Json = False,
    as_csv: options.Csv = False,
    aws_options: AwsOptions,
) -> None:
    """Show what each function's latest decision saves per month, or would save if it were applied.

    Of what was applied, also what the bill's own drivers (invocations, duration, memory) say that it saved.
    """
    from power_tuner.operations.tuned_fleet import tuned_fleet
    from power_tuner_cli.cloud import open_stack

    asked = {*([form] if form else []), *([Table.JSON] if as_json else []), *([Table.CSV] if as_csv else [])}
    if len(asked) > 1:
        raise CliError("Give --json or --csv, not both: only one fits on stdout.")
    screen = open_screen(as_json=Table.JSON in asked, document=Table.CSV in asked)
    cloud, stack = open_stack(aws_options)
    app = open_app(cloud, stack)
    fleet = tuned_fleet(app, days)
    realised = _realised(app, cloud, stack, fleet)
    rows = [
        _row(each.tuned, each.saving, realised.get(each.tuned.latest.target_arn))
        for each in fleet.functions
        if each.saving
    ]
    rows.sort(key=lambda row: -row["savedPerMonth"])
    assumption = (
        f"Assumes that each function is invoked as often as in the last {days} days (CloudWatch), and that its "
        "invocations cost what production's REPORT lines say, or without those what the measured ones did, at list "
        "prices. A negative saving pays for speed. Realised: "
        f"mean durations of up to {WINDOW_DAYS} days before and after, at the two memory sizes and list prices."
    )
    if Table.CSV in asked:
        screen.print_csv(COLUMNS, rows)
    screen.print_json({"assumption": assumption, "functions": rows, "totals": totals(rows)})
    if rows:
        screen.output.print(_listing(rows), soft_wrap=True)
        for total in totals(rows):
            screen.output.print(_total_text(total), soft_wrap=True)
    else:
        screen.print_message("No run has compared its decision with the function's memory yet.")
    screen.print_message(assumption)
    for reason in fleet.damaged:
        screen.print_message(f"Left out: {reason}")
    if not asked and (open_ := [row for row in rows if _is_open(row) and row["savedPerMonth"] > 0]):
        typed = options.as_typed(aws_options)
        screen.print_message(
            f"Next: `power-tuner apply {open_[0]['runId']} --dry-run{typed}`, or `power-tuner fleet --open{typed}`."
        )


def totals(rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return what is saved per month and what could be, for each currency; what costs more counts against it."""
    found = []
    for currency in sorted({row["currency"] for row in rows}):
        those = [row for row in rows if row["currency"] == currency]
        known = [row["realisedPerMonth"] for row in those if row["realisedPerMonth"] is not None]
        found.append(
            {
                "currency": currency,
                "appliedPerMonth": sum((row["savedPerMonth"] for row in those if row["applied"]), 0.0),
                "openPerMonth": sum((row["savedPerMonth"] for row in those if _is_open(row)), 0.0),
                "realisedPerMonth": sum(known) if known else None,
                "realisedFunctions": len(known),
                "tuningCost": sum((row["tuningCost"] for row in those), 0.0),
            }
        )
    return found


def _is_open(row: Mapping[str, Any]) -> bool:
    return not row["applied"] and not row["notSafe"]


def _total_text(total: Mapping[str, Any]) -> str:
    def money(name: str) -> str:
        return money_text(total[name], total["currency"])

    realised = ""
    if total["realisedFunctions"]:
        realised = f" Realised by {total['realisedFunctions']} of them, as billed: {money('realisedPerMonth')}."
    return (
        f"Saved each month: {money('appliedPerMonth')}.{realised} Not applied yet: {money('openPerMonth')}. "
        f"Tuning cost {money('tuningCost')} in all."
    )


@dataclass(frozen=True, slots=True)
class _InForce:
    """A decision in force, and when it was applied."""

    run: "CompletedRun"
    applied: "Applied"
    applied_at: str


def _realised(app: "App", cloud: Cloud, stack: TunerStack, fleet: "Fleet") -> dict[str, Realised]:
    """Return what each decision that is in force has saved, by the function's ARN."""
    from power_tuner.tuning.pricing import prices_for
    from power_tuner.tuning.result_document import read_result
    from power_tuner_cli.run_results import read_object

    if not (in_force := _in_force(fleet)):
        return {}
    now = datetime.fromtimestamp(app.now(), UTC)
    since = min(datetime.fromisoformat(each.applied_at) for each in in_force) - timedelta(days=WINDOW_DAYS)
    names = [each.run.target_name for each in in_force]
    counted = {metric: app.daily_metrics.sums(metric, names, since, now) for metric in ("Invocations", "Duration")}
    found = {}
    for each in in_force:
        calls, durations = (counted[metric].get(each.run.target_name, {}) for metric in ("Invocations", "Duration"))
        sums = {day: (calls[day], durations.get(day, 0.0)) for day in calls}
        before, after = windows_around(each.applied_at[:10], f"{now:%Y-%m-%d}", sums)
        if not (before.invocations and after.invocations):
            continue
        target = read_result(read_object(cloud, stack, each.run.result_key)).target
        prices = prices_for(target.region, target.architecture)
        saved = realised_of(each.applied.from_memory_mb, each.applied.to_memory_mb, before, after, prices)
        if saved is not None:
            found[each.run.target_arn] = saved
    return found


def _in_force(fleet: "Fleet") -> "list[_InForce]":
    """Return the decisions in force whose time is known; a parameter's value is in force after the next deployment."""
    from power_tuner.tuning.applied import AppliedToParameter

    return [
        _InForce(run, run.applied, run.applied_at)
        for run in (each.tuned.latest for each in fleet.functions)
        if run.in_force and run.applied and run.applied_at and not isinstance(run.applied, AppliedToParameter)
    ]


def _row(tuned: "TunedFunction", saving: Saving, realised: Realised | None) -> dict[str, Any]:
    run = tuned.latest
    return {
        "targetName": run.target_name,
        "targetArn": run.target_arn,
        "runId": run.run_id,
        "currentPower": run.current_memory_mb,
        "power": run.memory_mb,
        "costChange": run.cost_change,
        "durationChange": run.duration_change,
        "confidence": run.confidence,
        "invocationsPerMonth": round(saving.invocations),
        "savedPerMonth": saving.saved,
        "realisedPerMonth": realised.saved_per_month if realised else None,
        "realisedDurationChange": realised.duration_change if realised else None,
        "tuningCost": tuned.spent,
        "currency": run.currency,
        "applied": run.in_force,
        "notSafe": run.unsafe,
    }


def _listing(rows: list[dict[str, Any]]) -> Listing:
    figures = ("had", "decided", "cost", "time", "sure", "calls/month", "saved/month", "realised")
    listed = [
        [
            row["targetName"],
            memory_text(float(row["currentPower"])),
            memory_text(float(row["power"])),
            change_text(float(row["costChange"])),
            "" if row["durationChange"] is None else change_text(float(row["durationChange"])),
            "" if row["confidence"] is None else chance_text(float(row["confidence"])),
            f"{row['invocationsPerMonth']:,}",
            money_text(row["savedPerMonth"], row["currency"]),
            "" if row["realisedPerMonth"] is None else money_text(row["realisedPerMonth"], row["currency"]),
            "yes" if row["applied"] else "not safe" if row["notSafe"] else "no",
        ]
        for row in rows
    ]
    return Listing(["function", *figures, "applied"], listed, frozenset(figures))
