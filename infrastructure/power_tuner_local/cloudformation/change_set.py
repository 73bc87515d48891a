"""A change set: what it would change, and what became of it."""

import time
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from moto.core.exceptions import ServiceException
from moto.core.utils import utcnow

if TYPE_CHECKING:
    from collections.abc import Mapping

    from moto.cloudformation.models import Stack

    from power_tuner_local.cloudformation.changes import Change

_MAKING_S = 0.05


class ChangeSetNotFound(ServiceException):
    """There is no such change set."""

    code = "ChangeSetNotFound"


class InvalidChangeSetStatus(ServiceException):
    """A change set cannot be executed or deleted now."""

    code = "InvalidChangeSetStatus"


class AlreadyExists(ServiceException):
    """A stack has a change set of this name."""

    code = "AlreadyExistsException"


@dataclass(slots=True)
class ChangeSet:
    """A change set.

    Attributes:
        original: The template as it was given.
        template: The template as it is deployed.
        parameters: The values that were given, or that stay.
        failure: Why it cannot be executed; None if it can.
    """

    id: str
    name: str
    type: str
    stack: "Stack"
    request: "Mapping[str, Any]"
    original: str
    parameters: dict[str, str]
    template: dict[str, Any] = field(default_factory=dict)
    shown_parameters: list[dict[str, Any]] = field(default_factory=list)
    changes: "list[Change]" = field(default_factory=list)
    failure: str | None = None
    execution_status: str = "AVAILABLE"
    creation_time: datetime = field(default_factory=utcnow)
    ready_at: float = field(default_factory=lambda: time.monotonic() + _MAKING_S)

    # what moto's own responses call it
    @property
    def change_set_id(self) -> str:
        """Return the ARN."""
        return self.id

    @property
    def status(self) -> str:
        """Return the status; AWS makes a change set in the background."""
        if time.monotonic() < self.ready_at:
            return "CREATE_IN_PROGRESS"
        return "FAILED" if self.failure else "CREATE_COMPLETE"

    def summary(self) -> dict[str, Any]:
        """Return what ListChangeSets and DescribeChangeSet both say."""
        done = self.status != "CREATE_IN_PROGRESS"
        summary = {
            "StackId": self.stack.stack_id,
            "StackName": self.stack.name,
            "ChangeSetId": self.id,
            "ChangeSetName": self.name,
            "ExecutionStatus": "UNAVAILABLE" if self.failure or not done else self.execution_status,
            "Status": self.status,
            "StatusReason": self.failure if done else None,
            "CreationTime": self.creation_time,
            "Description": self.request.get("Description"),
            "IncludeNestedStacks": False,
        }
        return {key: value for key, value in summary.items() if value is not None}
