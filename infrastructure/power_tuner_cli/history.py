"""The command `power-tuner history`: what was found out about a function, newest first."""

from collections.abc import Mapping
from functools import partial
from typing import Annotated, Any

import typer
from rich.box import SIMPLE_HEAD
from rich.markup import escape
from rich.table import Table

from power_tuner.domain.report_figures import (
    change_text,
    duration_text,
    memory_text,
    money_text,
    per_million,
)
from power_tuner_cli import options
from power_tuner_cli.cloud import Place
from power_tuner_cli.console import open_screen

_TO_THE_MINUTE = len("2026-11-23T12:00")


def history(
    function: Annotated[str, typer.Argument(help="The function's name or ARN.")],
    *,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="How many runs at most.")] = 20,
    as_json: options.Json = False,
    region: options.Region = None,
    profile: options.Profile = None,
    stack_name: options.StackName = options.STACK_NAME,
    endpoint_url: options.EndpointUrl = None,
    local: options.Local = False,
    state_dir: options.StateDir = None,
) -> None:
    """List the runs of a function, newest first."""
    from power_tuner_cli.local_clouds import open_place
    from power_tuner_cli.run_results import function_arn, list_items

    screen = open_screen(as_json=as_json)
    place = Place(stack_name, region, profile, endpoint_url, local, str(state_dir) if state_dir else None)
    cloud, stack = open_place(place)
    items = list_items(cloud, stack, function_arn(function, stack), limit)
    screen.document(items)
    if items:
        screen.people.print(history_table(function, items))
    else:
        screen.say(f"No run of {function!r} is recorded in the stack {stack.name!r}.")


def history_table(function: str, items: list[Mapping[str, Any]]) -> Table:
    """Build the table of a function's runs."""
    title = escape(function)
    table = Table(title=title, title_justify="left", title_style="bold", box=SIMPLE_HEAD, padding=(0, 1, 0, 0))
    for heading in ("started", "status"):
        table.add_column(heading, no_wrap=True)
    for heading in ("power", "mean", "per million", "duration", "cost"):
        table.add_column(heading, no_wrap=True, justify="right")
    table.add_column("run", overflow="fold")
    for item in items:
        table.add_row(
            str(item.get("startedAt", ""))[:_TO_THE_MINUTE].replace("T", " "),
            escape(str(item.get("error") or item.get("status", ""))),
            _text(item, "power", memory_text),
            _text(item, "durationMs", duration_text),
            _text(item, "costUsd", partial(_per_million_text, currency=str(item.get("currency", "USD")))),
            _text(item, "durationChange", change_text),
            _text(item, "costChange", change_text),
            escape(str(item.get("runId", ""))),
        )
    return table


def _per_million_text(cost: float, currency: str) -> str:
    return money_text(per_million(cost), currency)


def _text(item: Mapping[str, Any], name: str, write: Any) -> str:
    value = item.get(name)
    return "" if value is None else str(write(float(value)))
