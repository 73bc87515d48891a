"""The calls of production that are cold: their share, and what it does to cost, duration and limits."""

from typing import TYPE_CHECKING

from msgspec import Struct

from power_tuner.engine.priors import QUANTILES

if TYPE_CHECKING:
    from power_tuner.tuning.run_plan import RunPlan

# Fewer say nothing of a share. Reasoned.
MIN_OBSERVED_CALLS = 20
# What a share that is exactly that of a quantile may be off by.
_ROUNDING = 1e-9


class ColdStarts(Struct, frozen=True, kw_only=True, rename="camel"):
    """The share of cold calls that a decision is for.

    Attributes:
        share: of all calls; cost, duration and limits are those of warm and cold calls together.
        basis: where the share comes from, as a sentence.
        cold_quantiles: the quantiles of the duration that are cold calls at this share.
    """

    share: float
    basis: str
    cold_quantiles: tuple[str, ...] = ()


def cold_starts_of(plan: "RunPlan") -> ColdStarts | None:
    """Return the share of cold calls; None where cold starts are measured alone, or nothing is decided."""
    if plan.run_input.only_cold_starts or plan.run_input.dry_run:
        return None
    share, basis = _share(plan)
    quantiles = tuple(name for name, (rank, _) in QUANTILES.items() if share > 1 - rank + _ROUNDING)
    return ColdStarts(share=share, basis=basis, cold_quantiles=quantiles)


def _share(plan: "RunPlan") -> tuple[float, str]:
    given, production = plan.run_input.cold_start_share, plan.production
    if given is not None:
        return given, "It was given."
    if not plan.smart:
        return 0.0, "A sweep counts none unless coldStartShare is given."
    if production is None or production.unreadable or not production.calls:
        return 0.0, "Nothing of production could be read, so none is counted."
    calls, share = production.calls, production.cold_share or 0.0
    if calls < MIN_OBSERVED_CALLS:
        return 0.0, f"Only {calls} invocations of production could be read, so none is counted."
    return share, f"Observed: {share:.1%} of {calls:,} invocations of production were cold."
