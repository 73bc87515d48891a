"""What another memory size would give and take, in words."""

from msgspec.structs import replace

from power_tuner.report.readings import readings_of
from power_tuner.report.trade import trade_sentence
from power_tuner.tuning.floor import Floor, NotOffered
from power_tuner.tuning.result import MeasuredBranch
from results import branch, classic_result, failed_branch, smart_branch, smart_result


def measured(memory_mb: int, duration_ms: float, cost_usd: float) -> MeasuredBranch:
    return replace(branch(memory_mb), average_duration_ms=duration_ms, average_cost_usd=cost_usd)


def test_little_money_for_much_speed_is_told() -> None:
    """Of all that are faster the one that takes least for what it gives."""
    branches = [measured(1024, 300, 1.00e-6), measured(1536, 201, 1.01e-6), measured(3008, 190, 2.2e-6)]

    assert "Instead of 1024 MB: 1536 MB costs 1 % more and is 33 % faster." == trade_sentence(
        classic_result(branches, chosen=1024)
    )


def test_both_directions_are_told() -> None:
    """A choice between the two has a faster neighbour and a cheaper one."""
    branches = [failed_branch(128), measured(512, 500, 0.8e-6), measured(1024, 250, 1e-6), measured(2048, 225, 2e-6)]

    assert (
        "Instead of 1024 MB: 2048 MB costs 2.0x more and is 10 % faster; 512 MB costs 20 % less and is 2.0x slower."
    ) == trade_sentence(classic_result(branches, chosen=1024, strategy="balanced"))


def test_the_same_cost_is_said_to_be_the_same() -> None:
    """Half a percent is no difference."""
    branches = [measured(1024, 250, 1e-6), measured(2048, 200, 1.004e-6)]

    assert "2048 MB costs the same and is 20 % faster" in trade_sentence(classic_result(branches, chosen=1024))


def test_what_breaks_the_limit_is_no_trade() -> None:
    """With slo everything cheaper is too slow."""
    branches = [measured(512, 500, 0.8e-6), measured(1024, 250, 1e-6)]

    assert not trade_sentence(classic_result(branches, chosen=1024, strategy="slo"))


def test_the_smart_mode_tells_no_trade_that_is_in_doubt() -> None:
    """Where the intervals overlap, the means alone prove nothing."""
    sure = smart_result([smart_branch(512, 9, 0.9), smart_branch(1536, 9, 0.1)], chosen=512)
    in_doubt = smart_result([smart_branch(1024, 1, 0.9), smart_branch(1536, 1, 0.1)], chosen=1024)

    assert "Instead of 512 MB: 1536 MB costs 2 % more and is 66 % faster." == trade_sentence(sure)
    assert not trade_sentence(in_doubt)


def test_nothing_chosen_is_nothing_traded() -> None:
    """Neither in a dry run."""
    assert not trade_sentence(classic_result(chosen=None))


def test_what_is_not_safe_is_no_trade() -> None:
    """Nobody is told of a memory size that production does not fit into."""
    branches = [measured(512, 500, 0.8e-6), measured(1024, 250, 1e-6)]
    floor = Floor(
        memory_headroom=0.15,
        most_duration_ms=24_000,
        basis="",
        not_offered=(NotOffered(memory_mb=512, reason="production used up to 480 MB"),),
    )
    result = replace(classic_result(branches, chosen=1024), floor=floor)

    assert "" == trade_sentence(result)
    assert [None, 250] == [reading.duration_ms for reading in readings_of(result)]
    assert readings_of(result)[0].text.endswith("not offered: it is not safe")
