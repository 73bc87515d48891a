"""CPU time, run-queue delay and memory of a process tree, as Linux reports them, or else as it can be had."""

import contextlib
import os
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from power_tuner_local.lambda_service.vcpu_share import Usage

if TYPE_CHECKING:
    from power_tuner_local.lambda_service.portable_usage import PortableMeter

_TICK_NS = 1_000_000_000 // os.sysconf("SC_CLK_TCK")
_PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")
_PROC = Path("/proc")
_GONE = (FileNotFoundError, ProcessLookupError, PermissionError)


def meter_of(pid: int) -> "ProcessMeter | PortableMeter":
    """Return a meter of the process tree of a sandbox."""
    if (_PROC / "self" / "stat").exists():
        return ProcessMeter(pid)
    from power_tuner_local.lambda_service.portable_usage import PortableMeter  # noqa: PLC0415 (not installed on Linux)

    return PortableMeter(pid)


def cpu_ns(pid: int) -> int:
    """Return the CPU time of a process in nanoseconds, dead threads included."""
    return time.clock_gettime_ns((~pid << 3) | 2)


@dataclass(slots=True)
class ProcessMeter:
    """Measures what a sandbox's process tree uses from `start` on."""

    pid: int
    _threads: dict[int, tuple[int, int]] = field(default_factory=dict)
    _base: dict[int, tuple[int, int]] = field(default_factory=dict)
    _base_cpu_ns: int = 0

    def start(self) -> None:
        """Start a measurement."""
        self._threads.clear()
        self._base_cpu_ns = self._sample()
        self._base = dict(self._threads)

    def usage(self, wall_ns: int) -> Usage:
        """Return the usage since `start`."""
        spent_ns = self._sample() - self._base_cpu_ns
        queue_ns = busiest_ns = 0
        for thread, (thread_cpu_ns, thread_queue_ns) in self._threads.items():
            cpu_before_ns, queue_before_ns = self._base.get(thread, (0, 0))
            queue_ns += thread_queue_ns - queue_before_ns
            busiest_ns = max(busiest_ns, thread_cpu_ns - cpu_before_ns)
        return Usage(wall_ns, spent_ns, queue_ns, min(busiest_ns, spent_ns))

    @property
    def is_parallel(self) -> bool:
        """Return whether more than one thread was seen since `start`."""
        return len(self._threads) > 1

    def resident_bytes(self) -> int:
        """Return the current memory of the process tree."""
        total = 0
        for pid in (self.pid, *self._children(self.pid)):
            with contextlib.suppress(*_GONE):
                total += int((_PROC / str(pid) / "statm").read_bytes().split()[1]) * _PAGE_BYTES
        return total

    def peak_bytes(self) -> int:
        """Return the peak memory of the sandbox's own process."""
        with contextlib.suppress(*_GONE):
            for line in (_PROC / str(self.pid) / "status").read_bytes().splitlines():
                if line.startswith(b"VmHWM:"):
                    return int(line.split()[1]) * 1024
        return 0

    def _sample(self) -> int:
        """Record each thread's times; return the CPU time of the whole tree."""
        total_ns = cpu_ns(self.pid)
        self._note_threads(self.pid)
        for child in self._children(self.pid):
            with contextlib.suppress(OSError):
                total_ns += cpu_ns(child)
            self._note_threads(child)
        return total_ns + self._reaped_ns()

    def _note_threads(self, pid: int) -> None:
        tasks = f"/proc/{pid}/task"
        with contextlib.suppress(*_GONE):
            for thread in os.listdir(tasks):  # noqa: PTH208 (twice per invocation: a third of the time)
                with contextlib.suppress(*_GONE):
                    times = _read(f"{tasks}/{thread}/schedstat").split()
                    self._threads[int(thread)] = (int(times[0]), int(times[1]))

    def _children(self, pid: int) -> list[int]:
        found: list[int] = []
        tasks = f"/proc/{pid}/task"
        with contextlib.suppress(*_GONE):
            for thread in os.listdir(tasks):  # noqa: PTH208 (twice per invocation: a third of the time)
                with contextlib.suppress(*_GONE):
                    for child in _read(f"{tasks}/{thread}/children").split():
                        found += (int(child), *self._children(int(child)))
        return found

    def _reaped_ns(self) -> int:
        """Return the CPU time of children that have ended and been reaped."""
        with contextlib.suppress(*_GONE):
            fields = _read(f"/proc/{self.pid}/stat").rpartition(b")")[2].split()
            return (int(fields[13]) + int(fields[14])) * _TICK_NS
        return 0


def _read(path: str) -> bytes:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        return os.read(descriptor, 4096)
    finally:
        os.close(descriptor)
