"""Fleets of any size, for tests of what shows them."""

import random
from typing import Any

from power_tuner.report.fleet import Fleet, fleet_of
from power_tuner.report.fleet_page import render_fleet
from power_tuner.tuning.tuned_functions import tuned_functions
from run_items import APPLIED, completed_run

PREFIX = "arn:aws:lambda:eu-west-1:123456789012:function:"
MADE_AT = "2026-11-23T12:00:00.000Z"


def fleet(size: int, **changes: Any) -> Fleet:
    """Return a fleet of functions, each with another cost and gain, the same every time."""
    draws = random.Random(22)  # noqa: S311 - no secret
    items, invocations = [], {}
    for number in range(size):
        name = f"{('orders', 'thumbnailer', 'invoices', 'search')[number % 4]}-{number:04}"
        change = draws.uniform(-0.7, 0.25)
        run = completed_run(
            f"{name}-20261123-120000",
            target_arn=PREFIX + name,
            target_name=name,
            cost_usd=draws.lognormvariate(-13, 1),
            cost_change=change,
            duration_change=draws.uniform(-0.4, 0.4),
            confidence=draws.uniform(0.6, 0.999),
            memory_mb=draws.choice([512, 768, 1536]),
            applied=APPLIED if number % 5 == 0 else None,
            trigger="drift" if number % 10 == 0 else "deployment",
            report_key=f"reports/{name}.html",
            **changes,
        )
        items.append(run)
        invocations[name] = draws.lognormvariate(13, 2)
    return fleet_of(
        tuned_functions(items), invocations, {PREFIX + "never", *(run.target_arn for run in items[::2])}, 30
    )


def page(shown: Fleet) -> str:
    """Return a fleet's page, with the addresses that it has in the bucket."""
    return render_fleet(shown, MADE_AT, lambda run: run.report_key)
