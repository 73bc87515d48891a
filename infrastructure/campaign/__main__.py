"""Play the campaign: ``python -m campaign --help``."""

import argparse
import json
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from rich.console import Console

from campaign import tables
from campaign.cases import SCENARIOS, STACK, STRIKES, Case, cases_of, logical_name, pairs_of, sample
from campaign.played import Folder, result_of
from campaign.player import Player
from campaign.shards import add_options, end_with_the_shards, run_shards
from campaign.stage import ROOT, Stage
from campaign.verdicts import judge

if TYPE_CHECKING:
    from collections.abc import Iterable

    from campaign.cases import StageKind

_EXIT_BROKEN = 1


def main() -> int:
    """Play the planned cases in several processes and print the results; return 1 if a promise was broken."""
    end_with_the_shards()
    options = _options()
    folder = Folder(options.folder)
    if options.shard is not None:
        _play_shard(folder, options.shard, options.shards, options.side_by_side)
        return 0
    wanted = {name: getattr(options, name) for name in ("scenarios", "strikes", "only", "sample", "pairs", "seed")}
    if options.fresh or not folder.fits(wanted):
        cases = [case for case in _cases(options.scenarios, options.strikes) if options.only in case.key]
        folder.begin(wanted, _chosen(cases, options))
    cases = folder.plan()
    arguments = ["--folder", str(folder.path), "--side-by-side", str(options.side_by_side)]
    run_shards("campaign", arguments, options.shards, lambda: _progress(folder, len(cases)))
    results = folder.results()
    console = Console(width=140)
    console.print(tables.by_scenario(results), tables.by_strike(results))
    broken = tables.broken(results)
    for line in broken:
        console.print(line, markup=False, highlight=False)
    report = folder.path / "report.json"
    report.write_text(
        json.dumps({"counts": tables.counts(results), "permissionsUsed": folder.used(), "runs": results}, indent=1),
        encoding="utf-8",
    )
    console.print(f"{len(results)} of {len(cases)} runs played; all results are in {report}")
    return _EXIT_BROKEN if broken or len(results) < len(cases) else 0


def _chosen(cases: list[Case], options: argparse.Namespace) -> list[Case]:
    if options.pairs is not None:
        return pairs_of(cases, options.pairs, options.seed)
    return sample(cases, len(cases) if options.sample is None else options.sample, options.seed)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m campaign", description=__doc__)
    parser.add_argument("--scenarios", default=",".join(SCENARIOS), help="scenarios to play, comma-separated")
    parser.add_argument("--strikes", default=",".join(STRIKES), help="faults to inject, comma-separated")
    parser.add_argument("--only", default="", help="play only cases whose name contains this text")
    parser.add_argument("--pairs", type=int, help="play this many runs with two faults each, chosen at random")
    parser.add_argument("--seed", type=int, default=6, help="seed of the random choice")
    add_options(parser, ROOT / "build" / "campaign", side_by_side=4)
    return parser.parse_args()


def _cases(scenarios: str, strikes: str) -> list[Case]:
    """Return every case of these scenarios and faults; the call sites come from a clean run of each scenario."""
    found: list[Case] = []
    for kind, names in _by_stage(scenarios.split(",")).items():
        with Stage(kind.update_s) as stage:
            player = Player(stage)
            for name in names:
                found += cases_of(name, player.sites(SCENARIOS[name]), strikes.split(","))
    return found


def _by_stage(scenarios: "Iterable[str]") -> "dict[StageKind, list[str]]":
    """Return scenarios by the kind of stage that they need."""
    found: dict[StageKind, list[str]] = {}
    for name in dict.fromkeys(scenarios):
        found.setdefault(SCENARIOS[name].stage, []).append(name)
    return found


def _progress(folder: Folder, total: int) -> tuple[str, int, int]:
    results = folder.results()
    return f"runs, {len(tables.broken(results))} broken", len(results), total


def _play_shard(folder: Folder, number: int, shards: int, side_by_side: int) -> None:
    done = {result["case"] for result in folder.results()}
    mine = [case for case in folder.plan()[number::shards] if case.key not in done]
    writing = threading.Lock()
    for kind, names in _by_stage(case.scenario for case in mine).items():
        with Stage(kind.update_s) as stage, ThreadPoolExecutor(1 if kind.alone else side_by_side) as pool:
            player = Player(stage)

            def play(case: Case, player: Player = player) -> None:
                seen = player.play(SCENARIOS[case.scenario], *case.faults)
                with writing:
                    folder.add(f"shard-{number}", result_of(case, seen, judge(case, seen)))

            list(pool.map(play, [case for case in mine if case.scenario in names]))
            used = stage.aws.permissions.used.items()
            folder.add_used(
                f"shard-{number}",
                {(logical_name(role, STACK), sid, action) for role, needed in used for sid, action in needed},
            )


if __name__ == "__main__":
    sys.exit(main())
