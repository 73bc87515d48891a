"""CPU time and memory of a process tree where there is no /proc, as on macOS: less exact, and slower."""

import contextlib
import time
from typing import TYPE_CHECKING

import psutil

from power_tuner_local.lambda_service.vcpu_share import Usage

if TYPE_CHECKING:
    from collections.abc import Iterator

_LOOK_S = 0.1
"""Children are found by a look at all processes of the machine, which takes milliseconds."""


class PortableMeter:
    """Measures what a sandbox's process tree uses from `start` on; how its threads shared the cores is not known."""

    is_parallel = False

    def __init__(self, pid: int) -> None:
        self._process = psutil.Process(pid)
        self._children: list[psutil.Process] = []
        self._next_look_s = 0.0
        self._used_ns: dict[int, int] = {}
        self._base_ns = 0

    def start(self) -> None:
        """Start a measurement."""
        self._base_ns = self._cpu_ns()

    def usage(self, wall_ns: int) -> Usage:
        """Return the usage since `start`."""
        return Usage(wall_ns, self._cpu_ns() - self._base_ns)

    def resident_bytes(self) -> int:
        """Return the current memory of the process tree; looks for children, as it is called once in a while."""
        if (now_s := time.monotonic()) >= self._next_look_s:
            self._next_look_s = now_s + _LOOK_S
            with contextlib.suppress(psutil.Error):
                self._children = self._process.children(recursive=True)
        return sum(_resident_bytes(each) for each in self._tree())

    def peak_bytes(self) -> int:
        """Return the current memory of the sandbox's own process, as its peak is not known."""
        return _resident_bytes(self._process)

    def _tree(self) -> "Iterator[psutil.Process]":
        yield self._process
        yield from self._children

    def _cpu_ns(self) -> int:
        """Return the CPU time of the tree; what has ended keeps what was last seen."""
        for each in self._tree():
            try:
                times = each.cpu_times()
            except psutil.Error:
                continue
            self._used_ns[each.pid] = round((times.user + times.system) * 1e9)
        return sum(self._used_ns.values())


def _resident_bytes(process: psutil.Process) -> int:
    try:
        return int(process.memory_info().rss)
    except psutil.Error:
        return 0
