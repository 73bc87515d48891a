"""The largest run: ALL memory sizes, with the real state machine and a target that does nothing."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench.figures import Figure
from bench.observation import counting_calls, read_histories
from power_tuner.lambda_limits import ALL_MEMORIES_MB

if TYPE_CHECKING:
    from bench.observation import Calls, Histories
    from power_tuner_local import LocalAws

ROOT = Path(__file__).parents[2]
TRIVIAL = Path(__file__).parent / "trivial"
BAR_PAYLOAD_BYTES = 32 * 1024
# Counts in the payload may gain digits when num grows tenfold; nothing else may.
BAR_GROWTH_BYTES = 256
SMALL_VALUES = 8
POLL_S = 0.2


class RunFailed(Exception):
    """A run of the bench did not succeed, so that there is nothing to measure."""


@dataclass(frozen=True, slots=True)
class Run:
    """The figures of one run."""

    seconds: float
    calls: Calls
    histories: Histories


def measure(aws: LocalAws, *, values: int, num: int, timeout_s: float) -> tuple[list[Figure], dict[str, str]]:
    """Run once at full size, and twice at a small size to see what grows with `num`.

    Returns:
        The figures, and the API calls of the large run by service.

    Raises:
        RunFailed: A run did not succeed in time.
    """
    stack = aws.deploy(ROOT / "template.yaml")
    target = aws.add_function(TRIVIAL, name="bench-scale", memory_mb=1024)
    machine = stack.outputs["StateMachineArn"]

    def run(memories_mb: list[int], num: int) -> Run:
        return run_once(
            aws, machine, {"lambdaARN": target, "powerValues": memories_mb, "num": num, "payload": {}}, timeout_s
        )

    few, many = (run(list(ALL_MEMORIES_MB[:SMALL_VALUES]), each) for each in (5, 50))
    large = run(_spread(values), num)
    growth = many.histories.largest_payload - few.histories.largest_payload
    lengthening = many.histories.parent_events - few.histories.parent_events
    figures = [
        Figure("run, wall time", large.seconds, "s", note=f"{large.histories.children} memory sizes x num {num}"),
        Figure("largest state payload", large.histories.largest_payload / 1024, "KB", BAR_PAYLOAD_BYTES / 1024),
        Figure("history events of the parent", large.histories.parent_events, ""),
        Figure("state transitions, children included", large.histories.transitions, ""),
        Figure("payload grown by num 5 -> 50", growth, "bytes", BAR_GROWTH_BYTES, f"{SMALL_VALUES} memory sizes"),
        Figure("history grown by num 5 -> 50", lengthening, "events", 0),
    ]
    return figures, large.calls.by_service()


def _spread(values: int) -> list[int]:
    """Return this many memory sizes, evenly spaced from the smallest to the largest."""
    step = (len(ALL_MEMORIES_MB) - 1) / max(values - 1, 1)
    return [ALL_MEMORIES_MB[round(index * step)] for index in range(values)]


def run_once(aws: LocalAws, machine: str, run_input: dict[str, Any], timeout_s: float) -> Run:
    """Start a run, wait for its end, and return its figures.

    Raises:
        RunFailed: It did not succeed in time.
    """
    client = aws.client("stepfunctions")
    with counting_calls(aws) as calls:
        began = time.monotonic()
        arn = client.start_execution(stateMachineArn=machine, input=json.dumps(run_input))["executionArn"]
        while (execution := client.describe_execution(executionArn=arn))["status"] == "RUNNING":
            if time.monotonic() - began > timeout_s:
                raise RunFailed(f"still running after {timeout_s:g} s")
            time.sleep(POLL_S)
        seconds = time.monotonic() - began
        aws.wait_until_idle()
    if execution["status"] != "SUCCEEDED":
        raise RunFailed(f"{execution['status']}: {execution.get('error')}: {execution.get('cause')}")
    return Run(seconds, calls, read_histories(client, arn))
