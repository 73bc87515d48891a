"""The events of a stack while it changes, told as they come."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from power_tuner_cli.deployment.stack_change import pauses

_CONSEQUENCES = ("cancelled", "Rollback requested", "failed to create", "failed to update", "failed to delete")


@dataclass(frozen=True, slots=True)
class Ending:
    """How a change of a stack ended.

    Attributes:
        status: The status of the stack.
        failed: The resource that failed first; empty if none did.
        resource_type: Its type.
        reason: Why.
        kept: The resources that were to be deleted and are kept, by type.
    """

    status: str
    failed: str = ""
    resource_type: str = ""
    reason: str = ""
    kept: tuple[tuple[str, str], ...] = ()

    @property
    def succeeded(self) -> bool:
        """Return whether the change was made."""
        return self.status in {"CREATE_COMPLETE", "UPDATE_COMPLETE", "DELETE_COMPLETE"}


class StackEvents:
    """The events of one stack from now on.

    Args:
        client: A client of CloudFormation.
        stack_id: The stack's ARN.
    """

    def __init__(self, client: Any, stack_id: str) -> None:
        self._client = client
        self._stack_id = stack_id
        self._seen: set[str] = set()
        self._new()

    def follow(self, tell: Callable[[str], None]) -> Ending:
        """Tell each resource that is done, until the stack is; return how it ended."""
        failures: list[Any] = []
        kept: list[tuple[str, str]] = []
        for pause_s in pauses():
            for event in self._new():
                status, of_stack = event["ResourceStatus"], event["PhysicalResourceId"] == self._stack_id
                if of_stack and not status.endswith("_IN_PROGRESS"):
                    first = failures[0] if failures else {}
                    return Ending(
                        status,
                        first.get("LogicalResourceId", ""),
                        first.get("ResourceType", ""),
                        first.get("ResourceStatusReason", "") if first else "",
                        tuple(kept),
                    )
                if of_stack:
                    continue
                if status.endswith("_FAILED") and _is_cause(event):
                    failures.append(event)
                if status == "DELETE_SKIPPED":
                    kept.append((event["ResourceType"], event["PhysicalResourceId"]))
                if not status.endswith("_IN_PROGRESS"):
                    tell(_line(event))
            time.sleep(pause_s)
        raise AssertionError

    def _new(self) -> list[Any]:
        """Return the events that were not seen yet, oldest first."""
        found: list[Any] = []
        for page in self._client.get_paginator("describe_stack_events").paginate(StackName=self._stack_id):
            new = [each for each in page["StackEvents"] if each["EventId"] not in self._seen]
            found += new
            if len(new) < len(page["StackEvents"]):
                break
        self._seen |= {each["EventId"] for each in found}
        return found[::-1]


def _is_cause(event: Any) -> bool:
    return not any(each in event.get("ResourceStatusReason", "") for each in _CONSEQUENCES)


def _line(event: Any) -> str:
    verb, _, outcome = event["ResourceStatus"].partition("_")
    said = {"COMPLETE": f"{verb.lower().removesuffix('e')}ed", "SKIPPED": "kept"}.get(outcome, "FAILED")
    reason = f": {event.get('ResourceStatusReason', '')}" if said == "FAILED" else ""
    return f"  {said:<8} {event['LogicalResourceId']} ({event['ResourceType']}){reason}"
