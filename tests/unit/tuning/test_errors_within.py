"""Errors of the function within a memory size."""

import pytest

from power_tuner.tuning.analysis import analyze_branch
from power_tuner.tuning.errors_within import are_tolerated, count_errors, errors_text
from power_tuner.tuning.sample import Sample
from unit.tuning.few_branches import PRICES, plan


@pytest.mark.parametrize(
    ("failed", "invocations", "planned", "share", "tolerated"),
    [
        (0, 5, 5, 0.0, True),
        (1, 5, 5, 0.0, False),
        (1, 1, 5, 0.1, True),
        (1, 1, 1, 0.1, False),
        (2, 2, 50, 0.5, False),
        (2, 3, 5, 0.1, False),
        (2, 20, 20, 0.1, True),
        (3, 20, 20, 0.1, False),
        (20, 20, 20, 1.0, False),
    ],
)
def test_a_share_or_a_single_error_is_tolerated(
    failed: int, invocations: int, planned: int, share: float, *, tolerated: bool
) -> None:
    """But not a function that does nothing but fail."""
    assert are_tolerated(failed, invocations, planned, share) is tolerated


ERRORS = [
    Sample(1.0, 1, status="function-error", error="the function raised Busy: try again"),
    Sample(1.0, 1, status="function-error", error="the function raised E: x"),
    Sample(1.0, 1, status="function-error", error="the function raised Busy: try again"),
    Sample(1.0, 1, status="function-error"),
]


def test_errors_are_counted_by_what_was_raised() -> None:
    """The most frequent first; samples of earlier versions do not say what it was."""
    assert count_errors([Sample(1.0, 1), *ERRORS]) == {
        "the function raised Busy: try again": 2,
        "the function raised E: x": 1,
        "function-error": 1,
    }


def test_errors_are_told_in_words() -> None:
    """How many of how many, and what."""
    assert errors_text(count_errors(ERRORS[:3]), 40) == (
        "3 of 40 invocations failed: the function raised Busy: try again (2 times); the function raised E: x"
    )


def test_a_measured_branch_says_what_failed() -> None:
    """Its averages are those of the invocations that did not."""
    branch = analyze_branch(512, [*[Sample(10.0, 10)] * 9, ERRORS[0]], None, plan(num=10), PRICES)

    assert (branch.outcome, branch.samples, branch.invocations) == ("ok", 9, 10)
    assert branch.errors == {"the function raised Busy: try again": 1}


def test_a_branch_of_too_many_errors_failed() -> None:
    """Over all of its batches and rounds."""
    branch = analyze_branch(512, [*[Sample(10.0, 10)] * 7, *ERRORS[:3]], None, plan(num=10), PRICES)

    assert (branch.outcome, branch.reason) == (
        "function-error",
        f"{errors_text(count_errors(ERRORS[:3]), 10)}; 10% are tolerated",
    )
