"""The survey that comes with the nightly check of the fleet, as values that its states hand on."""

from collections.abc import Iterable

from msgspec import Struct, ValidationError, convert

from power_tuner.survey.monthly_use import MonthlyUse
from power_tuner.survey.surveyed import Surveyed, Verdict

_MAX_REASON_CHARS = 200
_WORTH_A_LOOK = frozenset({Verdict.SHOWN, Verdict.SHORT})


class Candidate(Struct, frozen=True, kw_only=True, rename="camel"):
    """A function that may be surveyed: CloudWatch has counted its invocations."""

    target_arn: str
    use: MonthlyUse


class WorthALook(Struct, frozen=True, kw_only=True, rename="camel"):
    """A function that is not enrolled and may be worth tuning.

    Attributes:
        memory_mb: what it has.
        cost: of a month.
        saved: what tuning would save in a month, and the interval of that; None if no curve says it.
        stands: how its memory size stands, in a word of the survey.
        run_cost: of a run with ten invocations of each candidate.
    """

    target_arn: str
    memory_mb: int
    cost: float
    saved: tuple[float, float, float] | None
    stands: str
    run_cost: float | None
    currency: str


class NightlySurvey(Struct, frozen=True, kw_only=True, rename="camel"):
    """What a nightly survey found.

    Attributes:
        functions: those that may be worth tuning, the most money first.
        looked_at: how many functions were surveyed.
        known: of how many of them production tells something.
        failed: why there is no survey of this night; empty if there is one.
    """

    functions: tuple[WorthALook, ...] = ()
    looked_at: int = 0
    known: int = 0
    failed: str = ""


def read_nightly_survey(raw: object) -> NightlySurvey | None:
    """Return what the states before have found, None if they were not asked; what cannot be read is a failed survey."""
    try:
        return convert(raw, NightlySurvey | None)
    except ValidationError as error:
        return NightlySurvey(failed=f"what was found cannot be read ({str(error)[:_MAX_REASON_CHARS]})")


def nightly_survey_of(surveyed: Iterable[Surveyed]) -> NightlySurvey:
    """Return what is handed on of a survey.

    Args:
        surveyed: the functions, the most money first.
    """
    found = list(surveyed)
    return NightlySurvey(
        functions=tuple(_worth_a_look(each) for each in found if each.worthwhile or each.verdict in _WORTH_A_LOOK),
        looked_at=len(found),
        known=sum(each.expectation is not None for each in found),
    )


def _worth_a_look(surveyed: Surveyed) -> WorthALook:
    saved = surveyed.saved
    return WorthALook(
        target_arn=surveyed.function.arn,
        memory_mb=surveyed.function.memory_mb,
        cost=surveyed.cost,
        saved=(saved.estimate, saved.low, saved.high) if saved else None,
        stands=str(surveyed.verdict),
        run_cost=surveyed.run_cost,
        currency=surveyed.prices.currency,
    )
