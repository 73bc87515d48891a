"""Several processes side by side, each with its own stage, and one progress bar."""

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
    """Exit normally on SIGTERM, so that the stage and the other processes end too."""

    def leave(*_: object) -> NoReturn:
        sys.exit(_EXIT_ENDED)

    signal.signal(signal.SIGTERM, leave)


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
