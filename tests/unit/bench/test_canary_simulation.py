"""Canaries on functions that the project generates; docs/canary.md has the figures on measured ones."""

import pytest

from bench_canary.__main__ import TRUE, main
from bench_canary.simulation import play
from bench_decisions.synthetic import generate
from power_tuner.tuning.canary_settings import CanarySettings

_POOLS = [durations for workload in generate(3, seed=3) for durations in workload.durations_ms[::4]]


def _ends(name: str, episodes: int = 2) -> list[str]:
    return [play(pool, TRUE[name], CanarySettings(), seed).how for pool in _POOLS for seed in range(episodes)]


@pytest.mark.parametrize("name", ["equal", "10 % faster", "equal, sandboxes differ by 3 %"])
def test_a_version_that_is_no_worse_is_promoted(name: str) -> None:
    """None of them is taken back."""
    assert set(_ends(name)) == {"promoted"}


@pytest.mark.parametrize("name", ["10 % slower", "1 point more fail (0.1 % do)", "half of its calls fail"])
def test_a_version_that_is_worse_is_never_promoted(name: str) -> None:
    """All of them are taken back."""
    assert set(_ends(name)) == {"back"}


def test_a_version_that_fails_is_found_at_the_first_share() -> None:
    """A version of which half the calls fail never gets more than the first share."""
    ended = play(_POOLS[0], TRUE["half of its calls fail"], CanarySettings(), 1)

    assert ended.calls < 1000
    assert ended.tried < 50


def test_the_bench_prints_a_table(capsys: pytest.CaptureFixture[str]) -> None:
    """The command plays every truth on generated functions, or those that are named."""
    assert main(["--synthetic", "1", "--episodes", "1", "--only", "10 % slower"]) == 0

    assert "100.00%" in capsys.readouterr().out
