"""Survey the functions that are not enrolled, every night, with what the roles of the fleet check may do anyway.

CloudWatch tells which functions ran longest, so none has to be listed. Configuration and log are read of those that
the stack may tune, and of no other: whatever IAM refuses is left out.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from msgspec import ValidationError, convert

from power_tuner.errors import InvalidInput
from power_tuner.operations.reading_production import read_production
from power_tuner.ports import FunctionForbidden, FunctionNotFound
from power_tuner.survey.log_survey import PAGES, LogSurvey
from power_tuner.survey.monthly_use import monthly_use
from power_tuner.survey.nightly import Candidate, NightlySurvey, nightly_survey_of
from power_tuner.survey.surveyed import Surveyed
from power_tuner.tuning.arn import canonical_arn, parse_function_reference
from power_tuner.tuning.invocable import Invocable
from power_tuner.tuning.production import Production

if TYPE_CHECKING:
    from power_tuner.app import App
    from power_tuner.tuning.target import FunctionSnapshot

# How many functions CloudWatch names, which is the most that it does; those that ran longest in the last two weeks.
MOST_NAMED = 500
# So many of them that are not enrolled yet are surveyed, and of so many at most the log is read.
MOST_SURVEYED = 200
MOST_LOGS = 50
_NAMED_DAYS = 14
_USE_DAYS = 30
# Of the five pages a second that CloudWatch Logs answers in an account and region, one is left to others.
_LOG_S = PAGES / 4
# Of a call's time, what is left for reading one more log, and for what the engine then has to say of all.
_LEFT_S = 120.0


def busiest_functions(app: "App", like: str) -> tuple[Candidate, ...]:
    """Return the functions of the account and region that ran longest and are not enrolled, with their use.

    Args:
        app: the app.
        like: an ARN in the app's own account and region.
    """
    now = datetime.fromtimestamp(app.now(), UTC)
    enrolled = {arn for arn, _ in app.profiles.enrolled()}
    own = Invocable(app.settings.event_bus_name)
    arns: dict[str, str] = {}
    for name in app.daily_metrics.busiest(MOST_NAMED, now - timedelta(days=_NAMED_DAYS), now):
        reference = parse_function_reference(name)
        arn = canonical_arn(reference, like=like) if reference else ""
        if arn and arn not in enrolled and not own.is_own(arn):
            arns[name] = arn
    names = [*arns][:MOST_SURVEYED]
    use = monthly_use(app.daily_metrics, names, _USE_DAYS, now)
    return tuple(Candidate(target_arn=arns[name], use=use[name]) for name in names if name in use)


def read_candidates(raw: object) -> tuple[Candidate, ...]:
    """Return the candidates that the state before has found.

    Raises:
        InvalidInput: they are none.
    """
    try:
        return convert(raw, tuple[Candidate, ...])
    except ValidationError as error:
        raise InvalidInput(field="candidates", value=raw, allowed=f"functions with their use: {error}") from None


def survey_of(app: "App", candidates: Sequence[Candidate], remaining_s: Callable[[], float]) -> NightlySurvey:
    """Return what production tells of those functions that the stack may tune.

    Args:
        app: the app.
        candidates: with their use.
        remaining_s: returns how many seconds this call may still take.
    """
    counted = []
    for candidate in candidates:
        try:
            counted.append(Surveyed(app.functions.get(candidate.target_arn), candidate.use))
        except (FunctionForbidden, FunctionNotFound):
            # Not this stack's to tune, deleted meanwhile, or of an account whose metrics this one shows.
            continue
    logs = LogSurvey(_PatientReader(app, remaining_s).read, MOST_LOGS, app.settings.default_memories_mb)
    return nightly_survey_of(logs.of(counted, app.now()))


@dataclass(frozen=True, slots=True)
class _PatientReader:
    """Reads one log after the other, and none when the time is nearly over."""

    app: "App"
    remaining_s: Callable[[], float]

    def read(self, function: "FunctionSnapshot", since_s: float, until_s: float) -> Production:
        """Return what production measured from an epoch second to another."""
        if self.remaining_s() < _LEFT_S:
            return Production(since_s=since_s, until_s=until_s, complete=False, unreadable="there was no time left")
        begun_s = self.app.now()
        found = read_production(self.app, function.arn, function.log, pages=PAGES)
        self.app.sleep(max(0.0, begun_s + _LOG_S - self.app.now()))
        return found
