"""What production says of cost and cold starts, as text: for the report page and the terminal alike."""

from collections.abc import Iterable

from msgspec import UNSET

from power_tuner.report.figures import duration_text, money_text, per_million
from power_tuner.tuning.real_bill import WayOut
from power_tuner.tuning.result import MeasuredBranch, Result

_NAMES = {"provisioned concurrency": "Provisioned concurrency of 1", "SnapStart": "SnapStart"}


def cold_start_facts(result: Result) -> Iterable[tuple[str, str]]:
    """Yield what cold calls count for: pairs of a name and a text; nothing where they were measured alone."""
    found = result.cold_starts
    if not found:
        return
    if not found.share:
        yield "Cold calls", f"do not count. {found.basis}"
        return
    quantiles = " and ".join(found.cold_quantiles)
    verb = "are cold calls" if len(found.cold_quantiles) > 1 else "is a cold call"
    slow = f"; the {quantiles} {verb}" if quantiles else ""
    yield "Cold calls", f"{found.share * 100:.1f} % of the calls, in cost, duration and limit{slow}. {found.basis}"
    took = [
        f"{branch.memory_mb} MB {duration_text(branch.cold_duration_ms)}"
        for branch in sorted(result.branches, key=lambda each: each.memory_mb)
        if isinstance(branch, MeasuredBranch) and branch.cold_duration_ms is not UNSET
    ]
    if took:
        yield "A cold call takes", ", ".join(took)


def real_bill_facts(result: Result) -> Iterable[tuple[str, str]]:
    """Yield what production pays, and what else can be done about cold starts; nothing if that is not known."""
    bill, currency = result.real_bill, result.spent.currency
    if not bill:
        return
    million = money_text(per_million(bill.call_usd), currency)
    read = f"by {bill.invocations:,} invocations of {bill.days:.0f} days at {result.target.memory_mb} MB"
    yield "A million invocations in production", f"{million} now, {read}"
    if bill.month_usd is None:
        return
    after = ""
    if bill.month_after_usd is not None and result.decision and result.decision.memory_mb != result.target.memory_mb:
        after = f", {money_text(bill.month_after_usd, currency)} with {result.decision.memory_mb} MB"
    at_once = f"at this rate; {bill.calls_at_once:.2g} run at once on average"
    yield "A month", f"{money_text(bill.month_usd, currency)} now{after}, {at_once}"
    for way_out in bill.ways_out:
        yield _NAMES[way_out.name], _way_out_text(way_out, currency)


def _way_out_text(way_out: WayOut, currency: str) -> str:
    costs, spares = (money_text(each, currency) for each in (way_out.costs_usd, way_out.spares_usd))
    verdict = "may pay off" if way_out.pays_off else "does not pay off, but for callers who must not wait"
    return f"would cost {costs} a month and spare {spares} at most: it {verdict}"
