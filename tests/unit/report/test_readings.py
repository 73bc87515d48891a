"""What is known of each memory size, in words."""

from power_tuner.report.readings import readings_of
from results import branch, classic_result, failed_branch, smart_result


def test_a_measured_memory_size_has_its_figures_and_its_change() -> None:
    """Of a sweep the spread of the samples, and what it is against the current memory size."""
    reading = readings_of(classic_result())[4]

    assert (
        "1536 MB: mean 211 ms, half of the samples between 203 and 222 ms, p95 258 ms; $4.24 a million invocations; "
        "10 samples"
    ) == reading.text
    assert "41 % cheaper and 15 % slower than now (3008 MB)" == reading.against_now


def test_the_smart_mode_has_intervals_and_predictions() -> None:
    """What was not invoked says so, and is compared with nothing."""
    guess, tried = readings_of(smart_result())[1:3]

    assert "256 MB, not invoked: by prediction 1,248 ms (873 to 1,872 ms); $4.16 ($2.91 to $6.24)" in guess.text
    assert guess.predicted
    assert not guess.against_now
    assert "512 MB: mean 626 ms (493 to 838 ms); $4.17 ($3.29 to $5.59) a million invocations; 2 samples" in tried.text


def test_nothing_is_compared_with_what_was_not_measured() -> None:
    """The current memory size failed, so no change is known, and it has no figures."""
    failed, measured = readings_of(classic_result([failed_branch(128), branch(256)], chosen=256, current=128))

    assert "128 MB: out of memory" == failed.text
    assert failed.duration_ms is None
    assert not measured.against_now
