"""Load: many targets tuned at once, in an account with low quotas.

``python -m campaign.load`` prints the figures.
"""

import argparse
import contextlib
import json
import sys
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.table import Table

from campaign import targets
from campaign.cases import STACK
from campaign.stage import ROOT
from power_tuner.lambda_limits import CONTROL_PLANE_CALLS_PER_S
from power_tuner.tuning.run_item import CompletedRun
from power_tuner_cli.cloud import find_stack, open_app
from power_tuner_local import LocalAws
from power_tuner_local.lambda_service import LambdaOptions

if TYPE_CHECKING:
    from collections.abc import Sequence

    from power_tuner.tuning.run_item import RunItem

NUM = 4
SOURCE = "import time\n\n\ndef handler(event, context):\n    time.sleep(0.2)\n"
_ROLE = "arn:aws:iam::123456789012:role/target"
_POLL_S = 0.5


@dataclass(frozen=True, slots=True)
class Load:
    """How much is tuned at once, and the account's quotas.

    Attributes:
        runs: Targets that are tuned at once.
        calls_per_s: Calls a second that Lambda's control plane accepts.
        concurrency: Invocations that may run at once, the app's own included.
        memories_mb: The memory sizes that each run measures.
    """

    runs: int = 100
    calls_per_s: float = CONTROL_PLANE_CALLS_PER_S
    concurrency: int = 100
    memories_mb: tuple[int, ...] = (128, 256, 512)


@dataclass(slots=True)
class Figures:
    """The figures of one load test.

    Attributes:
        ends: The number of executions by status; those that did not end are `RUNNING`.
        causes: Why runs failed, and how many did.
        took_s: The duration of each run, shortest first.
        short: Runs with memory sizes that were not measured, or with samples missing.
        calls: Calls that the control plane accepted.
        calls_refused: Calls that it throttled.
        most_concurrent: The most invocations at once.
        invocations_refused: Invocations that were throttled.
        left: Targets that are not as they were before.
        leases: Leases that were left.
    """

    ends: "Counter[str]" = field(default_factory=Counter)
    causes: "Counter[str]" = field(default_factory=Counter)
    took_s: list[float] = field(default_factory=list)
    short: list[str] = field(default_factory=list)
    calls: int = 0
    calls_refused: int = 0
    most_concurrent: int = 0
    invocations_refused: int = 0
    left: list[str] = field(default_factory=list)
    leases: int = 0

    def is_sound(self, runs: int) -> bool:
        """Return whether all runs completed, in full, and left nothing behind."""
        return self.ends == {"SUCCEEDED": runs} and not (self.short or self.left or self.leases)


def put_under_load(load: Load, timeout_s: float) -> Figures:
    """Start all runs at once, wait until the last has ended, and return the figures."""
    options = LambdaOptions(update_delay_s=0.1, max_sandboxes=load.concurrency + 20)
    with LocalAws(lambda_options=options) as aws, contextlib.ExitStack() as made:
        aws.deploy(ROOT / "template.yaml", stack_name=STACK)
        app = open_app(aws, find_stack(aws, STACK))
        functions, machines = aws.client("lambda"), aws.client("stepfunctions")
        names = [f"load-{number:03}" for number in range(load.runs)]
        before = {name: made.enter_context(targets.new_target(functions, name, SOURCE, _ROLE)) for name in names}
        aws.control_plane.allow(load.calls_per_s)
        aws.concurrency.account_limit = load.concurrency
        with ThreadPoolExecutor(16) as pool:
            start = partial(_start, machines, app.settings.state_machine_arn, load.memories_mb)
            arns = list(pool.map(start, names))
        ended = _watch(machines, arns, timeout_s)
        figures = Figures(
            ends=Counter(execution["status"] for execution in ended),
            causes=Counter(execution.get("cause", "")[:160] for execution in ended if execution.get("cause")),
            took_s=sorted(
                (each["stopDate"] - each["startDate"]).total_seconds() for each in ended if "stopDate" in each
            ),
            calls=aws.control_plane.taken,
            calls_refused=aws.control_plane.refused,
            most_concurrent=aws.concurrency.most,
            invocations_refused=aws.concurrency.refused,
        )
        aws.control_plane.allow(None)
        figures.left = [name for name in names if targets.trace(functions, name) != before[name]]
        figures.leases = len(list(app.leases.held()))
        completed = app.history.of_status("completed", load.runs)
        figures.short = sorted(_short(aws.client("s3"), app.settings.bucket_name, completed, len(load.memories_mb)))
        return figures


def _start(machines: Any, machine_arn: str, memories_mb: "Sequence[int]", name: str) -> str:
    wanted = {"lambdaARN": name, "num": NUM, "powerValues": memories_mb, "payload": {}}
    answer = machines.start_execution(stateMachineArn=machine_arn, name=name, input=json.dumps(wanted))
    return str(answer["executionArn"])


def _watch(machines: Any, arns: "Sequence[str]", timeout_s: float) -> list[dict[str, Any]]:
    """Return the descriptions of all executions, as soon as all have ended or the time is up."""
    deadline_s = time.monotonic() + timeout_s
    ended: dict[str, dict[str, Any]] = {}
    while True:
        for arn in arns:
            if ended.get(arn, {}).get("status", "RUNNING") == "RUNNING":
                ended[arn] = machines.describe_execution(executionArn=arn)
        if time.monotonic() > deadline_s or all(each["status"] != "RUNNING" for each in ended.values()):
            return list(ended.values())
        time.sleep(_POLL_S)


def _short(s3: Any, bucket: str, runs: "Sequence[RunItem]", branches: int) -> list[str]:
    """Return the completed runs that measured less than they were asked to."""
    keys = {run.run_id: run.result_key for run in runs if isinstance(run, CompletedRun)}
    documents = {run: json.loads(s3.get_object(Bucket=bucket, Key=key)["Body"].read()) for run, key in keys.items()}
    return [
        run
        for run, document in documents.items()
        if [NUM] * branches != [branch.get("samples") for branch in document["branches"]]
    ]


def table(load: Load, figures: Figures) -> Table:
    """Return the figures as a table."""
    shown = Table(show_header=False)
    took_s = figures.took_s or [0.0]
    middle_s = took_s[len(took_s) // 2]
    for name, value in (
        ("runs at once", load.runs),
        ("execution status", ", ".join(f"{count} {end}" for end, count in figures.ends.items())),
        ("runs that measured less than asked", len(figures.short)),
        ("run duration in s: shortest, median, longest", f"{took_s[0]:.0f}, {middle_s:.0f}, {took_s[-1]:.0f}"),
        ("control-plane calls per second allowed", load.calls_per_s),
        ("... calls accepted, throttled", f"{figures.calls}, {figures.calls_refused}"),
        ("concurrent invocations allowed", load.concurrency),
        ("... most at once, throttled", f"{figures.most_concurrent}, {figures.invocations_refused}"),
        ("targets changed", len(figures.left)),
        ("leases left", figures.leases),
    ):
        shown.add_row(name, str(value))
    return shown


def main() -> int:
    """Run the load test and print the figures; return 0 if all runs were sound."""
    parser = argparse.ArgumentParser(prog="python -m campaign.load", description=__doc__)
    usual = Load()
    parser.add_argument("--runs", type=int, default=usual.runs)
    parser.add_argument("--calls-per-second", type=float, default=usual.calls_per_s)
    parser.add_argument("--concurrency", type=int, default=usual.concurrency)
    parser.add_argument("--timeout-seconds", type=float, default=1800.0)
    asked = parser.parse_args()
    load = Load(asked.runs, asked.calls_per_second, asked.concurrency)
    figures = put_under_load(load, asked.timeout_seconds)
    console = Console(width=120)
    console.print(table(load, figures))
    for cause, count in figures.causes.most_common():
        console.print(f"{count} x {cause}", markup=False, highlight=False)
    return 0 if figures.is_sound(load.runs) else 1


if __name__ == "__main__":
    sys.exit(main())
