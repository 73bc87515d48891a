"""Play decision engines on measured workloads and print what they chose, what they spent and how sure they were."""

import argparse
import dataclasses
import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import cast, get_args

from rich.console import Console
from rich.progress import Progress

from bench_decisions import synthetic
from bench_decisions.bars import bars, hard_bars
from bench_decisions.episodes import play
from bench_decisions.hard import KINDS, generate_hard
from bench_decisions.histories import play_histories
from bench_decisions.scores import Pair, Played, Score, calibration, of_episodes, play_sweeps, score
from bench_decisions.tables import bar_table, calibration_table, history_table, score_table
from bench_decisions.workloads import PLAIN_STRATEGIES, USUAL_STRATEGIES, Workload, is_uncertain, load
from power_tuner.engine.question import Confidence


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the bench."""
    options = _parse(arguments)
    people = Console(stderr=options.json, width=None if sys.stdout.isatty() else 150)
    workloads = (
        load(options.data)
        if options.data
        else synthetic.generate(options.synthetic, seed=options.workload_seed, samples=options.samples)
    )
    report: dict[str, object] = (
        _report(_play_all(workloads, options, people), options.confidence, people) if workloads else {}
    )
    if options.histories:
        report["histories"] = {
            confidence: _report_histories(workloads, confidence, options, people) for confidence in options.confidence
        }
    if options.hard:
        hard = {kind: generate_hard(kind, options.hard, seed=options.workload_seed) for kind in KINDS}
        report["hard"] = {
            kind: _report_hard(kind, _play_all(ones, options, people, certain=True), options.confidence, people)
            for kind, ones in hard.items()
        }
    if options.json:
        sys.stdout.write(json.dumps(report, indent=2) + "\n")
    return 0


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bench_decisions", description=__doc__)
    parser.add_argument("--data", type=Path, help="folder of measured workloads; without it, synthetic ones")
    parser.add_argument("--synthetic", type=int, default=40, help="how many synthetic workloads (default 40)")
    parser.add_argument("--hard", type=int, default=8, help="how many workloads of each hard kind (default 8)")
    parser.add_argument(
        "--histories", type=int, default=4, help="episodes of each kind of history per pair (default 4)"
    )
    parser.add_argument("--samples", type=int, default=200, help="synthetic samples per size (default 200)")
    parser.add_argument("--workload-seed", type=int, default=1, help="another seed is a fresh set of workloads")
    parser.add_argument("--episodes", type=int, default=40, help="episodes of our engine per pair (default 40)")
    parser.add_argument("--sweeps", type=int, default=1000, help="episodes of each sweep per pair (default 1000)")
    parser.add_argument("--seed", type=int, default=0, help="seed of the first episode (default 0)")
    parser.add_argument("--strategy", action="append", choices=PLAIN_STRATEGIES, help="only this strategy (repeatable)")
    parser.add_argument(
        "--confidence",
        action="append",
        choices=get_args(Confidence),
        help="setting of our engine (repeatable; default: default)",
    )
    parser.add_argument("--json", action="store_true", help="print the results as JSON on stdout")
    options = parser.parse_args(arguments)
    options.strategy = options.strategy or list(USUAL_STRATEGIES)
    options.confidence = options.confidence or ["default"]
    return options


def _play_all(
    workloads: Sequence[Workload], options: argparse.Namespace, people: Console, *, certain: bool = False
) -> list[Played]:
    played: list[Played] = []
    total = len(workloads) * len(options.strategy) * len(options.confidence) * options.episodes
    with Progress(console=people, transient=True, disable=not people.is_terminal) as progress:
        bar = progress.add_task("playing", total=total)
        for workload in workloads:
            for strategy in options.strategy:
                uncertain = not certain and is_uncertain(workload, strategy)
                pair = Pair(workload.name, workload.source, strategy, uncertain)
                played += play_sweeps(workload, pair, episodes=options.sweeps, seed=options.seed)
                for confidence in options.confidence:
                    progress.update(bar, description=f"{workload.name} {strategy} {confidence}")
                    episodes = []
                    for number in range(options.episodes):
                        episodes.append(
                            play(
                                workload,
                                strategy,
                                confidence=cast("Confidence", confidence),
                                seed=options.seed + number,
                            )
                        )
                        progress.advance(bar)
                    played.append(of_episodes(workload, pair, confidence, episodes))
    return played


def _report(played: Sequence[Played], ours: Sequence[str], people: Console) -> dict[str, object]:
    certain = [one for one in played if not one.pair.uncertain]
    uncertain = [one for one in played if one.pair.uncertain]
    groups: dict[str, list[Score]] = {}
    for strategy in sorted({one.pair.strategy for one in certain}):
        groups[f"strategy {strategy}"] = _by_engine(one for one in certain if one.pair.strategy == strategy)
    for source in sorted({one.pair.source for one in certain}):
        groups[f"source {source}"] = _by_engine(one for one in certain if one.pair.source == source)
    if uncertain:
        groups["uncertain best, listed apart"] = _by_engine(uncertain)
    overall = _by_engine(certain)
    for title, scores in {**groups, "all pairs with a certain best": overall}.items():
        people.print(score_table(title, scores))
    found = bars(played, ours)
    tables = {engine: calibration([one for one in certain if one.engine == engine]) for engine in ours if certain}
    for engine, rows in tables.items():
        people.print(calibration_table(engine, rows))
    people.print(bar_table(found))
    return {
        "overall": [dataclasses.asdict(one) for one in overall],
        "groups": {title: [dataclasses.asdict(one) for one in scores] for title, scores in groups.items()},
        "calibration": {engine: [dataclasses.asdict(row) for row in rows] for engine, rows in tables.items()},
        "bars": [{**dataclasses.asdict(bar), "met": bar.met, "within_error": bar.within_error} for bar in found],
        "pairs": [
            {
                **dataclasses.asdict(one.pair),
                "engine": one.engine,
                "mean_regret": float(one.regret.mean()),
                "mean_cost": float(one.cost.mean()),
            }
            for one in played
        ],
    }


def _report_histories(
    workloads: Sequence[Workload], confidence: Confidence, options: argparse.Namespace, people: Console
) -> list[dict[str, object]]:
    told = play_histories(
        workloads, options.strategy, confidence=confidence, episodes=options.histories, seed=options.seed
    )
    people.print(history_table(confidence, told))
    return [dataclasses.asdict(one) for one in told]


def _report_hard(
    kind: str, played: Sequence[Played], ours: Sequence[str], people: Console
) -> Mapping[str, list[dict[str, object]]]:
    scores = _by_engine(played)
    found = [bar for engine in ours for bar in hard_bars(played, engine)]
    people.print(score_table(f"hard: {kind}", scores))
    people.print(bar_table(found, f"The bar, hard: {kind}"))
    return {
        "scores": [dataclasses.asdict(one) for one in scores],
        "bars": [{**dataclasses.asdict(bar), "met": bar.met, "within_error": bar.within_error} for bar in found],
    }


def _by_engine(played: Iterable[Played]) -> list[Score]:
    engines: dict[str, list[Played]] = {}
    for one in played:
        engines.setdefault(one.engine, []).append(one)
    return [score(group) for group in engines.values()]


if __name__ == "__main__":
    raise SystemExit(main())
