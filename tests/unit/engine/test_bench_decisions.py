"""The bench: workloads, the classic sweep, and the engine's quality on functions that the project generates."""

import dataclasses
import json
from pathlib import Path

import numpy as np
import pytest

from bench_decisions.__main__ import main
from bench_decisions.bars import Bar
from bench_decisions.classic import sweep, trimmed_mean
from bench_decisions.episodes import play
from bench_decisions.hard import KINDS, generate_hard
from bench_decisions.histories import KINDS as HISTORIES
from bench_decisions.histories import play_histories
from bench_decisions.scores import Pair, of_episodes, score, standard_error
from bench_decisions.synthetic import FAMILIES, generate
from bench_decisions.workloads import USUAL_STRATEGIES, Workload, is_uncertain, load, regrets


def _workload(*durations: float, noise: float = 0.0) -> Workload:
    generator = np.random.default_rng(1)
    memories_mb = tuple(128 * 2**index for index in range(len(durations)))
    samples = tuple(duration * np.exp(generator.normal(0, noise, 100)) for duration in durations)
    return Workload("made", "made", "arm64", memories_mb, samples)


def test_the_trimmed_mean_is_the_peers() -> None:
    """A fifth at each end is left out, rounded down: nothing of four calls, one of nine."""
    assert trimmed_mean(np.array([1.0, 2.0, 3.0, 10.0])) == 4.0
    assert trimmed_mean(np.array([1.0, 2, 3, 4, 5, 6, 7, 8, 900])) == 5.0


def test_a_sweep_pays_for_each_call_at_each_size() -> None:
    """Without noise, a sweep costs num times the sum of the bills and chooses the best."""
    workload = _workload(100.0, 60.0, 40.0)

    choices, spent = sweep(workload, "cost", num=10, episodes=3, seed=1)

    assert choices.tolist() == [0, 0, 0]
    assert spent == pytest.approx(10 * workload.mean_cost_usd().sum())


def test_balanced_weighs_relative_cost_and_duration() -> None:
    """By hand: costs 100, 120, 160 and durations 100, 60, 40 (relative to the largest) give .8125, .675, .7."""
    missed = regrets(_workload(100.0, 60.0, 40.0), "balanced")

    assert missed.tolist() == pytest.approx([0.8125 / 0.675 - 1, 0, 0.7 / 0.675 - 1])


def test_a_pair_whose_best_is_open_is_told() -> None:
    """Two memory sizes that noise alone tells apart have no certain best; a clear valley has."""
    noisy = _workload(400.0, 100.5, 101.0, noise=0.8)

    assert is_uncertain(noisy, "speed")
    assert not is_uncertain(_workload(400.0, 200.0, 100.0, noise=0.05), "speed")


def test_a_folder_of_measurements_is_read(tmp_path: Path) -> None:
    """Sizes are sorted, empty ones left out, and the source loses its commit."""
    document = {
        "name": "f",
        "source": "owner/repository@abc:path - words",
        "arch": "x86_64",
        "samples": {"512": [10.2, 11], "128": [40], "256": []},
    }
    (tmp_path / "f.json").write_text(json.dumps(document))

    (workload,) = load(tmp_path)

    assert (workload.memories_mb, workload.source) == ((128, 512), "repository")
    assert workload.billed_ms()[1].tolist() == [11, 11]


def test_an_empty_folder_is_refused(tmp_path: Path) -> None:
    """The message names the folder and what was expected in it."""
    with pytest.raises(ValueError, match="DATA names a folder of measurements"):
        load(tmp_path)


def test_another_seed_is_a_fresh_set_of_functions() -> None:
    """Generated workloads repeat by seed, and differ between seeds; every family is among them."""
    first, again, other = (generate(len(FAMILIES), seed=seed) for seed in (1, 1, 2))

    assert [one.durations_ms[0][0] for one in first] == [one.durations_ms[0][0] for one in again]
    assert [one.durations_ms[0][0] for one in first] != [one.durations_ms[0][0] for one in other]
    assert set(FAMILIES) == {one.source for one in first}


def test_the_engine_finds_good_sizes_for_a_fraction_of_a_sweep() -> None:
    """On generated functions of every shape it spends under 0.25 of a sweep of ten, and seldom misses by much."""
    played = []
    for workload in generate(len(FAMILIES), seed=20):
        for strategy in USUAL_STRATEGIES:
            if not is_uncertain(workload, strategy, resamplings=200):
                pair = Pair(workload.name, workload.source, strategy, uncertain=False)
                episodes = [play(workload, strategy, confidence="default", seed=seed) for seed in range(2)]
                played.append(of_episodes(workload, pair, "default", episodes))

    reached = score(played)

    assert reached.mean_cost < 0.25
    assert reached.geometric_cost < 0.15
    assert reached.within_wide > 0.8
    assert reached.covered is not None
    assert reached.covered > 0.88
    assert reached.mean_confidence is not None
    assert abs(reached.mean_confidence - reached.within) < 0.15


def test_a_sweep_pays_for_calls_that_warm_up() -> None:
    """By hand: the first two of five calls take three and two times as long, so 8 calls' worth is spent."""
    steady = _workload(100.0, 60.0)
    warming = dataclasses.replace(steady, warming=(np.array([3.0, 2.0]),) * 2)

    _, spent = sweep(warming, "cost", num=5, episodes=2, seed=1)

    assert spent == pytest.approx(8 * steady.mean_cost_usd().sum())


def test_only_the_first_calls_of_a_sandbox_are_slow() -> None:
    """Each sandbox has its own first calls, whichever calls it gets."""
    warming = dataclasses.replace(_workload(100.0), warming=(np.array([3.0, 2.0]),), sandboxes=2)

    assert warming.slower(0, np.array([0, 0, 1, 0, 1, 1])).tolist() == [3, 2, 3, 1, 2, 1]


def test_hard_functions_are_what_they_are_called() -> None:
    """One memory size takes about half of what its neighbours do; payloads scatter widely; first calls are slow."""
    for workload in generate_hard("untried-neighbour", 5, seed=3):
        means = workload.mean_duration_ms()
        assert min(means[1:-1] / np.minimum(means[:-2], means[2:])) < 0.95
    for workload in generate_hard("payloads", 5, seed=3):
        assert len(workload.memories_mb) == 23
        assert workload.durations_ms[0].std() / workload.durations_ms[0].mean() > 0.6
        assert len(set(workload.payloads[0].tolist())) > 3
    for workload in generate_hard("warming", 5, seed=3):
        slower = workload.slower(0, np.zeros(2000, dtype=np.int64))
        assert slower[0] > 2
        assert slower[-1] == pytest.approx(1, abs=0.01)


def test_payloads_come_in_turn_where_their_weights_are_told() -> None:
    """As in a run: each payload once, then by the weights; the calls that follow go on in the cycle."""
    (workload,) = generate_hard("payloads-in-turn", 1, seed=3)
    generator = np.random.default_rng(1)

    first = workload.payloads[2][workload.picked(2, 0, 6, generator)]
    later = workload.payloads[2][workload.picked(2, 6, 100, generator)]

    assert set(first.tolist()) == set(range(6))
    assert np.bincount(later) / 100 == pytest.approx(np.array(workload.weights) / sum(workload.weights), abs=0.011)


def test_a_history_of_the_same_function_saves_calls_and_another_ones_costs_few() -> None:
    """On generated functions a history halves the cost, and one of another function adds at most a fifth."""
    workloads = generate(3, seed=21)

    played = play_histories(workloads, ["cost"], confidence="default", episodes=1, seed=0)
    told = {one.kind: one for one in played}

    assert set(HISTORIES) == set(told)
    assert told["same"].geometric_cost < 0.5
    assert told["foreign"].geometric_cost < 1.2


def test_few_pairs_say_how_little_they_tell() -> None:
    """By hand: 1, 2 and 3 scatter by 1, so their mean is known to 1 / sqrt(3); a single pair says nothing of it."""
    assert standard_error(np.array([1.0, 2.0, 3.0])) == pytest.approx(3**-0.5)
    assert standard_error(np.array([1.0])) is None


def test_a_bar_that_luck_may_have_missed_is_told_apart() -> None:
    """A regret 0.1 points above the bar may be luck where luck moves it by 0.2 points, not where by 0.05."""
    assert Bar("regret", 0.006, 0.007, at_most=True).met
    lucky = Bar("regret", 0.008, 0.007, at_most=True, error=0.002)
    assert not lucky.met
    assert lucky.within_error
    assert not Bar("regret", 0.008, 0.007, at_most=True, error=0.0005).within_error
    assert Bar("within 2 %", 0.86, 0.88, at_most=False, error=0.023).within_error
    assert not Bar("geometric cost", 0.081, 0.08, at_most=True).within_error


def test_a_folder_whose_best_sizes_are_all_open_is_played(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Without a certain best there is only the interval of the cost to judge."""
    generator = np.random.default_rng(1)
    samples = {str(memory_mb): (100 * generator.lognormal(0, 0.9, 30)).tolist() for memory_mb in (512, 1024, 2048)}
    document = {"name": "open", "source": "made", "arch": "arm64", "samples": samples}
    (tmp_path / "open.json").write_text(json.dumps(document))

    main(["--data", str(tmp_path), "--episodes", "1", "--sweeps", "20", "--strategy", "speed", "--hard", "0", "--json"])
    report = json.loads(capsys.readouterr().out)

    assert report["histories"] == {"default": []}
    assert ["default: cost interval holds the truth"] == [bar["name"] for bar in report["bars"]]


def test_the_bench_prints_json_for_machines(capsys: pytest.CaptureFixture[str]) -> None:
    """`--json` gives scores, calibration and the bars."""
    few = ["--synthetic", "1", "--hard", "1", "--episodes", "1", "--sweeps", "20", "--histories", "1"]
    main([*few, "--strategy", "cost", "--json"])

    report = json.loads(capsys.readouterr().out)

    assert {"overall", "groups", "calibration", "bars", "pairs", "histories", "hard"} == set(report)
    assert set(KINDS) == set(report["hard"])
    assert {"sweep 10", "default"} <= {one["engine"] for one in report["overall"]}
