"""Samples."""

import pytest
from msgspec import convert, to_builtins

from power_tuner.tuning.sample import Sample

WARM = Sample(12.5, 13)
COLD = Sample(12.5, 413, init_ms=400.0)
RESTORED = Sample(12.5, 40, restore_ms=300.0)


@pytest.mark.parametrize(("sample", "expected"), [(WARM, False), (COLD, True), (RESTORED, True)])
def test_init_or_restore_makes_a_cold_start(sample: Sample, expected: bool) -> None:  # noqa: FBT001
    """A sample with an Init or Restore Duration is cold."""

    assert expected is sample.cold


@pytest.mark.parametrize(
    ("sample", "expected"), [(WARM, 12.5), (COLD, 412.5), (RESTORED, 312.5), (Sample(None, None), 0.0)]
)
def test_a_cold_start_takes_its_init_too(sample: Sample, expected: float) -> None:
    """The total is what a caller waits."""

    assert expected == sample.total_duration_ms


@pytest.mark.parametrize(
    ("sample", "expected"),
    [
        (WARM, True),
        (Sample(None, None), False),
        (Sample(12.5, 13, status="timeout"), False),
        (Sample(1.0, None), False),
        (Sample(None, 1), False),
    ],
)
def test_only_whole_successes_count(sample: Sample, expected: bool) -> None:  # noqa: FBT001
    """A sample counts if it succeeded and tells its duration and its bill."""

    assert expected is sample.measured


STORED = {
    "durationMs": 12.5,
    "billedMs": 413,
    "initMs": 400.25,
    "restoreMs": 3.5,
    "maxMemoryUsedMb": 64,
    "status": "function-error",
    "payloadIndex": 7,
}


def test_a_sample_is_stored_and_read() -> None:
    """Each field has its name, and what is written is what is read."""
    sample = Sample(12.5, 413, 400.25, 3.5, 64, "function-error", 7)

    assert STORED == to_builtins(sample)
    assert sample == convert(STORED, Sample)


def test_what_a_stored_sample_does_not_say_has_a_default() -> None:
    """It was a success, without measures, of the first payload."""

    assert Sample(None, None, status="ok", payload_index=0) == convert({}, Sample)
