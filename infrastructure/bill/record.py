"""Play on the local AWS what the bill is of: two runs, a night of drift checks, a call of the janitor."""

import json
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bill.scenes import MEMORIES_MB, NUM
from bill.usage import Usage, minus, recording
from power_tuner.automation.profile import Profile
from power_tuner_cli.cloud import find_stack, open_app
from power_tuner_local import LocalAws

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "infrastructure" / "examples" / "cpu_bound"
_STACK = "power-tuner"
_REPORTS = 200
_POLL_S = 0.2


def record() -> dict[str, Usage]:
    """Return what each of them used."""
    with LocalAws() as aws:
        aws.deploy(ROOT / "template.yaml", stack_name=_STACK)
        stage = _Stage(aws)
        targets = [aws.add_function(EXAMPLE, name=name, memory_mb=1024) for name in ("bill-one", "bill-two")]
        stage.tune({"lambdaARN": targets[0], "num": 1, "powerValues": [1024]})  # starts the app's functions
        usages: dict[str, Usage] = {}
        with recording(aws) as usages["classic"]:
            stage.tune({"lambdaARN": targets[0], "num": NUM, "powerValues": MEMORIES_MB})
        with recording(aws) as usages["smart"]:
            stage.tune({"lambdaARN": targets[1], "powerValues": MEMORIES_MB})
        nights = []
        for target in targets:
            stage.enroll(target)
            stage.fire("fleet")
            with recording(aws) as used:
                stage.fire("fleet")
            nights.append(used)
        usages["check"] = minus(nights[1], nights[0])
        usages["night"] = minus(nights[0], usages["check"])
        stage.fire("janitor")
        with recording(aws) as usages["janitor"]:
            stage.fire("janitor")
    return usages


class _Stage:
    """The local AWS with the tuner."""

    def __init__(self, aws: LocalAws) -> None:
        self._aws = aws
        self._stack = find_stack(aws, _STACK)

    def tune(self, run_input: dict[str, Any]) -> None:
        """Tune to the end.

        Raises:
            RuntimeError: The run failed.
        """
        event = json.loads((EXAMPLE / "event.json").read_text("utf-8"))
        client = self._aws.client("stepfunctions")
        arn = client.start_execution(
            stateMachineArn=self._stack.settings.state_machine_arn, input=json.dumps({"payload": event, **run_input})
        )["executionArn"]
        while (execution := client.describe_execution(executionArn=arn))["status"] == "RUNNING":
            time.sleep(_POLL_S)
        if execution["status"] != "SUCCEEDED":
            raise RuntimeError(f"{execution['status']}: {execution.get('cause')}")
        self._aws.wait_until_idle()

    def enroll(self, arn: str) -> None:
        """Enrol a function that production has invoked a little."""
        open_app(self._aws, self._stack).profiles.put(Profile(arn, {"powerValues": list(MEMORIES_MB)}))
        logs, group, stream = self._aws.client("logs"), f"/aws/lambda/{arn.rpartition(':')[2]}", "production"
        logs.create_log_stream(logGroupName=group, logStreamName=stream)
        now_ms = int(time.time() * 1000)
        events = [{"timestamp": now_ms, "message": line} for line in _production_lines()]
        logs.put_log_events(logGroupName=group, logStreamName=stream, logEvents=events)

    def fire(self, name: str) -> None:
        """Fire a schedule of the stack, and wait for all that follows."""
        schedules = self._aws.client("scheduler").list_schedules()["Schedules"]
        self._aws.fire_schedule(next(each["Name"] for each in schedules if name in each["Name"]))
        self._aws.wait_until_idle()


def _production_lines() -> "Iterator[str]":
    for number in range(_REPORTS):
        yield f"START RequestId: 8f5b-{number} Version: $LATEST"
        yield (
            f"REPORT RequestId: 8f5b-{number}\tDuration: {80 + number} ms\tBilled Duration: 90 ms\t"
            "Memory Size: 1024 MB\tMax Memory Used: 40 MB\t"
        )
