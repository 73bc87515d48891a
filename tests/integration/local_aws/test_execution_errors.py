"""Errors of executions: their names and causes, and what catches them."""

import json
from typing import TYPE_CHECKING, Any

import pytest

from integration.local_aws.machines import END, machine, run

if TYPE_CHECKING:
    from pathlib import Path

    from power_tuner_local import LocalAws

pytestmark = pytest.mark.local_aws


@pytest.mark.parametrize("errors", [["States.ALL"], ["States.Runtime"], ["States.Runtime", "States.TaskFailed"]])
def test_nothing_catches_runtime_errors(aws: "LocalAws", errors: list[str]) -> None:
    """Catch does not catch States.Runtime (a missing path), not even by its name."""
    task = {
        "Type": "Task",
        "Resource": "arn:aws:states:::events:putEvents",
        "Parameters": {"Entries.$": "$.missing"},
        "Catch": [{"ErrorEquals": errors, "Next": "End"}],
        "Next": "End",
    }
    described = run(aws, machine(aws, f"runtime-{len(errors)}{errors[0][-3:]}", {"Task": task, "End": END}))

    assert ("FAILED", "States.Runtime") == (described["status"], described["error"])


@pytest.mark.parametrize("error", ["States.ALL", "States.DataLimitExceeded", "States.TaskFailed"])
@pytest.mark.parametrize("integration", [True, False], ids=["invoke", "function"])
def test_a_large_result_is_caught(aws: "LocalAws", tmp_path: "Path", error: str, integration: bool) -> None:  # noqa: FBT001
    """A result over 256 KiB fails the state with States.DataLimitExceeded, which wildcards catch."""
    code = "def handler(event, context):\n    return 'é' * 140_000\n"
    (tmp_path / "app.py").write_text(code, encoding="utf-8")
    name = f"large-{error[7:]}-{integration}"
    task: dict[str, Any] = {"Resource": aws.add_function(tmp_path, name=name)}
    if integration:
        task = {"Resource": "arn:aws:states:::lambda:invoke", "Parameters": {"FunctionName": name}}
    catch = [{"ErrorEquals": [error], "Next": "End"}]
    described = run(
        aws, machine(aws, name, {"Task": {"Type": "Task", "Catch": catch, "End": True, **task}, "End": END})
    )

    assert "States.DataLimitExceeded" == json.loads(described["output"])["Error"]


def test_a_failed_task_is_not_one_that_timed_out(aws: "LocalAws", tmp_path: "Path") -> None:
    """States.TaskFailed does not catch States.Timeout."""
    code = "import time\ndef handler(event, context):\n    time.sleep(3)\n"
    (tmp_path / "app.py").write_text(code, encoding="utf-8")
    task = {"Type": "Task", "Resource": aws.add_function(tmp_path, name="sleeper"), "TimeoutSeconds": 1, "End": True}
    task["Catch"] = [{"ErrorEquals": ["States.TaskFailed"], "Next": "End"}]
    described = run(aws, machine(aws, "timed-out-task", {"Task": task, "End": END}))

    assert ("FAILED", "States.Timeout") == (described["status"], described["error"])


@pytest.mark.parametrize(("letters", "status"), [(256 * 1024 - 2, "SUCCEEDED"), (256 * 1024 - 1, "FAILED")])
def test_a_state_returns_at_most_256_kib(aws: "LocalAws", letters: int, status: str) -> None:
    """The output of a state may have 256 KiB, and no byte more."""
    parts = {"half": "x" * (letters // 2), "rest": "x" * (letters % 2)}
    joined = {
        "Type": "Pass",
        "Parameters": {"all.$": "States.Format('{}{}{}', $.half, $.half, $.rest)"},
        "OutputPath": "$.all",
    }
    described = run(aws, machine(aws, f"joined-{letters}", {"Join": {**joined, "End": True}}), parts)

    assert status == described["status"]


@pytest.mark.parametrize(
    ("field", "path", "reason"),
    [
        ("TimeoutSecondsPath", "$.seconds", "No results for path: $['seconds']"),
        ("HeartbeatSecondsPath", "$.a.b", "No results for path: $['a']['b']"),
        ("InputPath", "$.not.there", "Missing property in path $['not']"),
        ("OutputPath", "$.a['c'].d", "Missing property in path $['a']['c']"),
    ],
)
def test_a_path_that_leads_nowhere(aws: "LocalAws", field: str, path: str, reason: str) -> None:
    """The cause names the event that the state was entered with, the path, and what is missing."""
    state = {
        "Type": "Task",
        "Resource": "arn:aws:states:::sqs:sendMessage",
        "Parameters": {"QueueUrl": "none", "MessageBody": "text"},
        "ResultPath": None,
        "Catch": [{"ErrorEquals": ["States.TaskFailed"], "ResultPath": None, "Next": "End"}],
        "Next": "End",
    }
    if field == "OutputPath":
        state = {"Type": "Pass", "Next": "End"}
    described = run(aws, machine(aws, f"nowhere-{field}", {"Task": {**state, field: path}, "End": END}), {"a": {}})

    start = f"An error occurred while executing the state 'Task' (entered at the event id #2). Invalid path '{path}' : "
    assert ("States.Runtime", start + reason) == (described["error"], described["cause"])


@pytest.mark.parametrize("integration", [True, False], ids=["invoke", "function"])
def test_a_function_that_does_not_exist(aws: "LocalAws", integration: bool) -> None:  # noqa: FBT001
    """The cause names the version that was asked for, and the response's details."""
    arn = "arn:aws:lambda:us-east-1:123456789012:function:nobody"
    task: dict[str, Any] = {"Resource": arn}
    if integration:
        task = {"Resource": "arn:aws:states:::lambda:invoke", "Parameters": {"FunctionName": arn}}
    described = run(aws, machine(aws, f"nobody-{integration}", {"Task": {"Type": "Task", "End": True, **task}}))

    details = "Service: AWSLambda; Status Code: 404; Error Code: ResourceNotFoundException; Request ID: "
    assert described["cause"].startswith(f"Function not found: {arn}:$LATEST ({details}")


def test_a_task_starts_an_execution(aws: "LocalAws") -> None:
    """A task may start another state machine, and name one that does not exist."""
    other = machine(aws, "other", {"End": END})
    task = {"Type": "Task", "Resource": "arn:aws:states:::states:startExecution", "End": True}
    parameters = {"StateMachineArn.$": "$.arn", "Input": {}}
    arn = machine(aws, "starter", {"Task": {**task, "Parameters": parameters}})

    assert ":execution:other:" in json.loads(run(aws, arn, {"arn": other})["output"])["ExecutionArn"]
    assert "StepFunctions.StateMachineDoesNotExistException" == run(aws, arn, {"arn": f"{other}-no"})["error"]
