"""Play canaries on measured workloads and print how they ended."""

import argparse
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.progress import track
from rich.table import Table

from bench_canary.simulation import Difference, Ended, play
from bench_decisions import synthetic
from bench_decisions.workloads import Workload, load
from power_tuner.tuning.canary_settings import CanarySettings

TRUE: Mapping[str, Difference] = {
    "equal": Difference(),
    "equal, 1 % of both fail": Difference(error_share=0.01),
    "equal, sandboxes differ by 3 %": Difference(sandbox_spread=0.03),
    "10 % faster": Difference(slower=-0.1),
    "10 % slower": Difference(slower=0.1),
    "30 % slower": Difference(slower=0.3),
    "1 point more fail (0.1 % do)": Difference(more_errors=0.01),
    "1 point more fail (1 % do)": Difference(error_share=0.01, more_errors=0.01),
    "half of its calls fail": Difference(more_errors=0.5),
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the bench."""
    options = _parse(arguments)
    workloads = load(options.data) if options.data else synthetic.generate(options.synthetic, seed=options.seed)
    people = Console(width=None if sys.stdout.isatty() else 150)
    people.print(table(simulate(workloads, options.only, options.episodes, options.seed)))
    return 0


def simulate(
    workloads: Sequence[Workload], names: Sequence[str], episodes: int, seed: int
) -> dict[str, list[list[Ended]]]:
    """Return how canaries ended, for each truth a list per memory size of each workload."""
    pools = [durations for workload in workloads for durations in workload.durations_ms]
    return {
        name: [
            [
                play(pool, TRUE[name], CanarySettings(), seed + number * episodes + episode)
                for episode in range(episodes)
            ]
            for number, pool in enumerate(track(pools, name, transient=True, disable=not sys.stdout.isatty()))
        ]
        for name in names
    }


def table(ended: Mapping[str, Sequence[Sequence[Ended]]]) -> Table:
    """Return the table in docs/canary.md."""
    shown = Table(title="Canaries with the default settings")
    for column in ("the new version is", "canaries", "back", "worst pool", "promoted", "open"):
        shown.add_column(column)
    shown.add_column("calls of it until the end: half, 95 %")
    shown.add_column("calls of the alias: half, 95 %")
    for name, pools in ended.items():
        every = [each for pool in pools for each in pool]
        shown.add_row(
            name,
            f"{len(every):,}",
            _share(every, "back"),
            f"{max(sum(each.how == 'back' for each in pool) / len(pool) for pool in pools):.1%}",
            _share(every, "promoted"),
            _share(every, "open"),
            _quantiles([each.tried for each in every]),
            _quantiles([each.calls for each in every]),
        )
    return shown


def _share(ended: Sequence[Ended], how: str) -> str:
    return f"{sum(each.how == how for each in ended) / len(ended):.2%}"


def _quantiles(values: Sequence[int]) -> str:
    half, most = np.quantile(values, (0.5, 0.95))
    return f"{half:,.0f}, {most:,.0f}"


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bench_canary", description=__doc__)
    parser.add_argument("--data", type=Path, help="folder of measured workloads; without it, synthetic ones")
    parser.add_argument("--synthetic", type=int, default=20, help="how many synthetic workloads (default 20)")
    parser.add_argument("--episodes", type=int, default=20, help="canaries for each memory size and truth (default 20)")
    parser.add_argument("--seed", type=int, default=0, help="seed of the first canary (default 0)")
    parser.add_argument("--only", action="append", choices=TRUE, help="only this truth (repeatable)")
    options = parser.parse_args(arguments)
    options.only = options.only or list(TRUE)
    return options


if __name__ == "__main__":
    raise SystemExit(main())
