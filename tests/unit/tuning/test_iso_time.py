"""Times."""

from power_tuner.tuning.iso_time import iso_time


def test_a_time_is_written_as_step_functions_does() -> None:
    """UTC, milliseconds, Z."""

    assert "2026-11-23T12:00:00.250Z" == iso_time(1_795_435_200.25)
