"""A Lambda service ends while functions run."""

import time
from concurrent.futures import ThreadPoolExecutor, wait
from pathlib import Path
from typing import Any

import pytest

from power_tuner_local.lambda_service import LambdaOptions

RUNNING = 12


@pytest.mark.parametrize("attempt", range(4))
def test_what_runs_at_the_end_is_ended_by_who_waits_for_it(run_service: Any, attempt: int) -> None:
    """Each invocation comes to its end and no process is left; a race, so it is played several times."""
    with ThreadPoolExecutor(RUNNING) as threads:
        with run_service(LambdaOptions()) as aws:
            aws.add("sleeper")
            running = [threads.submit(aws.invoke, "sleeper", {"sleep_ms": 9000}) for _ in range(RUNNING)]
            until = time.monotonic() + 8
            while len(pids := aws.service.sandbox_pids()) < RUNNING and time.monotonic() < until:
                time.sleep(0.02)
        ended = wait(running, timeout=3).done

    until = time.monotonic() + 3
    while (left := [pid for pid in pids if Path(f"/proc/{pid}").exists()]) and time.monotonic() < until:
        time.sleep(0.02)

    assert len(pids) == RUNNING, attempt
    assert ended == set(running)
    assert left == []
