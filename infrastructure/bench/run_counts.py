"""The API calls and state transitions of an ordinary run: six memory sizes, num 10, warm, parallel and cold."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bench.figures import Figure
from bench.scale_run import ROOT, TRIVIAL, run_once

if TYPE_CHECKING:
    from bench.observation import Calls
    from bench.scale_run import Run
    from power_tuner_local import LocalAws

MEMORIES_MB = [128, 256, 512, 1024, 1536, 3008]
NUM = 10
# aws-lambda-power-tuning makes 65 control-plane calls and 25 transitions for the first, 611 calls for the last.
KINDS: dict[str, tuple[dict[str, Any], int]] = {
    "warm": ({}, 32),
    "parallel": ({"parallelInvocation": True}, 32),
    "cold": ({"onlyColdStarts": True}, 60),
}
# Of a target that may take longer than an API waits (29 s), a run asks once more: who may call it.
TIMEOUT_S = 10
# Where times are judged the target waits, as most functions do. The sandbox of one that returns at once would serve
# the next parallel invocation too, and only the cold run would start a process for each.
WAIT_MS = 500
# A cold run takes as long as a parallel one, give or take this much.
COLD_TO_PARALLEL = 1.25


def measure(aws: LocalAws, *, timeout_s: float, judged: bool) -> list[Figure]:
    """Run each kind once and return its control-plane calls, state transitions and time."""
    wait_ms = WAIT_MS if judged else 0
    stack = aws.deploy(ROOT / "template.yaml")
    target = aws.add_function(TRIVIAL, name="bench-counts", memory_mb=1024, timeout_s=TIMEOUT_S)

    def run(fields: dict[str, Any]) -> Run:
        run_input = {
            "lambdaARN": target,
            "powerValues": MEMORIES_MB,
            "num": NUM,
            "payload": {"waitMs": wait_ms},
            **fields,
        }
        return run_once(aws, stack.outputs["StateMachineArn"], run_input, timeout_s)

    if judged:
        run({"num": 1})  # a first run starts the app's functions
    figures = []
    seconds: dict[str, float] = {}
    for kind, (fields, bar) in KINDS.items():
        measured = run(fields)
        actions = control_plane(measured.calls)
        seconds[kind] = measured.seconds
        as_parallel = seconds["parallel"] * COLD_TO_PARALLEL if judged and kind == "cold" else None
        note = ", ".join(f"{action} {count}" for action, count in sorted(actions.items()))
        figures += [
            Figure(f"{kind}: control-plane calls", sum(actions.values()), "", bar, note),
            Figure(f"{kind}: state transitions", measured.histories.transitions, "", note="children included"),
            Figure(f"{kind}: wall time", measured.seconds, "s", as_parallel, f"a target of {wait_ms} ms"),
        ]
    return figures


def control_plane(calls: Calls) -> dict[str, int]:
    """Return the number of requests to Lambda by action, invocations left out."""
    return {
        action: count for (service, action), count in calls.counts.items() if service == "lambda" and action != "Invoke"
    }
