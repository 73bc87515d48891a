"""A run's curves in the terminal."""

from power_tuner_cli.result_plot import FAILED, render_plot
from results import SIX_VALUES, branch, classic_result, failed_branch


def test_a_failed_size_is_not_drawn_at_zero() -> None:
    """Its cross is at the top of both panels: zero would be a value."""
    result = classic_result([failed_branch(128), *(branch(memory_mb) for memory_mb in SIX_VALUES[1:])])
    lines = render_plot(result, 80).plain.splitlines()
    tops = [number for number, line in enumerate(lines) if "┌" in line]
    crosses = [number for number, line in enumerate(lines) if f"│{FAILED}" in line]

    assert 2 == len(tops) == len(crosses)
    assert all(cross - top < 4 for top, cross in zip(tops, crosses, strict=True))
