"""How figures are written for people."""

from collections.abc import Callable

import pytest

from power_tuner.report.figures import chance_text, change_text, duration_text, money_text, range_text


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


def test_amounts_carry_the_sign_of_their_currency() -> None:
    """Yuan are not dollars, and a currency without a sign is named."""
    assert ("CN¥4.17", "EUR 4.17") == (money_text(4.166, "CNY"), money_text(4.166, "EUR"))


@pytest.mark.parametrize(
    ("chance", "text"), [(1.0, "over 99 %"), (0.97, "97 %"), (0.0, "under 1 %"), (0.006, "1 %"), (0.9949, "99 %")]
)
def test_no_chance_is_certain(chance: float, text: str) -> None:
    """A chance is told in whole percent, and is never nothing or everything."""
    assert text == chance_text(chance)


@pytest.mark.parametrize(
    ("bounds", "write", "text"),
    [
        ((204.0, 312.0), duration_text, "204 to 312 ms"),
        ((4.28, 6.45), money_text, "$4.28 to $6.45"),
        ((-0.49, 0.04), change_text, "−49 to +4 %"),  # noqa: RUF001 - a minus sign is meant
    ],
)
def test_a_range_says_its_unit_once(bounds: tuple[float, float], write: Callable[[float], str], text: str) -> None:
    """A unit behind the figure stands behind the range; a sign before it stays with both."""
    assert text == range_text(bounds, write)
