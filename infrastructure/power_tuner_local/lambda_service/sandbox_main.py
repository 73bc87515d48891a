"""Starts AWS's runtime client; run as a script, as the sandbox's process."""

import fcntl
import os
import signal
import site
import sys
import time
from typing import Any

# A smaller offset can be the delay of an event's delivery on a busy machine.
LEAST_OFFSET_S = 30.0


def die_with(lifeline: int, *, outlives_exec: bool = False) -> None:
    """Have the kernel kill this process when the local AWS, the last writer of a pipe, has ended.

    Args:
        lifeline: The descriptor of the pipe's other end.
        outlives_exec: Whether this also holds for what this process is about to become.
    """
    if hasattr(fcntl, "F_SETSIG"):
        # opened again: the signal's receiver belongs to the open file, which all sandboxes inherit
        own = os.open(f"/proc/self/fd/{lifeline}", os.O_RDONLY | os.O_NONBLOCK)
        fcntl.fcntl(own, fcntl.F_SETOWN, os.getpid())
        fcntl.fcntl(own, fcntl.F_SETSIG, signal.SIGKILL)
        fcntl.fcntl(own, fcntl.F_SETFL, os.O_ASYNC | os.O_NONBLOCK)
        os.set_inheritable(own, outlives_exec)
    os.close(lifeline)


def follow_deadlines(client: Any, timeout_s: float) -> None:
    """Shift this process's clock as far as the deadlines of its invocations are shifted."""
    wait, offset_s = client.wait_next_invocation, 0.0

    def next_invocation() -> Any:
        nonlocal offset_s
        request = wait()
        ahead_s = int(request.deadline_time_in_ms) / 1000 - timeout_s - true_time()
        offset_s = ahead_s if abs(ahead_s) > LEAST_OFFSET_S else 0.0
        return request

    true_time = time.time
    time.time = lambda: true_time() + offset_s
    client.wait_next_invocation = next_invocation


def main() -> None:
    """Become the runtime: `sandbox_main.py <lifeline descriptor> <handler>`."""
    lifeline, handler = sys.argv[1:]
    die_with(int(lifeline))
    site.setquit()
    sys.path[0] = os.environ["LAMBDA_TASK_ROOT"]
    sys.argv = [sys.argv[0], handler]
    # imported late: the runtime client reads the environment at import, and the handler's path must come first
    from awslambdaric.bootstrap import run  # noqa: PLC0415
    from awslambdaric.lambda_runtime_client import LambdaRuntimeClient  # noqa: PLC0415

    # without the polling thread of newer runtimes, which serves signals and would be charged to the handler
    client = LambdaRuntimeClient(os.environ["AWS_LAMBDA_RUNTIME_API"])  # type: ignore[no-untyped-call]
    if timeout_s := os.environ.pop("LOCAL_AWS_TIMEOUT_S", None):
        follow_deadlines(client, float(timeout_s))
    run(handler, client)  # type: ignore[no-untyped-call]


if __name__ == "__main__":
    main()
