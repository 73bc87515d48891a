"""Read what production measured of a function by itself."""

from typing import TYPE_CHECKING

from power_tuner.tuning.iso_time import epoch_s

if TYPE_CHECKING:
    from power_tuner.app import App
    from power_tuner.tuning.production import Production
    from power_tuner.tuning.target import FunctionLog

# A week holds each weekday once.
WINDOW_S = 7 * 86_400
# More runs than a week has of one function.
_LATEST_RUNS = 100


def read_production(app: "App", target_arn: str, log: "FunctionLog") -> "Production":
    """Return what the last week says of a function, without the invocations of its runs."""
    now_s = app.now()
    runs = app.history.latest(target_arn, _LATEST_RUNS, with_skipped=False)
    apart = [(epoch_s(run.started_at), epoch_s(run.finished_at)) for run in runs]
    return app.production_logs.production(log, now_s - WINDOW_S, now_s, apart=apart)
