"""Several processes side by side, each with a stage of its own, and one bar that shows how far they are."""

import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING, NoReturn

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_EXIT_ENDED = 1


def end_with_the_shards() -> None:
    """Let a process that is ended from outside leave its blocks, so that its stage and its shards end too."""

    def leave(*_: object) -> NoReturn:
        sys.exit(_EXIT_ENDED)

    signal.signal(signal.SIGTERM, leave)


def run_shards(
    module: str, arguments: "Sequence[str]", shards: int, how_far: "Callable[[], tuple[str, int, int | None]]"
) -> bool:
    """Start a module once for each shard and wait; tells whether all came to their end.

    Args:
        module: Its name; it takes ``--shard N`` and ``--shards N``.
        arguments: What it is told besides.
        shards: How many processes.
        how_far: Returns what is done, how many of it are, and of how many if that is known.
    """
    command = [sys.executable, "-W", "ignore", "-m", module, *arguments, "--shards", str(shards)]
    running = [subprocess.Popen([*command, "--shard", str(number)]) for number in range(shards)]  # noqa: S603
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    try:
        with Progress(*columns) as progress:
            task = progress.add_task("", total=None)
            while any(shard.poll() is None for shard in running):
                description, completed, total = how_far()
                progress.update(task, description=description, completed=completed, total=total)
                time.sleep(1)
    finally:
        for shard in running:
            shard.terminate()
            shard.wait()
    return all(shard.returncode == 0 for shard in running)
