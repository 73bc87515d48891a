"""Prices."""

import math

import pytest

from power_tuner.tuning.pricing import Prices, prices_for


@pytest.mark.parametrize(
    ("region", "architecture", "gb_second", "per_request", "transition", "currency"),
    [
        ("us-east-1", "x86_64", 0.0000166667, 0.0000002, 0.000025, "USD"),
        ("us-east-1", "arm64", 0.0000133334, 0.0000002, 0.000025, "USD"),
        ("af-south-1", "x86_64", 0.0000221, 0.00000027, 0.00002975, "USD"),
        ("af-south-1", "arm64", 0.00001768, 0.00000027, 0.00002975, "USD"),
        ("cn-north-1", "x86_64", 0.000113477, 0.00000136, 0.0001891, "CNY"),
        ("xx-new-1", "arm64", 0.0000133334, 0.0000002, 0.000025, "USD"),
    ],
)
def test_a_region_has_its_prices(
    region: str, architecture: str, gb_second: float, per_request: float, transition: float, currency: str
) -> None:
    """Prices are those of region and architecture; a region that is not listed costs the default."""

    found = prices_for(region, architecture)
    assert (gb_second, per_request, transition, currency) == (
        *(found.gb_second, found.request, found.transition, found.currency),
    )


@pytest.mark.parametrize(
    ("region", "kept", "used"),
    [
        ("us-east-1", 0.0000041667, 0.0000097222),
        ("eu-west-1", 0.0000046460, 0.0000108407),
        ("af-south-1", 0.0000055300, 0.0000129000),
        ("sa-east-1", 0.0000066372, 0.0000154867),
    ],
)
def test_provisioned_concurrency_has_the_price_of_its_region(region: str, kept: float, used: float) -> None:
    """It is dearer in most regions, also where GB-seconds on demand are not."""
    prices = prices_for(region, "x86_64")

    assert pytest.approx(kept, rel=1e-4) == prices.provisioned_kept_share * prices.gb_second
    assert pytest.approx(used, rel=1e-3) == prices.provisioned_used_share * prices.gb_second


@pytest.mark.parametrize("region", ["cn-north-1", "cn-northwest-1", "me-central-1"])
def test_a_price_is_never_of_another_region(region: str) -> None:
    """Where a listed region has no arm64 price, x86 there is the bound, in the region's own currency."""

    assert prices_for(region, "x86_64") == prices_for(region, "arm64")


def test_a_gb_second_is_exactly_that() -> None:
    """One second at 1024 MB costs one GB-second."""
    prices = prices_for("us-east-1", "x86_64")

    assert pytest.approx(prices.gb_second, rel=1e-12) == prices.per_ms(1024) * 1000


@pytest.mark.parametrize(("mean_ms", "expected"), [(1.0, 0.5), (1.01, 1.0), (0.2, 0.5)])
def test_a_mean_is_priced_by_whole_milliseconds(mean_ms: float, expected: float) -> None:
    """The average billed duration is rounded up before it is priced; the request is not in it."""
    prices = Prices(gb_second=1000.0, request=7.0, transition=0.0, currency="USD")

    assert expected == prices.average(512, mean_ms)


@pytest.mark.parametrize(
    ("one", "other"), [((128, 36), (1536, 3)), ((384, 49), (1344, 14)), ((1769, 100), (1000, 176.9))]
)
def test_what_is_equally_dear_has_the_same_price(one: tuple[int, float], other: tuple[int, float]) -> None:
    """Two memory sizes whose MB and milliseconds have the same product cost the same to the last bit."""
    prices = prices_for("us-east-1", "x86_64")
    billed = [math.ceil(mean_ms) * memory_mb for memory_mb, mean_ms in (one, other)]

    assert (billed[0] == billed[1]) == (prices.average(*one) == prices.average(*other))


def test_requests_cost_too() -> None:
    """The full price of invocations has the requests in it."""
    prices = Prices(gb_second=1.024, request=0.5, transition=0.0, currency="USD")

    assert pytest.approx(1.024 * 0.125 * 0.3 + 3 * 0.5) == prices.invocations(128, 300, 3)


def test_an_invocation_is_one_request() -> None:
    """Unless it is said how many there were."""
    prices = Prices(gb_second=1.024, request=0.5, transition=0.0, currency="USD")

    assert pytest.approx(1.024 * 0.375 * 0.07 + 0.5) == prices.invocations(384, 70)
