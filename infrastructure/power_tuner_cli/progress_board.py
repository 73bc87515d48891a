"""Show the progress of runs."""

from collections.abc import Callable
from types import TracebackType
from typing import Self

from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Column

from power_tuner_cli.console import Screen
from power_tuner_cli.runs import RunProgress

# In a narrower terminal what happens is worth more than a bar.
_COLUMNS_OF_A_BAR = 120

ShowProgress = Callable[[RunProgress], None]


class ProgressBoard:
    """One line per run: name, state, memory sizes, batch, and a bar of its invocations.

    On a terminal the lines are updated; elsewhere each change is a new line; with --json nothing is shown.
    """

    def __init__(self, screen: Screen) -> None:
        self._screen = screen
        self._moves = screen.messages.is_terminal and not screen.as_json
        spinner, done = ("line", "v") if screen.messages.options.ascii_only else ("dots", "✓")
        self._progress = Progress(
            SpinnerColumn(spinner, finished_text=f"[green]{done}"),
            TextColumn("[bold]{task.fields[name]}"),
            # The only one that goes on in the next line where there is no room.
            TextColumn("{task.description}", table_column=Column(no_wrap=False)),
            *([BarColumn(bar_width=24)] if screen.messages.width >= _COLUMNS_OF_A_BAR else ()),
            MofNCompleteColumn(),
            TextColumn("invocations"),
            TimeElapsedColumn(),
            console=screen.messages,
            disable=not self._moves,
        )

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(
        self, _type: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self._progress.stop()

    def add(self, name: str, *, num: int | None, memories_mb: int | None) -> ShowProgress:
        """Add a run and return the function that shows its progress."""
        total = num * memories_mb if num and memories_mb else None
        task = self._progress.add_task("Waiting", total=total, name=escape(name))
        last_line = ""

        def show(progress: RunProgress) -> None:
            nonlocal last_line
            line = describe(progress, num, memories_mb)
            done = sum(progress.invocations.values())
            self._progress.update(task, description=line, completed=done, total=done if progress.ended else total)
            if line != last_line and not self._moves and not self._screen.as_json:
                self._screen.print_message(f"{name}: {line} ({done} invocation{'' if done == 1 else 's'})")
            last_line = line

        return show


def describe(progress: RunProgress, num: int | None, memories_mb: int | None) -> str:
    """Return a run's progress in one line.

    Such as "Measure: 2 of 6 memory sizes done, at 512 MB, batch 0" or, in the smart mode, which has no known total,
    "Measure: round 3, 4 memory sizes tried, at 512 MB".
    """
    if progress.ended or not progress.invocations:
        return progress.state
    if num is None:
        tried = len(progress.invocations)
        return (
            f"{progress.state}: round {progress.rounds}, {tried} memory size{'s' if tried > 1 else ''} tried, "
            f"at {progress.newest_memory_mb} MB"
        )
    done = sum(count >= num for count in progress.invocations.values())
    total = f" of {memories_mb}" if memories_mb else ""
    return (
        f"{progress.state}: {done}{total} memory sizes done, "
        f"at {progress.newest_memory_mb} MB, batch {progress.newest_batch}"
    )
