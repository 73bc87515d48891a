"""An ordinary warm run where updates of the target take as long as on AWS: its calls and the time to publish."""

from __future__ import annotations

import time
from collections import Counter
from typing import TYPE_CHECKING

from bench.figures import Figure
from bench.run_counts import MEMORIES_MB, NUM, TIMEOUT_S, control_plane
from bench.scale_run import ROOT, TRIVIAL, run_once
from power_tuner_local import LocalAws
from power_tuner_local.lambda_service import LambdaOptions

if TYPE_CHECKING:
    from collections.abc import Sequence

    from power_tuner_local.gateway.api_calls import ApiCall

# The default of the local AWS, and what updates take on AWS: from a quick one to one of a function in a VPC.
UPDATES_S = (0.03, 0.3, 1.0, 3.0, 8.0)
CALLS = 32
# Five test memory sizes, and the one that the target had.
UPDATES = len(MEMORIES_MB)
TO_SUM = 1.25
# With shorter updates than this the time is that of the calls.
JUDGED_FROM_S = 0.3


def measure(updates_s: Sequence[float], *, timeout_s: float, judged: bool) -> list[Figure]:
    """Run once at each pace of updates and return its control-plane calls and the duration of its publishing."""
    return [figure for update_s in updates_s for figure in _measure(update_s, timeout_s=timeout_s, judged=judged)]


def _measure(update_s: float, *, timeout_s: float, judged: bool) -> list[Figure]:
    times_s: list[float] = []

    def note(call: ApiCall) -> None:
        if call.service == "lambda" and call.action in {"PublishVersion", "UpdateFunctionConfiguration"}:
            times_s.append(time.monotonic())

    with LocalAws(lambda_options=LambdaOptions(update_delay_s=update_s)) as aws:
        machine = aws.deploy(ROOT / "template.yaml").outputs["StateMachineArn"]
        target = aws.add_function(TRIVIAL, name="bench-pace", memory_mb=1024, timeout_s=TIMEOUT_S)
        run_once(
            aws, machine, {"lambdaARN": target, "num": 1, "powerValues": [512, 1024]}, timeout_s
        )  # starts the app's functions
        aws.gateway.interceptors.append(note)
        run = run_once(
            aws, machine, {"lambdaARN": target, "powerValues": MEMORIES_MB, "num": NUM, "payload": {}}, timeout_s
        )
    actions = Counter(control_plane(run.calls))
    note_of_calls = ", ".join(f"{action} {count}" for action, count in sorted(actions.items()))
    bar_s = UPDATES * update_s * TO_SUM if judged and update_s >= JUDGED_FROM_S else None
    return [
        Figure(f"updates of {update_s:g} s: control-plane calls", actions.total(), "", CALLS, note_of_calls),
        Figure(
            f"updates of {update_s:g} s: publishing",
            times_s[-1] - times_s[0],
            "s",
            bar_s,
            "from the first to the last call that changes the target",
        ),
        Figure(f"updates of {update_s:g} s: wall time", run.seconds, "s"),
    ]
