"""Play canaries with a fault at each of their API calls: ``python -m campaign.canary_campaign --help``."""

import argparse
import random
import sys
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

from rich.console import Console

from campaign.canaries import CanaryPlayer, Case, cases
from campaign.cases import Site
from campaign.played import Folder
from campaign.shards import add_options, end_with_the_shards, run_shards
from campaign.stage import ROOT, Stage
from campaign.verdicts import Verdict

_KEPT = {each.value for each in Verdict if each.keeps_the_promise}


def main() -> int:
    """Play the planned canaries in several processes, print how they ended, and return 1 if a promise was broken."""
    end_with_the_shards()
    options = _options()
    folder = Folder(options.folder)
    if options.shard is not None:
        _play_shard(folder, options.shard, options.shards, options.side_by_side)
        return 0
    wanted = {"canaries": True, "sample": options.sample, "seed": options.seed}
    if options.fresh or not folder.fits(wanted):
        folder.begin(wanted, _chosen(options.sample, options.seed))
    total = len(folder.planned())
    arguments = ["--folder", str(folder.path), "--side-by-side", str(options.side_by_side)]
    run_shards("campaign.canary_campaign", arguments, options.shards, lambda: _progress(folder, total))
    results = folder.results()
    console = Console(width=140)
    for each in results:
        if each["verdict"] not in _KEPT:
            console.print(f"{each['verdict']}: {each['case']}: {each['reason']}", markup=False, highlight=False)
    counted = Counter(each["verdict"] for each in results)
    console.print(f"{len(results)} of {total}: " + ", ".join(f"{each.value} {counted[each.value]}" for each in Verdict))
    return int(len(results) < total or any(each["verdict"] not in _KEPT for each in results))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m campaign.canary_campaign", description=__doc__)
    parser.add_argument("--seed", type=int, default=1, help="seed of the random choice")
    add_options(parser, ROOT / "build" / "canaries", side_by_side=6)
    return parser.parse_args()


def _chosen(sample: int | None, seed: int) -> list[Case]:
    """Return every case, or a random choice; the call sites come from two canaries without a fault."""
    with Stage() as stage:
        every = cases(CanaryPlayer(stage).sites())
    draw = random.Random(seed)  # noqa: S311 (no secret)
    return every if sample is None else draw.sample(every, min(sample, len(every)))


def _progress(folder: Folder, total: int) -> tuple[str, int, int]:
    results = folder.results()
    broken = sum(each["verdict"] not in _KEPT for each in results)
    return f"canaries, {broken} broken", len(results), total


def _play_shard(folder: Folder, number: int, shards: int, side_by_side: int) -> None:
    done = {result["case"] for result in folder.results()}
    planned = [Case(each["tried_ms"], Site(**each["site"]), each["strike"]) for each in folder.planned()]
    writing = threading.Lock()
    with Stage() as stage, ThreadPoolExecutor(side_by_side) as pool:
        player = CanaryPlayer(stage)

        def play(case: Case) -> None:
            key, judgement = player.play(case)
            with writing:
                result = {"case": key, "verdict": judgement.verdict.value, "reason": judgement.reason}
                folder.add(f"shard-{number}", result)

        list(pool.map(play, [case for case in planned[number::shards] if case.key not in done]))


if __name__ == "__main__":
    sys.exit(main())
