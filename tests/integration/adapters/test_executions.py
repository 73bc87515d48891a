"""Executions: Step Functions and its stand-in keep the same promises."""

import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError, ParamValidationError
from botocore.stub import Stubber

from fakes import FakeClock, FakeExecutions
from power_tuner.aws.executions import StepFunctionsExecutions
from power_tuner.ports import Executions, KnownExecution
from power_tuner_local import LocalAws

STATES: dict[str, Any] = {
    "How": {
        "Type": "Choice",
        "Choices": [
            {"Variable": "$.ends", "StringEquals": "SUCCEEDED", "Next": "Good"},
            {"Variable": "$.ends", "StringEquals": "FAILED", "Next": "Bad"},
        ],
        "Default": "Waiting",
    },
    "Good": {"Type": "Succeed"},
    "Bad": {"Type": "Fail"},
    "Waiting": {"Type": "Wait", "Seconds": 60, "End": True},
}
RUNS = {"ends": "never"}


@dataclass
class Machine:
    """A state machine: the port, and what it takes to let an execution end."""

    executions: Executions
    arn_of: Callable[[str], str]
    wait_until_ended: Callable[[str, str], object]

    def run(self, name: str, ends: str) -> None:
        """Start an execution that ends so, and wait until it did."""
        assert self.executions.start(name, {"ends": ends}) is None
        self.wait_until_ended(name, ends)


def fake_machine() -> Machine:
    executions = FakeExecutions(clock=FakeClock())
    return Machine(executions, lambda name: f"arn:aws:states:...:{name}", executions.end)


@pytest.fixture(scope="module")
def states() -> Iterator[Any]:
    with LocalAws() as aws:
        yield aws.client("stepfunctions")


@pytest.fixture
def machine_arn(states: Any, request: pytest.FixtureRequest) -> str:
    name = "".join(c if c.isalnum() else "-" for c in request.node.name)[-80:]
    definition = json.dumps({"StartAt": "How", "States": STATES})
    role = "arn:aws:iam::123456789012:role/sample"
    return str(states.create_state_machine(name=name, roleArn=role, definition=definition)["stateMachineArn"])


@pytest.fixture(params=["fake", "Step Functions"])
def machine(request: pytest.FixtureRequest) -> Machine:
    if request.param == "fake":
        return fake_machine()
    states, machine_arn = request.getfixturevalue("states"), request.getfixturevalue("machine_arn")

    def arn_of(name: str) -> str:
        return f"{machine_arn.replace(':stateMachine:', ':execution:')}:{name}"

    def wait_until_ended(name: str, ends: str) -> None:
        while states.describe_execution(executionArn=arn_of(name))["status"] != ends:
            time.sleep(0.01)

    return Machine(StepFunctionsExecutions(states, machine_arn), arn_of, wait_until_ended)


def test_an_execution_is_started(machine: Machine) -> None:
    """It is under way then, and does not say how it ended."""
    started = machine.executions.start("run-1", RUNS)

    assert (None, None) == (started, machine.executions.ended(machine.arn_of("run-1")))


def test_the_same_start_is_taken_twice(machine: Machine) -> None:
    """While an execution runs, another start with its name and input starts nothing, and is no refusal."""

    assert [None, None] == [machine.executions.start("run-1", RUNS) for _ in range(2)]


def test_another_input_does_not_start_a_name_again(machine: Machine) -> None:
    """The execution that has this name already is told, with its start."""
    machine.executions.start("run-1", RUNS)
    known = machine.executions.start("run-1", {**RUNS, "num": 5})

    assert known is not None
    assert ("RUNNING", True) == (known.status, known.started_at_s > 1_700_000_000)


@pytest.mark.parametrize("ends", ["SUCCEEDED", "FAILED"])
def test_a_name_is_used_once(machine: Machine, ends: str) -> None:
    """An execution that ended is told too, whatever the input."""
    machine.run("run-1", ends)
    known = [machine.executions.start("run-1", {"ends": each}) for each in (ends, "never")]

    assert [ends, ends] == [each.status if each else None for each in known]


@pytest.mark.parametrize("ends", ["SUCCEEDED", "FAILED"])
def test_it_is_known_how_an_execution_ended(machine: Machine, ends: str) -> None:
    """In the words of Step Functions."""
    machine.run("run-1", ends)

    assert ends == machine.executions.ended(machine.arn_of("run-1"))


def test_an_execution_is_stopped(machine: Machine) -> None:
    """It has ended then; stopping it again is fine."""
    machine.executions.start("run-1", RUNS)
    for _ in range(2):
        machine.executions.stop(machine.arn_of("run-1"), "enough")
    known = machine.executions.start("run-1", RUNS)

    assert ("ABORTED", "ABORTED") == (machine.executions.ended(machine.arn_of("run-1")), known and known.status)


def test_a_forgotten_execution_has_ended(machine: Machine) -> None:
    """Step Functions forgets after 90 days; whoever stops one then finds nothing to do."""
    machine.executions.stop(machine.arn_of("run-0"), "enough")

    assert "ABORTED" == machine.executions.ended(machine.arn_of("run-0"))


@pytest.mark.parametrize("name", ["", "a b", "a/b", "a:b", "a#b", "a*", "[a]", "a\n", "x" * 81])
def test_a_bad_name_is_refused(machine: Machine, name: str) -> None:
    """And nothing is started."""
    with pytest.raises(
        (ClientError, ParamValidationError, ValueError),
        match=r"InvalidName|valid min length: 1|less than or equal to 80",
    ):
        machine.executions.start(name, RUNS)


def test_a_long_name_is_taken(machine: Machine) -> None:
    """80 characters are what Step Functions allows."""

    assert machine.executions.start("x_-." * 20, RUNS) is None


def test_all_of_an_execution_is_known(states: Any, machine_arn: str) -> None:
    """What it was given, when it began, and why it was stopped."""
    executions = StepFunctionsExecutions(states, machine_arn)
    arn = f"{machine_arn.replace(':stateMachine:', ':execution:')}:run-1"
    executions.start("run-1", {**RUNS, "reason": "ä"})
    executions.stop(arn, "The function was deployed again.")
    described = states.describe_execution(executionArn=arn)

    assert KnownExecution("ABORTED", described["startDate"].timestamp()) == executions.start("run-1", RUNS)
    assert {**RUNS, "reason": "ä"} == json.loads(described["input"])
    assert ("Superseded", "The function was deployed again.") == (described["error"], described["cause"])


@pytest.mark.usefixtures("mocked_aws")
@pytest.mark.parametrize(
    ("status", "ended"), [("RUNNING", None), ("PENDING_REDRIVE", None), ("TIMED_OUT", "TIMED_OUT")]
)
def test_what_is_redriven_has_not_ended(status: str, ended: str | None) -> None:
    """Somebody lets it go on."""
    client = boto3.client("stepfunctions")
    with Stubber(client) as stubber:
        described: Any = {"executionArn": "arn", "stateMachineArn": "arn", "status": status, "startDate": 0}
        stubber.add_response("describe_execution", described, {"executionArn": "arn"})

        assert ended == StepFunctionsExecutions(client).ended("arn")


@pytest.mark.usefixtures("mocked_aws")
@pytest.mark.parametrize("operation", ["start_execution", "stop_execution", "describe_execution"])
def test_other_refusals_stay_what_they_are(operation: str) -> None:
    """A missing permission is no execution that is gone."""
    client = boto3.client("stepfunctions")
    executions = StepFunctionsExecutions(client, "arn:aws:states:eu-west-1:123456789012:stateMachine:one")
    calls: dict[str, Callable[[], object]] = {
        "start_execution": lambda: executions.start("run-1", {}),
        "stop_execution": lambda: executions.stop("arn", "enough"),
        "describe_execution": lambda: executions.ended("arn"),
    }
    with Stubber(client) as stubber:
        stubber.add_client_error(operation, "AccessDeniedException")

        with pytest.raises(ClientError, match="AccessDeniedException"):
            calls[operation]()
