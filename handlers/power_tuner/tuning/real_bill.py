"""What production really pays for a function, and what that says of provisioned concurrency and SnapStart."""

from typing import TYPE_CHECKING

from msgspec import Struct

from power_tuner.tuning.cold_starts import MIN_OBSERVED_CALLS
from power_tuner.tuning.pricing import MS_PER_S, Prices
from power_tuner.tuning.snap_start import can_snap_start, month_of_snap_start_usd

if TYPE_CHECKING:
    from power_tuner.tuning.production import Production, SizeInProduction
    from power_tuner.tuning.result import Comparison
    from power_tuner.tuning.run_plan import RunPlan
    from power_tuner.tuning.target import Target

DAYS_PER_MONTH = 30.4375
_MONTH_S = DAYS_PER_MONTH * 86_400
_MB_PER_GB = 1024


class WayOut(Struct, frozen=True, kw_only=True, rename="camel"):
    """What else can be done about cold starts, in a month at the observed traffic.

    Attributes:
        name: ``provisioned concurrency`` (of one sandbox) or ``SnapStart``.
        costs_usd: what it costs.
        spares_usd: what it spares at most.
    """

    name: str
    costs_usd: float
    spares_usd: float

    @property
    def pays_off(self) -> bool:
        """Return whether it may spare more than it costs."""
        return self.spares_usd > self.costs_usd


class RealBill(Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """The bill of production at the memory size that the function has, of all its payloads and cold starts.

    Attributes:
        invocations: that were read at this memory size.
        days: of which window.
        call_usd: what an invocation costs on average, with its request and restores.
        calls_at_once: how many run at the same time on average; None, as what follows, unless all of it was read.
        month_usd: what a month costs at this rate.
        month_after_usd: with the decision; None if the memory size was not measured.
        ways_out: what else can be done about cold starts.
    """

    invocations: int
    days: float
    call_usd: float
    calls_at_once: float | None = None
    month_usd: float | None = None
    month_after_usd: float | None = None
    ways_out: tuple[WayOut, ...] = ()


def real_bill_of(plan: "RunPlan", comparison: "Comparison | None") -> RealBill | None:
    """Return what production pays; None if too little of it was read to tell.

    Args:
        plan: the run's plan.
        comparison: how the decision changes the cost.
    """
    production = plan.production
    size = production.at(plan.target.memory_mb) if production else None
    if production is None or size is None or size.calls < MIN_OBSERVED_CALLS:
        return None
    bill = size.bill(plan.prices, snapshots_billed=plan.target.snapshots_billed)
    known = RealBill(invocations=size.calls, days=production.days, call_usd=bill / size.calls)
    if not production.complete:
        return known
    month_usd = bill * DAYS_PER_MONTH / production.days
    return RealBill(
        invocations=size.calls,
        days=production.days,
        call_usd=known.call_usd,
        calls_at_once=_at_once(size, production),
        month_usd=month_usd,
        month_after_usd=month_usd * (1 + comparison.cost_change) if comparison else None,
        ways_out=_ways_out(plan.target, plan.prices, size, production),
    )


def _at_once(size: "SizeInProduction", production: "Production") -> float:
    return size.billed_ms / (production.days * 86_400 * MS_PER_S)


def _ways_out(
    target: "Target", prices: Prices, size: "SizeInProduction", production: "Production"
) -> tuple[WayOut, ...]:
    months = production.days / DAYS_PER_MONTH
    gb_month_usd = size.memory_mb / _MB_PER_GB * _MONTH_S * prices.gb_second
    starts_usd = size.cold_calls * (size.init_ms or 0.0) * prices.per_ms(size.memory_mb) / months
    cheaper_usd = gb_month_usd * (1 - prices.provisioned_used_share) * min(1.0, _at_once(size, production))
    found = [
        WayOut(
            name="provisioned concurrency",
            costs_usd=gb_month_usd * prices.provisioned_kept_share,
            spares_usd=cheaper_usd + starts_usd,
        )
    ]
    if can_snap_start(target.runtime) and not size.restores:
        costs_usd = month_of_snap_start_usd(target.runtime, prices, size.memory_mb, size.cold_calls / months)
        found.append(WayOut(name="SnapStart", costs_usd=costs_usd, spares_usd=starts_usd))
    return tuple(found)
