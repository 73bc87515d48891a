"""Several processes side by side, each with its own stage, and one progress bar."""

import argparse
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_EXIT_ENDED = 1


def end_with_the_shards() -> None:
    """Exit normally on SIGTERM, so that the stage and the other processes end too."""

    def leave(*_: object) -> NoReturn:
        sys.exit(_EXIT_ENDED)

    signal.signal(signal.SIGTERM, leave)


def add_options(parser: argparse.ArgumentParser, folder: Path, side_by_side: int) -> None:
    """Add the options that campaigns have in common.

    Args:
        parser: Of the campaign.
        folder: Where it keeps its plan and its results unless told otherwise.
        side_by_side: What it plays at once in each process unless told otherwise.
    """
    parser.add_argument("--sample", type=int, help="play this many cases, chosen at random")
    parser.add_argument("--shards", type=int, default=2, help="number of processes")
    parser.add_argument("--side-by-side", type=int, default=side_by_side, help="played at once in each process")
    parser.add_argument("--fresh", action="store_true", help="start over instead of continuing an interrupted campaign")
    parser.add_argument("--folder", type=Path, default=folder, help="folder of the plan and the results")
    parser.add_argument("--shard", type=int, help=argparse.SUPPRESS)


def run_shards(
    module: str, arguments: "Sequence[str]", shards: int, progress: "Callable[[], tuple[str, int, int | None]]"
) -> bool:
    """Run a module in several processes and return whether all of them exited with 0.

    Args:
        module: A module that takes ``--shard N`` and ``--shards N``.
        arguments: Its other arguments.
        shards: The number of processes.
        progress: Returns a description, how much is done, and of how much if that is known.
    """
    command = [sys.executable, "-W", "ignore", "-m", module, *arguments, "--shards", str(shards)]
    running = [subprocess.Popen([*command, "--shard", str(number)]) for number in range(shards)]  # noqa: S603
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    try:
        with Progress(*columns) as bar:
            task = bar.add_task("", total=None)
            while any(shard.poll() is None for shard in running):
                description, completed, total = progress()
                bar.update(task, description=description, completed=completed, total=total)
                time.sleep(1)
    finally:
        for shard in running:
            shard.terminate()
            shard.wait()
    return all(shard.returncode == 0 for shard in running)
