"""Ctrl-C while a run goes: noted at once, acted on where nothing is half-done.

Raised wherever the program happens to be, a KeyboardInterrupt can vanish in a library's clean-up code, and the run
would go on; or it strikes between the start of an execution and the note of its name.
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
        """Remember the first Ctrl-C; the second one interrupts at once."""
        if self._noted:
            raise KeyboardInterrupt
        self._noted = True

    def pause(self, seconds: float) -> None:
        """Sleep, then interrupt if Ctrl-C was pressed by now.

        Raises:
            KeyboardInterrupt: It was.
        """
        time.sleep(seconds)
        if self._noted:
            raise KeyboardInterrupt


@contextmanager
def noted_interruption() -> Iterator[Interruption]:
    """Note Ctrl-C in this block instead of raising it anywhere."""
    interruption = Interruption()
    before = signal.signal(signal.SIGINT, interruption.note)
    try:
        yield interruption
    finally:
        signal.signal(signal.SIGINT, before)
