"""Where values are placed."""

import pytest

from power_tuner.report.axes import ValueAxis


@pytest.mark.parametrize("means", [[180.0], [3.0, 3.1], [9.0, 9000.0], [0.0]])
def test_every_axis_begins_at_zero(means: list[float]) -> None:
    """So that twice the value is twice as high, however much the values differ."""
    axis = ValueAxis.fit(means, [], 50, 250)

    assert 0.0 == axis.ticks[0]
    assert 250 == axis.px(0)
    assert 250 - axis.px(axis.high / 2) == pytest.approx(100)


def test_all_means_have_room_but_not_a_remote_end() -> None:
    """The end of a wide guess is drawn at the top instead of pressing everything else to the floor."""
    axis = ValueAxis.fit([100.0, 80.0], [110.0, 5000.0], 50, 250)

    assert 100 <= axis.high <= 200
    assert 50 == axis.px(5000.0)
