"""What is told of all functions together: each with its money per month, and the sums."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from power_tuner.report.savings import Saving, saving_of
from power_tuner.tuning.tuned_functions import TunedFunction


@dataclass(frozen=True, slots=True)
class FleetFunction:
    """One function of the fleet.

    Attributes:
        saving: what its latest decision saves in a month, or would save; None if that is not known.
        enrolled: whether the drift check visits it.
    """

    tuned: TunedFunction
    saving: Saving | None
    enrolled: bool

    @property
    def applied(self) -> bool:
        """Return whether the latest decision is applied."""
        return self.tuned.latest.in_force

    @property
    def open_saving(self) -> float:
        """Return what could be saved in a month by applying the decision; 0 if it is applied, not safe or not known."""
        return 0.0 if self.saving is None or self.applied or self.tuned.latest.unsafe else self.saving.saved


@dataclass(frozen=True, slots=True)
class Totals:
    """Sums of one currency, in a month but for what tuning cost.

    Attributes:
        cost_now: of the invocations of the functions whose saving is known, at their present memory sizes.
        applied: what the decisions that are applied save; what pays for speed counts against it.
        open: what the others would save.
        tuning_cost: of all runs that history keeps and that completed.
    """

    currency: str
    functions: int
    cost_now: float
    applied: float
    open: float
    tuning_cost: float


@dataclass(frozen=True, slots=True)
class Fleet:
    """All functions that were tuned.

    Attributes:
        functions: those first whose decision would save the most.
        never_tuned: the enrolled functions without a run that completed.
        days: the invocations of how many days were counted.
        damaged: which runs are left out because their items cannot be read.
    """

    functions: tuple[FleetFunction, ...]
    never_tuned: tuple[str, ...]
    days: int
    damaged: tuple[str, ...] = ()

    @property
    def totals(self) -> tuple[Totals, ...]:
        """Return the sums, for each currency."""
        currencies = sorted({each.tuned.latest.currency for each in self.functions})
        return tuple(self._totals(currency) for currency in currencies)

    @property
    def main_totals(self) -> Totals | None:
        """Return the sums of the currency that most functions are billed in, None without functions."""
        return max(self.totals, key=lambda each: each.functions, default=None)

    def _totals(self, currency: str) -> Totals:
        those = [each for each in self.functions if each.tuned.latest.currency == currency]
        known = [(each.saving, each.applied) for each in those if each.saving is not None]
        return Totals(
            currency=currency,
            functions=len(those),
            cost_now=sum(saving.cost_after if applied else saving.cost_before for saving, applied in known),
            applied=sum(saving.saved for saving, applied in known if applied),
            open=sum(each.open_saving for each in those),
            tuning_cost=sum(each.tuned.spent for each in those),
        )


def fleet_of(
    tuned: Mapping[str, TunedFunction], invocations: Mapping[str, float], enrolled: Collection[str], days: int
) -> Fleet:
    """Return the fleet.

    Args:
        tuned: the functions that were tuned, by ARN.
        invocations: how often each was invoked in these days, by name; a name that is missing was not invoked.
        enrolled: the ARNs of the enrolled functions.
        days: how many days were counted.
    """
    functions = [
        FleetFunction(
            each, saving_of(each.latest, invocations.get(each.latest.target_name, 0.0), days), arn in enrolled
        )
        for arn, each in tuned.items()
    ]
    return Fleet(tuple(sorted(functions, key=_most_first)), tuple(sorted(set(enrolled) - tuned.keys())), days)


def _most_first(function: FleetFunction) -> tuple[float, str]:
    return -function.open_saving, function.tuned.latest.target_arn


def names_of(tuned: Iterable[TunedFunction]) -> list[str]:
    """Return the names of functions, whose invocations CloudWatch counts."""
    return [each.latest.target_name for each in tuned]
