"""What happens to a stack in the background after a change set is executed: resources, events, status, rollback."""

import json
import logging
import threading
from typing import TYPE_CHECKING, Any

from moto.cloudformation.models import Event, Stack
from moto.core.utils import utcnow

from power_tuner_local.cloudformation.stack_resources import KEPT, ResourceFailed, StackResources

if TYPE_CHECKING:
    from collections.abc import Callable

    from power_tuner_local.gateway.endpoint import Endpoint

_log = logging.getLogger(__name__)


class StackOperations:
    """Runs the operations on stacks.

    Args:
        endpoint: The local AWS that the stacks are in.
    """

    def __init__(self, endpoint: "Endpoint") -> None:
        self._endpoint = endpoint
        self._running: dict[str, threading.Thread] = {}

    def running(self) -> list[str]:
        """Return the stacks that are being changed."""
        return [name for name, thread in self._running.items() if thread.is_alive()]

    def close(self) -> None:
        """Wait until no stack is being changed."""
        for thread in [*self._running.values()]:
            thread.join()

    def create(self, stack: Stack, template: dict[str, Any], parameters: dict[str, str]) -> None:
        """Begin to create the resources of a stack; if one fails, all are deleted again."""
        set_status(stack, "CREATE_IN_PROGRESS", "User Initiated")
        self._start(stack, lambda: self._create(stack, template, parameters))

    def update(self, stack: Stack, template: dict[str, Any], parameters: dict[str, str]) -> None:
        """Begin to update a stack; if a resource fails, the stack becomes what it was."""
        set_status(stack, "UPDATE_IN_PROGRESS", "User Initiated")
        self._start(stack, lambda: self._update(stack, template, parameters))

    def resources_of(self, stack: Stack) -> StackResources:
        """Return the resources of a stack; what is done to them is told as events of the stack."""

        def told(logical_id: str, resource_type: str, physical_id: str, status: str, reason: str | None) -> None:
            stack.events.append(
                Event(stack.stack_id, stack.name, logical_id, physical_id, resource_type, status, reason, None)
            )

        return StackResources(stack.resource_map, self._endpoint, told)

    def _start(self, stack: Stack, work: "Callable[[], None]") -> None:
        def run() -> None:
            try:
                work()
            except Exception:  # noqa: BLE001 - a stack must not stay in progress because of a bug of moto
                _log.exception("the stack %s cannot be changed", stack.name)
                set_status(stack, "UPDATE_ROLLBACK_FAILED", "Internal Failure")

        thread = threading.Thread(target=run, name=f"stack {stack.name}", daemon=True)
        self._running[stack.name] = thread
        thread.start()

    def _create(self, stack: Stack, template: dict[str, Any], parameters: dict[str, str]) -> None:
        resources = self.resources_of(stack)
        stack.resource_map.tags.update(
            {"aws:cloudformation:stack-name": stack.name, "aws:cloudformation:stack-id": stack.stack_id}
        )
        try:
            resources.change(template, parameters)
        except ResourceFailed as error:
            reason = f"The following resource(s) failed to create: [{error.logical_id}]. Rollback requested by user."
            set_status(stack, "ROLLBACK_IN_PROGRESS", reason)
            self._undo(stack, "ROLLBACK", lambda: resources.delete(keeping=frozenset({KEPT})))
            return
        finish(stack, template, parameters)
        set_status(stack, "CREATE_COMPLETE")

    def _update(self, stack: Stack, template: dict[str, Any], parameters: dict[str, str]) -> None:
        before = stack.template_dict, dict(stack.parameters)
        resources = self.resources_of(stack)
        try:
            resources.change(template, parameters)
        except ResourceFailed as error:
            reason = f"The following resource(s) failed to update: [{error.logical_id}]. "
            set_status(stack, "UPDATE_ROLLBACK_IN_PROGRESS", reason)
            self._undo(stack, "UPDATE_ROLLBACK", lambda: resources.change(*before))
            return
        finish(stack, template, parameters)
        set_status(stack, "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS")
        set_status(stack, "UPDATE_COMPLETE")

    def _undo(self, stack: Stack, name: str, undo: "Callable[[], None]") -> None:
        try:
            undo()
        except ResourceFailed as error:
            set_status(stack, f"{name}_FAILED", str(error))
        else:
            set_status(stack, f"{name}_COMPLETE")


def set_status(stack: Stack, status: str, reason: str | None = None) -> None:
    """Give a stack a status, with the event that tells it."""
    # the event first: whoever sees the status finds all events
    stack._add_stack_event(status, resource_status_reason=reason)  # noqa: SLF001
    stack.status = status
    # moto shows these where they are
    vars(stack).update(stack_status_reason=reason, last_updated_time=utcnow())


def note_texts(stack: Stack, template: dict[str, Any]) -> None:
    """Note the template as it is shown: as it was given, and as it is deployed."""
    if "wanted_original" in vars(stack):
        vars(stack)["original_template"] = vars(stack).pop("wanted_original")
        stack.template = json.dumps(template)


def finish(stack: Stack, template: dict[str, Any], parameters: dict[str, str]) -> None:
    """Note the template and the parameters that a stack has now."""
    note_texts(stack, template)
    stack.template_dict = template
    stack.parameters = dict(parameters)
    stack.description = template.get("Description")
    stack.output_map = stack._create_output_map()  # noqa: SLF001
