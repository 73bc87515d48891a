"""Start a run, follow it to its end, stop it."""

import json
import re
import secrets
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from power_tuner.aws import object_keys
from power_tuner.tuning.payloads import write_payloads
from power_tuner_cli.cloud import Cloud, TunerStack

_NAME_LENGTH = 44
_RECENT_EVENTS = 40
_MEASURE = "Measure"
_STOP_TIMEOUT_S = 60.0


@dataclass(frozen=True, slots=True)
class RunProgress:
    """The progress of a run.

    Attributes:
        state: The state that the state machine is in.
        invocations: Measured invocations per memory size, from the samples stored so far.
        newest_memory_mb: The memory size that stored samples last.
        newest_batch: Its batch.
        rounds: How often the run began to measure; more than once only in the smart mode.
        ended: Whether the run has ended.
    """

    state: str = "Starting"
    invocations: Mapping[int, int] = field(default_factory=dict)
    newest_memory_mb: int | None = None
    newest_batch: int | None = None
    rounds: int = 0
    ended: bool = False


@dataclass(frozen=True, slots=True)
class RunEnd:
    """How a run ended, as Step Functions describes it."""

    status: str
    output: Any = None
    error: str | None = None
    cause: str | None = None


@dataclass(frozen=True, slots=True)
class Run:
    """A run that was started."""

    cloud: Cloud
    stack: TunerStack
    run_id: str
    execution_arn: str

    def follow(
        self, show: Callable[[RunProgress], None], *, interval_s: float, pause: Callable[[float], None] = time.sleep
    ) -> RunEnd:
        """Wait for the run's end and return it; show the progress, with a `pause` between two looks."""
        states, objects = self.cloud.client("stepfunctions"), self.cloud.client("s3")
        state = "Starting"
        rounds: set[int] = set()
        show(RunProgress(state))
        while True:
            execution = states.describe_execution(executionArn=self.execution_arn)
            if execution["status"] != "RUNNING":
                state = execution["status"].capitalize()
                ended = _progress(objects, self.stack.settings.bucket_name, self.run_id, state)
                show(replace(ended, rounds=len(rounds), ended=True))
                return _run_end(execution)
            entered = _recently_entered(states, self.execution_arn)
            state = entered[max(entered)] if entered else state
            rounds |= {event for event, name in entered.items() if name == _MEASURE}
            progress = _progress(objects, self.stack.settings.bucket_name, self.run_id, state)
            show(replace(progress, rounds=len(rounds)))
            pause(interval_s)

    def stop(self) -> str:
        """Stop the execution and return its status; the tuner then cleans up by itself."""
        states = self.cloud.client("stepfunctions")
        states.stop_execution(
            executionArn=self.execution_arn, error="StoppedByUser", cause="Stopped with Ctrl-C in power-tuner tune."
        )
        deadline = time.monotonic() + _STOP_TIMEOUT_S
        while True:
            status = str(states.describe_execution(executionArn=self.execution_arn)["status"])
            if status != "RUNNING" or time.monotonic() >= deadline:
                return status
            time.sleep(0.2)


def start_run(cloud: Cloud, stack: TunerStack, run_input: Mapping[str, Any]) -> Run:
    """Start an execution of the state machine and return the run; the execution's name is the run's id.

    A payload goes to the stack's bucket and the input names it there: AWS records the input of every execution.
    """
    target = str(run_input["lambdaARN"]).split(":function:")[-1]
    short = re.sub(r"[^A-Za-z0-9_-]", "-", target)[:_NAME_LENGTH]
    name = f"{short}-{datetime.now(UTC):%Y%m%d-%H%M%S}-{secrets.token_hex(2)}"
    started = cloud.client("stepfunctions").start_execution(
        stateMachineArn=stack.settings.state_machine_arn,
        name=name,
        input=json.dumps(_with_payload_outside(cloud, stack.settings.bucket_name, name, run_input)),
    )
    execution_arn = started["executionArn"]
    return Run(cloud, stack, execution_arn.rpartition(":")[2], execution_arn)


def _with_payload_outside(cloud: Cloud, bucket: str, run_id: str, run_input: Mapping[str, Any]) -> dict[str, Any]:
    without = {field: value for field, value in run_input.items() if field != "payload"}
    if len(without) == len(run_input):
        return without
    key = object_keys.run_payload(run_id)
    text = write_payloads(run_input["payload"])
    cloud.client("s3").put_object(Bucket=bucket, Key=key, Body=text.encode(), ContentType="application/json")
    return {**without, "payloadS3": f"s3://{bucket}/{key}"}


def _run_end(execution: Mapping[str, Any]) -> RunEnd:
    output = execution.get("output")
    return RunEnd(
        execution["status"],
        json.loads(output) if output else None,
        execution.get("error"),
        execution.get("cause"),
    )


def _recently_entered(states: Any, execution_arn: str) -> dict[int, str]:
    """Return the states entered recently, by the id of the event."""
    history = states.get_execution_history(
        executionArn=execution_arn, reverseOrder=True, maxResults=_RECENT_EVENTS, includeExecutionData=False
    )
    return {
        int(event["id"]): str(event["stateEnteredEventDetails"]["name"])
        for event in history["events"]
        if "stateEnteredEventDetails" in event
    }


def _progress(objects: Any, bucket: str, run_id: str, state: str) -> RunProgress:
    counts: Counter[int] = Counter()
    newest: tuple[datetime, int, int] | None = None
    pages = objects.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=object_keys.all_samples(run_id))
    for page in pages:
        for item in page.get("Contents", ()):
            block = object_keys.parse_samples(item["Key"])
            counts[block.memory_mb] += block.sample_count
            if newest is None or (item["LastModified"], block.memory_mb) > newest[:2]:
                newest = (item["LastModified"], block.memory_mb, block.batch)
    return RunProgress(state, dict(counts), newest and newest[1], newest and newest[2])
