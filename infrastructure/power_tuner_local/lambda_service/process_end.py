"""Whether a process has ended: told by a descriptor on Linux, asked for elsewhere."""

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import subprocess


class ProcessEnd:
    """The end of a child process.

    Attributes:
        descriptor: Is readable when the process has ended; None where there is no such thing, as on macOS.
    """

    def __init__(self, process: "subprocess.Popen[bytes]") -> None:
        self._process = process
        self.descriptor = os.pidfd_open(process.pid) if hasattr(os, "pidfd_open") else None

    def must_be_asked(self) -> bool:
        """Return whether the process has ended and no descriptor tells it."""
        return self.descriptor is None and self._process.poll() is not None

    def close(self) -> None:
        """Close the descriptor."""
        if self.descriptor is not None:
            os.close(self.descriptor)
