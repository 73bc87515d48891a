"""Whatever happens to a run, the target is as it was, or as somebody else deployed it meanwhile."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from e2e.cloud import Cloud, Tuner, bundle, trace_of, wait_for
from power_tuner_cli.cloud import find_stack
from power_tuner_cli.replay import replay_all

pytestmark = pytest.mark.local_aws

MakeTarget = Callable[..., str]

SLOW = """
    import time

    def handler(event, context):
        time.sleep(1)
"""


def memory_mb(cloud: Cloud, arn: str) -> int:
    """Return the memory of $LATEST."""
    return int(cloud.client("lambda").get_function_configuration(FunctionName=arn)["MemorySize"])


def wait_until_clean(tuner: Tuner, arn: str, run_id: str) -> dict[str, Any]:
    """Wait until the run's lease is released and its item written; return the item."""

    def clean() -> dict[str, Any] | None:
        return None if tuner.leases(arn) else tuner.run_item(arn, run_id)

    item: dict[str, Any] = wait_for(f"run {run_id} is cleaned up", clean)
    return item


def test_users_version_equal_to_a_tested_power_value_survives(cloud: Cloud, tuner: Tuner, target: MakeTarget) -> None:
    """Lambda answers the user's own version when it equals the first memory size; it is measured, never deleted."""
    arn = target(memory_mb=256)
    client = cloud.client("lambda")
    version = client.publish_version(FunctionName=arn, Description="the user's")["Version"]
    client.create_alias(FunctionName=arn, Name="prod", FunctionVersion=version)
    before = trace_of(cloud, arn)

    execution = tuner.tune({"lambdaARN": arn, "num": 2, "powerValues": [256, 512]})

    assert execution["status"] == "SUCCEEDED"
    assert trace_of(cloud, arn) == before


def test_second_run_of_a_target_is_refused_with_the_reason(cloud: Cloud, tuner: Tuner, target: MakeTarget) -> None:
    """Two runs never touch one target at once: the later one says whose turn it is, the first one completes."""
    arn = target(SLOW)
    before = trace_of(cloud, arn)
    first = tuner.start({"lambdaARN": arn, "num": 2, "powerValues": [128, 256]})
    wait_for("the first run holds the lease", lambda: tuner.leases(arn))

    second = tuner.tune({"lambdaARN": arn, "num": 2, "powerValues": [512]})

    assert (second["status"], second["error"]) == ("FAILED", "TargetBusy")
    assert first.rsplit(":", 1)[1] in second["cause"]
    assert tuner.wait(first)["status"] == "SUCCEEDED"
    assert trace_of(cloud, arn) == before


@pytest.mark.parametrize("state", ["Publisher", "Measure"])
def test_stopped_by_hand(cloud: Cloud, tuner: Tuner, target: MakeTarget, state: str) -> None:
    """A run that is stopped is cleaned up by the event of its end, and its item says that it was aborted."""
    arn = target(SLOW)
    before = trace_of(cloud, arn)
    execution_arn = tuner.start({"lambdaARN": arn, "num": 20, "powerValues": [128, 256, 512, 1024]})
    wait_for(f"{state} is entered", lambda: tuner.state_entered(execution_arn, state))

    cloud.client("stepfunctions").stop_execution(executionArn=execution_arn)

    item = wait_until_clean(tuner, arn, execution_arn.rsplit(":", 1)[1])
    assert (item["status"], item["error"]) == ("failed", "Execution.ABORTED")
    assert trace_of(cloud, arn) == before


def test_timed_out(cloud: Cloud, tuner: Tuner, target: MakeTarget) -> None:
    """A run that exceeds the machine's time is cleaned up like one that was stopped."""
    arn = target(SLOW)
    before = trace_of(cloud, arn)
    with _changed(cloud, tuner, lambda definition: definition.update(TimeoutSeconds=8)):
        execution = tuner.tune({"lambdaARN": arn, "num": 60, "powerValues": [128, 256]})

    item = wait_until_clean(tuner, arn, execution["name"])
    assert execution["status"] == "TIMED_OUT"
    assert item["error"] == "Execution.TIMED_OUT"
    assert trace_of(cloud, arn) == before


def test_code_deployed_while_measuring(cloud: Cloud, tuner: Tuner, target: MakeTarget) -> None:
    """A deployment of code during the run fails the run and stays as it was deployed."""
    arn = target(SLOW, memory_mb=512)
    other = cloud.client("lambda").get_function(FunctionName=target("def handler(e, c):\n    return 2\n"))
    execution_arn = tuner.start({"lambdaARN": arn, "num": 3, "powerValues": [128, 256]})
    wait_for("it measures", lambda: tuner.state_entered(execution_arn, "Measure"))

    client = cloud.client("lambda")
    client.update_function_code(FunctionName=arn, ZipFile=bundle("def handler(event, context):\n    return 2\n"))

    execution = tuner.wait(execution_arn)
    configuration = client.get_function_configuration(FunctionName=arn)
    assert (execution["status"], execution["error"]) == ("FAILED", "TargetChanged")
    assert "its code was deployed" in execution["cause"]
    assert configuration["MemorySize"] == 512
    assert configuration["CodeSha256"] != other["Configuration"]["CodeSha256"]
    assert [version["Version"] for version in client.list_versions_by_function(FunctionName=arn)["Versions"]] == [
        "$LATEST"
    ]


def test_memory_deployed_while_measuring_is_never_overwritten(cloud: Cloud, tuner: Tuner, target: MakeTarget) -> None:
    """The memory that somebody sets during the run is the memory after the run."""
    arn = target(SLOW, memory_mb=512)
    execution_arn = tuner.start({"lambdaARN": arn, "num": 3, "powerValues": [128, 256]})
    wait_for("it measures", lambda: tuner.state_entered(execution_arn, "Measure"))

    cloud.client("lambda").update_function_configuration(FunctionName=arn, MemorySize=2048)

    execution = tuner.wait(execution_arn)
    assert (execution["status"], execution["error"]) == ("FAILED", "TargetChanged")
    assert memory_mb(cloud, arn) == 2048


def test_latest_is_restored_before_measuring(cloud: Cloud, tuner: Tuner, target: MakeTarget) -> None:
    """Callers of $LATEST meet a test memory only while versions are published."""
    arn = target(SLOW, memory_mb=512)
    execution_arn = tuner.start({"lambdaARN": arn, "num": 3, "powerValues": [128, 256]})

    wait_for("it measures", lambda: tuner.state_entered(execution_arn, "Measure"))

    assert memory_mb(cloud, arn) == 512
    assert tuner.wait(execution_arn)["status"] == "SUCCEEDED"


def test_concurrent_run_takes_no_test_memory_for_the_original(cloud: Cloud, tuner: Tuner, target: MakeTarget) -> None:
    """Five runs started at once on one target: they never overlap, and the memory is what it was."""
    arn = target(memory_mb=512)
    before = trace_of(cloud, arn)

    executions = [tuner.start({"lambdaARN": arn, "num": 1, "powerValues": [128, 256]}) for _ in range(5)]
    ends = [tuner.wait(execution)["status"] for execution in executions]

    assert ends.count("SUCCEEDED") >= 1
    assert trace_of(cloud, arn) == before
    assert not tuner.leases(arn)


def test_janitor_cleans_up_after_a_run_whose_end_nobody_told(cloud: Cloud, tuner: Tuner, target: MakeTarget) -> None:
    """When the event of a stopped run is lost, the janitor's schedule finishes the cleanup."""
    arn = target(SLOW, memory_mb=512)
    before = trace_of(cloud, arn)
    events = cloud.client("events")
    rules = [
        rule["Name"] for rule in events.list_rules()["Rules"] if "CleanUpOnErrorFunctionExecutionEnded" in rule["Name"]
    ]
    execution_arn = tuner.start({"lambdaARN": arn, "num": 20, "powerValues": [128, 256]})
    wait_for("it measures", lambda: tuner.state_entered(execution_arn, "Measure"))
    for rule in rules:
        events.disable_rule(Name=rule)
    try:
        cloud.client("stepfunctions").stop_execution(executionArn=execution_arn)
        leases = tuner.leases(arn)
        cloud.run_janitor()
        wait_for("the janitor has released the lease", lambda: not tuner.leases(arn))
    finally:
        for rule in rules:
            events.enable_rule(Name=rule)

    assert len(rules) == 1
    assert len(leases) == 1
    assert trace_of(cloud, arn) == before


def test_what_cannot_be_recorded_is_replayed(cloud: Cloud, tuner: Tuner, target: MakeTarget) -> None:
    """A run that was measured and cannot be recorded fails and says so; `replay` records its result later."""
    arn = target(memory_mb=512)
    stack = find_stack(cloud, cloud.stack_name)
    resource = cloud.client("cloudformation").describe_stack_resource(
        StackName=stack.name, LogicalResourceId="RecordFunction"
    )
    record = resource["StackResourceDetail"]["PhysicalResourceId"]
    functions = cloud.client("lambda")
    environment = functions.get_function_configuration(FunctionName=record)["Environment"]
    elsewhere = {"Variables": {**environment["Variables"], "TABLE_NAME": "no-such-table"}}
    functions.update_function_configuration(FunctionName=record, Environment=elsewhere)
    with _changed(cloud, tuner, lambda definition: definition["States"]["Record"]["Retry"].pop()):
        execution = tuner.tune({"lambdaARN": arn, "num": 2, "powerValues": [128, 256]})
    functions.update_function_configuration(FunctionName=record, Environment=environment)
    failed = wait_until_clean(tuner, arn, execution["name"])
    replayed = replay_all(cloud, stack)

    item = tuner.run_item(arn, execution["name"]) or {}
    assert (execution["status"], execution["error"]) == ("FAILED", "NotRecorded")
    assert (failed["status"], failed["error"]) == ("failed", "NotRecorded")
    assert [{"function": "RecordFunction", "subject": execution["name"], "failure": ""}] == replayed
    assert ("completed", True) == (item["status"], item["recordedLate"])
    assert tuner.document(item["resultKey"])["decision"]["power"] in {128, 256}
    assert [] == replay_all(cloud, stack)


@contextmanager
def _changed(cloud: Cloud, tuner: Tuner, change: Callable[[dict[str, Any]], object]) -> Iterator[None]:
    """Change the state machine for a while."""
    client = cloud.client("stepfunctions")
    usual = client.describe_state_machine(stateMachineArn=tuner.machine_arn)["definition"]
    changed = json.loads(usual)
    change(changed)
    client.update_state_machine(stateMachineArn=tuner.machine_arn, definition=json.dumps(changed))
    try:
        yield
    finally:
        client.update_state_machine(stateMachineArn=tuner.machine_arn, definition=usual)
