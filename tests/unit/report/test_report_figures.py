"""How figures are written for people."""

import pytest

from power_tuner.domain.report_figures import change_text, duration_text, money_text


@pytest.mark.parametrize(
    ("duration_ms", "text"),
    [(0.853, "0.85 ms"), (12.34, "12.3 ms"), (99.96, "100.0 ms"), (123.4, "123 ms"), (13812.2, "13,812 ms")],
)
def test_durations_have_about_three_digits(duration_ms: float, text: str) -> None:
    """Short durations keep decimals, long ones do not, and all are in milliseconds so that they compare."""
    assert text == duration_text(duration_ms)


@pytest.mark.parametrize(
    ("cost_usd", "text"),
    [
        (0, "$0.00"),
        (0.0000001234, "$0.000000123"),
        (0.1, "$0.100"),
        (0.0999, "$0.0999"),
        (4.166, "$4.17"),
        (1234.5, "$1,234"),
    ],
)
def test_amounts_keep_three_significant_digits_where_small(cost_usd: float, text: str) -> None:
    """Amounts below a dollar keep three significant digits, larger ones cents, large ones none."""
    assert text == money_text(cost_usd)


@pytest.mark.parametrize(
    ("change", "text"), [(0.124, "+12 %"), (-0.31, "\u221231 %"), (0.004, "±0 %"), (10.5, "+1,050 %")]
)
def test_changes_have_a_sign(change: float, text: str) -> None:
    """A change always shows its direction; one that rounds to nothing shows none."""
    assert text == change_text(change)
