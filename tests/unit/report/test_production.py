"""What report and terminal say of production."""

from msgspec.structs import replace

from power_tuner.report.production import cold_start_facts, real_bill_facts
from power_tuner.report.safety import safety_facts
from power_tuner.tuning.cold_starts import ColdStarts
from power_tuner.tuning.floor import Floor, NotOffered
from power_tuner.tuning.real_bill import RealBill, WayOut
from results import branch, classic_result

FLOOR = Floor(
    memory_headroom=0.15,
    peak_memory_mb=480,
    most_duration_ms=24_000,
    basis="It rests on all 900 invocations.",
    not_offered=(NotOffered(memory_mb=256, reason="a"), NotOffered(memory_mb=512, reason="b")),
    broken="production used up to 480 MB",
)
BILL = RealBill(
    invocations=900,
    days=7.0,
    call_usd=2e-6,
    calls_at_once=0.0123,
    month_usd=4.0,
    month_after_usd=3.0,
    ways_out=(WayOut(name="SnapStart", costs_usd=4.0, spares_usd=0.5),),
)


def test_the_floor_is_told() -> None:
    """Headroom, peak, what is not offered and why, and what it rests on."""
    facts = dict(safety_facts(replace(classic_result(), floor=FLOOR)))

    assert facts["Memory that stays free"] == "15 % of the memory size; production used up to 480 MB"
    assert facts["Longest call"] == "stays under 24,000 ms"
    assert facts["Not offered"] == "256, 512 MB: b"
    assert facts["Not safe"] == "production used up to 480 MB; nothing applies it by itself"
    assert facts["Basis"] == "It rests on all 900 invocations."
    assert [] == list(safety_facts(classic_result()))


def test_many_sizes_are_counted() -> None:
    """Nobody reads a hundred numbers."""
    many = tuple(NotOffered(memory_mb=each, reason="c") for each in range(128, 1728, 64))
    facts = dict(safety_facts(replace(classic_result(), floor=replace(FLOOR, not_offered=many))))

    assert facts["Not offered"] == "25 candidates up to 1664 MB: c"


def test_cold_calls_are_told() -> None:
    """Their share, which quantiles they are, and what they take."""
    cold = replace(branch(256), cold_duration_ms=812.0)
    starts = ColdStarts(share=0.06, basis="Observed.", cold_quantiles=("p95", "p99"))
    facts = dict(cold_start_facts(replace(classic_result([cold], chosen=256), cold_starts=starts)))

    assert facts["Cold calls"] == (
        "6.0 % of the calls, in cost, duration and limit; the p95 and p99 are cold calls. Observed."
    )
    assert facts["A cold call takes"] == "256 MB 812 ms"


def test_no_cold_calls_are_told_too() -> None:
    """With the reason; and nothing where cold starts were measured alone."""
    none = replace(classic_result(), cold_starts=ColdStarts(share=0.0, basis="Nothing could be read."))

    assert {"Cold calls": "do not count. Nothing could be read."} == dict(cold_start_facts(none))
    assert [] == list(cold_start_facts(classic_result()))


def test_the_bill_and_what_else_can_be_done_are_told() -> None:
    """A month now and with the decision, and a sentence on SnapStart with its figures."""
    facts = dict(real_bill_facts(replace(classic_result(), real_bill=BILL)))

    assert facts["A million invocations in production"] == "$2.00 now, by 900 invocations of 7 days at 3008 MB"
    assert facts["A month"] == "$4.00 now, $3.00 with 1536 MB, at this rate; 0.012 run at once on average"
    assert facts["SnapStart"] == (
        "would cost $4.00 a month and spare $0.500 at most: it does not pay off, but for callers who must not wait"
    )


def test_where_a_part_was_read_no_month_is_told() -> None:
    """The price of a call is, and its basis."""
    part = replace(classic_result(), real_bill=RealBill(invocations=900, days=7.0, call_usd=2e-6))

    assert ["A million invocations in production"] == [name for name, _ in real_bill_facts(part)]
    assert [] == list(real_bill_facts(classic_result()))
