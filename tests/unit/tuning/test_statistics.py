"""Numbers that decide."""

import pytest

from power_tuner.tuning.sample import Sample
from power_tuner.tuning.statistics import Spread, mean_over_payloads, spread, trimmed_mean


@pytest.mark.parametrize(
    ("values", "discard", "expected"),
    [
        ([5.0], 0.2, 5.0),
        ([1.0, 100.0], 0.4, 50.5),
        ([100.0, 1.0, 2.0, 3.0, 0.0], 0.2, 2.0),
        ([1.0, 2.0, 3.0, 4.0], 0.2, 2.5),
        ([1.0, 2.0, 3.0, 100.0], 0.0, 26.5),
        ([0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 900.0], 0.4, 4.5),
    ],
)
def test_the_extremes_are_dropped(values: list[float], discard: float, expected: float) -> None:
    """The share is dropped at each end, its count rounded down."""

    assert expected == trimmed_mean(values, discard)


def test_values_are_added_one_after_the_other() -> None:
    """The mean is the peer's to the last digit: a sum without compensation."""

    assert 0.9999999999999999 / 10 == trimmed_mean([0.1] * 10, 0.0)


def test_each_payload_is_trimmed_by_itself() -> None:
    """A rare, slow payload is not thrown away as an extreme."""
    samples = [Sample(1.0, 1, payload_index=0)] * 9 + [Sample(1.0, 1, payload_index=1)]

    assert (9 * 10.0 + 1000.0) / 10 == mean_over_payloads(samples, [10.0] * 9 + [1000.0], 0.2)


def test_one_payload_has_the_trimmed_mean() -> None:
    """Without weights the mean is the plain trimmed mean."""
    values = [3.0, 1.0, 2.0, 50.0, 0.0]

    assert trimmed_mean(values, 0.2) == mean_over_payloads([Sample(1.0, 1)] * 5, values, 0.2)


def test_the_spread_describes_the_distribution() -> None:
    """Quantiles are interpolated between the samples."""
    quantiles = {"p25": 25.0, "p50": 50.0, "p75": 75.0, "p90": 90.0, "p95": 95.0, "p99": 99.0}
    expected = Spread(min=0.0, **quantiles, max=100.0, mean=50.0, stddev=29.300170647967224)

    assert expected == spread([float(value) for value in range(100, -1, -1)])


def test_a_single_value_has_no_spread() -> None:
    """One sample is its own minimum, maximum and every quantile."""
    quantiles = dict.fromkeys(("min", "p25", "p50", "p75", "p90", "p95", "p99", "max", "mean"), 7.0)

    assert Spread(**quantiles, stddev=0.0) == spread([7.0])


def test_two_values_have_a_spread() -> None:
    """Interpolated between the two."""
    found = spread([14.0, 10.0])

    assert (10.0, 11.0, 12.0, 13.0, 14.0) == (found.min, found.p25, found.p50, found.p75, found.max)
    assert pytest.approx((13.6, 13.8, 13.96)) == (found.p90, found.p95, found.p99)
    assert 12.0 == found.mean
    assert pytest.approx(8**0.5) == found.stddev


def test_each_sample_has_its_value() -> None:
    """A mean over samples that does not fit them is refused."""
    with pytest.raises(ValueError, match="shorter"):
        mean_over_payloads([Sample(1.0, 1)] * 3, [7.3, 8.1], 0.2)


def test_a_statistic_has_a_name() -> None:
    """Mean and quantiles are found by the names that strategy slo takes."""
    found = spread([10.0, 20.0, 60.0])

    assert found.statistic("mean") == 30.0
    assert found.statistic("p50") == 20.0


def test_few_values_stand_for_many() -> None:
    """With the same mean, and slow ones where there were slow ones."""
    found = spread([1000.0 if number % 10 == 0 else 95.0 for number in range(500)]).values(60)

    assert 60 == len(found)
    assert pytest.approx(185.5) == sum(found) / 60
    assert 4 <= sum(each > 500 for each in found) <= 9
