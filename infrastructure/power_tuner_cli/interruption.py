"""Ctrl-C during a run, deferred until nothing is half-done.

A KeyboardInterrupt that is raised anywhere can be lost in a library's clean-up code, so that the run goes on, or it can
come between the start of an execution and the note of its name.
"""

import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


class Interruption:
    """Whether Ctrl-C was pressed."""

    def __init__(self) -> None:
        self._noted = False

    def note(self, _signal: int, _frame: FrameType | None) -> None:
        """Note the first Ctrl-C; raise KeyboardInterrupt at the second."""
        if self._noted:
            raise KeyboardInterrupt
        self._noted = True

    def pause(self, seconds: float) -> None:
        """Sleep, then raise KeyboardInterrupt if Ctrl-C was pressed.

        Raises:
            KeyboardInterrupt: Ctrl-C was pressed.
        """
        time.sleep(seconds)
        if self._noted:
            raise KeyboardInterrupt


@contextmanager
def deferred_interruption() -> Iterator[Interruption]:
    """Defer Ctrl-C in this block to the next `pause`."""
    interruption = Interruption()
    before = signal.signal(signal.SIGINT, interruption.note)
    try:
        yield interruption
    finally:
        signal.signal(signal.SIGINT, before)
