"""What production measured of a function."""

import pytest

from power_tuner.tuning.pricing import Prices
from power_tuner.tuning.production import Production, summed_up
from power_tuner.tuning.report_line import Report

PRICES = Prices(gb_second=0.00002, request=0.0000002, transition=0.0, currency="USD", snapshot_restored_gb=0.0001)


def test_the_bill_is_that_of_all_calls() -> None:
    """Billed milliseconds at their memory size, a request each, and restores where they are billed."""
    restored = Report(10.0, 60, restore_ms=50.0, memory_mb=2048)
    (size,) = summed_up([restored, Report(40.0, 40, memory_mb=2048)])

    assert size.bill(PRICES) == pytest.approx(100 * 2 * 0.00002 / 1000 + 2 * 0.0000002)
    assert size.bill(PRICES, snapshots_billed=True) - size.bill(PRICES) == pytest.approx(2 * 0.0001)


def test_a_caller_of_a_cold_start_waits_for_it() -> None:
    """The initialization counts in the duration of a cold call, and in that of no other."""
    (size,) = summed_up([Report(10.0, 410, init_ms=400.0, memory_mb=512), Report(9.0, 9, memory_mb=512)])

    assert (size.cold_ms.max if size.cold_ms else 0, size.warm_ms.max if size.warm_ms else 0) == (410.0, 9.0)


def test_nothing_read_says_nothing() -> None:
    """Neither a share of cold calls nor a peak of memory is made up."""
    nothing = Production(since_s=0, until_s=86_400, unreadable="no permission")

    assert (nothing.cold_share, nothing.peak_memory_mb, nothing.days) == (None, None, 1)


def test_warm_calls_stand_for_themselves() -> None:
    """Of few calls as many durations are told as were read, and of many as many as are wanted."""
    warm = [Report(9.0, 9, memory_mb=512)] * 5
    (size,) = summed_up([Report(10.0, 410, init_ms=400.0, memory_mb=512), *warm])

    assert size.warm_durations_ms(30) == [9.0] * 5
    assert size.warm_durations_ms(3) == [9.0] * 3
