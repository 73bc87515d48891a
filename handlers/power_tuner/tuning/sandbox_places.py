"""Tell how many invocations the sandbox of each invocation had before, as far as their order says."""

from collections.abc import Sequence

from power_tuner.tuning.sample import Sample


def sandbox_places(samples: Sequence[Sample], *, side_by_side: bool) -> list[int]:
    """Return the place of each invocation of a version in its sandbox.

    One after another, invocations go to the same sandbox until a cold start shows that it is a new one. Side by side,
    they go to as many sandboxes as there were cold starts, and each gets as many of them.

    Args:
        samples: in the order in which they were invoked.
        side_by_side: whether several were invoked at a time.
    """
    sandboxes = max(1, sum(sample.cold for sample in samples))
    places: list[int] = []
    for index, sample in enumerate(samples):
        if side_by_side:
            places.append(index // sandboxes)
        else:
            places.append(places[-1] + 1 if places and not sample.cold else 0)
    return places
