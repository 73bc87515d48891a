"""Read what production measured of a function by itself, and what calls it."""

from typing import TYPE_CHECKING

from power_tuner.ports import MOST_PAGES
from power_tuner.tuning.iso_time import epoch_s
from power_tuner.tuning.safe_sizes import API_TIMEOUT_S

if TYPE_CHECKING:
    from power_tuner.app import App
    from power_tuner.tuning.production import Production
    from power_tuner.tuning.run_input import RunInput
    from power_tuner.tuning.target import FunctionLog

# A week holds each weekday once.
WINDOW_S = 7 * 86_400
# More runs than a week has of one function.
_LATEST_RUNS = 100
_API = "apigateway.amazonaws.com"


def read_production(app: "App", target_arn: str, log: "FunctionLog", *, pages: int = MOST_PAGES) -> "Production":
    """Return what the last week says of a function, without the invocations of its runs.

    Args:
        app: the app.
        target_arn: unqualified.
        log: where it logs.
        pages: how many of its log may be read.
    """
    now_s = app.now()
    runs = app.history.latest(target_arn, _LATEST_RUNS, with_skipped=False)
    apart = [(epoch_s(run.started_at), epoch_s(run.finished_at)) for run in runs]
    return app.production_logs.production(log, now_s - WINDOW_S, now_s, apart=apart, pages=pages)


def is_behind_api(app: "App", target_arn: str, run_input: "RunInput", timeout_s: int) -> bool:
    """Return whether an API may call a function that can take longer than APIs wait; others are not asked about."""
    if run_input.caller_timeout_s is not None or timeout_s <= API_TIMEOUT_S:
        return False
    return _API in app.resource_policies.services(target_arn, run_input.target.qualifier)
