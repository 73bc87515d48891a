"""Survey fleets whose best memory sizes are known; print how right it was, what it asked of AWS, and the goals."""

import argparse
import json
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from rich.console import Console
from rich.table import Table

from bench_decisions.synthetic import generate
from bench_decisions.workloads import Workload, load
from bench_survey.fleets import make_fleet
from bench_survey.judge import Score, judge

MEMORIES_MB = (128, 256, 512, 1024, 1536, 3008)
LEAST_IN_TOP_FIFTH = 0.8
LEAST_COVERED = 0.9
MOST_S = 3600
MOST_USD = 1.0


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the bench; the exit code is 1 if a goal is missed."""
    parser = argparse.ArgumentParser(prog="bench_survey", description=__doc__)
    parser.add_argument("--data", type=Path, help="folder of measured workloads; without it, generated ones")
    parser.add_argument("--functions", type=int, action="append", help="how many (default 500 and 5,000; repeatable)")
    parser.add_argument("--seed", type=int, help="of the fleets (default: a fresh one)")
    parser.add_argument("--logs", type=int, default=1000, help="how many logs are read at most (default 1000)")
    parser.add_argument("--json", action="store_true", help="print one JSON document to stdout, and nothing else")
    options = parser.parse_args(arguments)
    seed = int(time.time()) % 1_000_000 if options.seed is None else options.seed
    people = Console(stderr=options.json, width=None if sys.stdout.isatty() else 120, highlight=False)
    missed: list[str] = []
    scores = []
    for count in options.functions or (500, 5000):
        workloads, memories_mb = _workloads(options.data, count, seed)
        fleet = make_fleet(workloads, count, seed=seed)
        scores.append(judge(fleet, memories_mb, seed=seed, most_logs=options.logs))
        people.print(_table(scores[-1], seed))
        missed += _missed(scores[-1])
    if options.json:
        sys.stdout.write(json.dumps({"seed": seed, "fleets": [asdict(each) for each in scores]}, indent=2) + "\n")
    for each in missed:
        people.print(f"Missed: {each}")
    return 1 if missed else 0


def _workloads(data: Path | None, count: int, seed: int) -> tuple[list[Workload], tuple[int, ...]]:
    """Return workloads that all have the candidates, and these."""
    if data is None:
        return generate(count, seed=seed, memories_mb=MEMORIES_MB), MEMORIES_MB
    measured = load(data)
    common = set(measured[0].memories_mb).intersection(*(each.memories_mb for each in measured))
    return measured, tuple(sorted(common))


def _table(score: Score, seed: int) -> Table:
    title = f"{score.functions} functions, seed {seed}"
    table = Table("what", "is", "goal", title=title, title_justify="left", show_header=True)
    rows = (
        ("cost of the fleet, a month", f"${score.cost:,.0f}", ""),
        ("tuning all would save", f"${score.saving:,.0f}", ""),
        ("of that in the top fifth", f"{score.in_top_fifth:.1%}", f"at least {LEAST_IN_TOP_FIFTH:.0%}"),
        ("  ranked by cost instead", f"{score.by_cost:.1%}", ""),
        ("intervals that hold the truth", f"{score.covered:.1%} of {score.judged}", f"at least {LEAST_COVERED:.0%}"),
        ("  their mean width, of the cost", f"{score.width:.0%}", ""),
        ("sure of the direction", f"{score.sure}, {score.sure_right:.1%} rightly", ""),
        ("calls", ", ".join(f"{action} {calls:,}" for action, calls in sorted(score.asked.calls.items())), "no Invoke"),
        ("metrics asked for", f"{score.asked.metrics:,}", ""),
        ("time under AWS's quotas", f"{score.aws_s / 60:.0f} min", f"below {MOST_S // 60} min"),
        ("time of this machine", f"{score.own_s:.0f} s", ""),
        ("charges", f"${score.usd:.2f}", f"below ${MOST_USD:.2f}"),
    )
    for row in rows:
        table.add_row(*row)
    return table


def _missed(score: Score) -> list[str]:
    goals = (
        ("the top fifth holds too little of the money", score.in_top_fifth >= LEAST_IN_TOP_FIFTH),
        ("the intervals hold the truth too rarely", score.covered >= LEAST_COVERED),
        ("a survey takes too long", score.aws_s + score.own_s < MOST_S),
        ("a survey costs too much", score.usd < MOST_USD),
    )
    return [f"{score.functions} functions: {what}" for what, met in goals if not met]


if __name__ == "__main__":
    sys.exit(main())
