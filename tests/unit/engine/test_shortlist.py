"""Which memory sizes are thought about at once."""

from power_tuner.engine.shortlist import coarse, finer

ALL = tuple(range(128, 10241, 64))


def test_few_values_are_all_kept() -> None:
    """Twenty values need no grid."""
    few = ALL[:20]

    assert coarse(few, ()) == few


def test_the_grid_spans_all_values_and_keeps_the_measured() -> None:
    """The smallest, the largest and what was measured are always thought about."""
    grid = coarse(ALL, {704})

    assert {128, 704, 10240} <= set(grid)
    assert len(grid) <= 14


def test_around_the_leader_it_grows_finer() -> None:
    """Between the leader and its neighbours come new values of the user's list."""
    grid = coarse(ALL, ())
    leader = grid[5]

    added = set(finer(ALL, grid, leader)) - set(grid)

    assert added
    assert all(grid[4] < memory_mb < grid[6] and memory_mb in ALL for memory_mb in added)
