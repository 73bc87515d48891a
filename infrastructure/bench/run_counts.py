"""What an ordinary run asks of Lambda and of Step Functions: six power values, num 10, warm, parallel and cold."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bench.figures import Figure
from bench.scale_run import ROOT, TRIVIAL, run_once

if TYPE_CHECKING:
    from bench.observation import Calls
    from power_tuner_local import LocalAws

POWER_VALUES = [128, 256, 512, 1024, 1536, 3008]
NUM = 10
# aws-lambda-power-tuning makes 65 control-plane calls and 25 transitions for the first, 611 calls for the last.
KINDS: dict[str, tuple[dict[str, Any], int]] = {
    "warm": ({}, 32),
    "parallel": ({"parallelInvocation": True}, 32),
    "cold": ({"onlyColdStarts": True}, 60),
}


def measure(aws: LocalAws, *, timeout_s: float) -> list[Figure]:
    """Run each kind once and count its control-plane calls, its state transitions and its time."""
    stack = aws.deploy(ROOT / "template.yaml")
    target = aws.add_function(TRIVIAL, name="bench-counts", memory_mb=1024)
    figures = []
    for kind, (fields, bar) in KINDS.items():
        run_input = {"lambdaARN": target, "powerValues": POWER_VALUES, "num": NUM, "payload": {}, **fields}
        run = run_once(aws, stack.outputs["StateMachineArn"], run_input, timeout_s)
        actions = _control_plane(run.calls)
        note = ", ".join(f"{action} {count}" for action, count in sorted(actions.items()))
        figures += [
            Figure(f"{kind}: control-plane calls", sum(actions.values()), "", bar, note),
            Figure(f"{kind}: state transitions", run.histories.transitions, "", note="children included"),
            Figure(f"{kind}: wall time", run.seconds, "s"),
        ]
    return figures


def _control_plane(calls: Calls) -> dict[str, int]:
    return {
        action: count for (service, action), count in calls.counts.items() if service == "lambda" and action != "Invoke"
    }
