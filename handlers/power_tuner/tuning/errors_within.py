"""Errors of the function within a memory size: some pass, and more of them end it."""

from collections import Counter
from collections.abc import Iterable, Mapping

from msgspec import UNSET

from power_tuner.tuning.sample import Sample

FUNCTION_ERROR = "function-error"
# An error in so many first invocations of a batch, and in nothing but these, does not pass.
ALWAYS = 2


def are_tolerated(failed: int, invocations: int, planned: int, share: float) -> bool:
    """Return whether errors are few enough to go on: a share of what is planned, or a single one.

    Args:
        failed: how many invocations failed so far.
        invocations: how many were made.
        planned: how many are to be made; as many as were made, when all are.
        share: what may fail; 0 tolerates none.
    """
    if not failed:
        return True
    always = failed == invocations and (failed >= ALWAYS or planned <= 1)
    return share > 0 and failed <= max(1.0, share * planned) and not always


def count_errors(samples: Iterable[Sample]) -> Mapping[str, int]:
    """Return how often each error of the function was raised, the most frequent first."""
    errors = Counter(
        FUNCTION_ERROR if sample.error is UNSET else sample.error
        for sample in samples
        if sample.status == FUNCTION_ERROR
    )
    return dict(errors.most_common())


def errors_text(errors: Mapping[str, int], invocations: int) -> str:
    """Return in words how many invocations failed, and how."""
    failed = sum(errors.values())
    kinds = "; ".join(f"{error} ({count} times)" if count > 1 else error for error, count in errors.items())
    return f"{failed} of {invocations} invocations failed: {kinds}"
