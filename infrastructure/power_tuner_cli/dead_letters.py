"""Dead letters: which function of the stack a message is for, and what it is told.

A letter names a run, an execution or a deployment. Whatever else it says is read from AWS, or left to the function.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from power_tuner.automation.completion import checked_run_id
from power_tuner.errors import InvalidInput

# Longer than any ARN.
_MAX_TEXT_CHARS = 2000
# The deployment events that the stack's rules forward.
_DEPLOYMENT_SOURCES = ("aws.lambda", "aws.codedeploy", "aws.cloudformation")
_CANARY = ":execution:canary-"
_RUNNING = ("RUNNING", "PENDING_REDRIVE")


class UnusableLetter(Exception):
    """A message is not one that the stack's functions or rules give up; its text says why."""


@dataclass(frozen=True, slots=True)
class Call:
    """What is done with a letter.

    Attributes:
        function: The logical id of the function that is invoked.
        event: What it is invoked with.
        subject: The run or the kind of event, for people.
    """

    function: str
    event: Mapping[str, Any]
    subject: str


@dataclass(frozen=True, slots=True)
class Sorter:
    """Decides what is done with letters.

    Attributes:
        state_machine_arn: Of the stack.
        describe_execution: Returns what Step Functions knows of an execution; None if it knows none.
    """

    state_machine_arn: str
    describe_execution: Callable[[str], Mapping[str, Any] | None]

    def call_for(self, letter: Any) -> Call:
        """Return what is done with a letter.

        Raises:
            UnusableLetter: Nothing is.
        """
        if not isinstance(letter, Mapping):
            raise UnusableLetter("it is no JSON object")
        kind = letter.get("detail-type")
        if letter.get("replay") is True:
            run_id = _run_id(letter)
            return Call("RecordFunction", {"runId": run_id, "replay": True}, run_id)
        if kind == "Power Tuning Completed":
            run_id = _run_id(_detail(letter))
            return Call("OptimizerFunction", {"detail": {"runId": run_id}}, run_id)
        if kind == "Step Functions Execution Status Change":
            return self._ended(_text(_detail(letter), "executionArn"))
        if kind == "Scheduled Event":
            # Every other schedule fires again by itself, and its functions then do the same work.
            return Call("JanitorFunction", {}, str(kind))
        if isinstance(kind, str):
            return self._deployed(letter, kind)
        if {"runId", "error"} <= letter.keys() or {"executionArn", "status"} <= letter.keys():
            return self._ended(_text(letter, "executionArn"))
        raise UnusableLetter("no function of the stack handles such a message")

    def _deployed(self, letter: Mapping[str, Any], kind: str) -> Call:
        account = self.state_machine_arn.split(":")[4]
        if letter.get("source") not in _DEPLOYMENT_SOURCES or letter.get("account") != account:
            raise UnusableLetter("it is no deployment event of AWS in this account")
        _detail(letter)
        return Call("DeploymentsFunction", letter, kind)

    def _canary_ended(self, execution_arn: str) -> Call:
        """Return the janitor's round, which ends each canary whose execution has ended."""
        if not execution_arn.startswith(self.state_machine_arn.partition(":stateMachine:")[0] + _CANARY):
            raise UnusableLetter(f"{execution_arn} is no execution of this stack")
        return Call("JanitorFunction", {}, execution_arn.rpartition(":")[2])

    def _ended(self, execution_arn: str) -> Call:
        """Return the cleanup after an execution, as the rule of its end asks for it, from what Step Functions knows."""
        machine = self.state_machine_arn.replace(":stateMachine:", ":execution:")
        if _CANARY in execution_arn:
            return self._canary_ended(execution_arn)
        if not execution_arn.startswith(f"{machine}:"):
            raise UnusableLetter(f"{execution_arn} is no execution of this stack")
        execution = self.describe_execution(execution_arn)
        if execution is None:
            raise UnusableLetter(f"Step Functions no longer knows {execution_arn}")
        status = execution["status"]
        if status in _RUNNING:
            raise UnusableLetter(f"{execution_arn} is still running: it cleans up after itself")
        if status == "SUCCEEDED":
            raise UnusableLetter(f"{execution_arn} succeeded: there is nothing to clean up")
        event = {
            "runId": execution["name"],
            "executionArn": execution_arn,
            "startedAtMs": int(execution["startDate"].timestamp() * 1000),
            "error": {"Error": f"Execution.{status}", "Cause": "The execution was ended from outside."},
        }
        return Call("CleanUpOnErrorFunction", event, execution["name"])


def _detail(letter: Mapping[str, Any]) -> Mapping[str, Any]:
    detail = letter.get("detail")
    if not isinstance(detail, Mapping):
        raise UnusableLetter("its detail is no JSON object")
    return detail


def _run_id(part: Mapping[str, Any]) -> str:
    try:
        return checked_run_id("runId", part.get("runId"))
    except InvalidInput:
        raise UnusableLetter("its runId names no run") from None


def _text(part: Mapping[str, Any], name: str) -> str:
    value = part.get(name)
    if not isinstance(value, str) or not value or len(value) > _MAX_TEXT_CHARS:
        raise UnusableLetter(f"its {name} is no text of at most {_MAX_TEXT_CHARS} characters")
    return value
