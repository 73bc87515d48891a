"""The duration of a sandbox's work at the vCPU share of its memory size.

Reported duration = time spent waiting + CPU time / share: it depends neither on the load of this machine nor on
the number of its cores.
"""

from dataclasses import dataclass

from power_tuner_local.lambda_service.limits import MB_PER_VCPU

RUNTIME_NS = 300_000
"""CPU time of AWS's runtime client per event, charged at full speed: otherwise it would be most of the duration of a
small handler at 128 MB. Lambda's own scheduler lets such short bursts pass too."""
_OVERLAP = 1.1
"""How far the threads' times must exceed the window to count as parallel; less is taken for a measuring error."""


@dataclass(frozen=True, slots=True)
class Usage:
    """What a sandbox's processes used in a window of time.

    Attributes:
        wall_ns: The window's length.
        cpu_ns: CPU time of all threads and child processes.
        queue_ns: Time that threads were ready but waited for a core of this machine, summed over threads.
        busiest_ns: CPU time of the busiest thread.
    """

    wall_ns: int
    cpu_ns: int
    queue_ns: int = 0
    busiest_ns: int = 0


def vcpus_of(memory_mb: int) -> float:
    """Return the vCPUs of a memory size.

    >>> vcpus_of(1769), round(vcpus_of(10240), 2)
    (1.0, 5.79)
    """
    return memory_mb / MB_PER_VCPU


def charged_ns(usage: Usage, vcpus: float) -> int:
    """Return how long the window would have lasted with that many vCPUs and nothing else on the machine.

    Threads that were ready at the same time, which shows in times that add up to more than the window, are spread
    over the vCPUs. Threads that took turns (Python's global lock) are not.

    >>> charged_ns(Usage(wall_ns=10_000_000, cpu_ns=6_300_000, busiest_ns=6_300_000), 0.5)
    16000000
    >>> charged_ns(Usage(wall_ns=10_000_000, cpu_ns=6_300_000, busiest_ns=6_300_000), 4)
    10000000
    """
    ready = usage.cpu_ns + usage.queue_ns
    waiting = max(0, usage.wall_ns - ready)
    together = ready / usage.wall_ns if usage.wall_ns and ready > _OVERLAP * usage.wall_ns else 1.0
    unslowed_ns = min(usage.cpu_ns, RUNTIME_NS)
    computing = unslowed_ns + (usage.cpu_ns - unslowed_ns) / min(vcpus, together)
    return waiting + max(round(computing), usage.busiest_ns)
