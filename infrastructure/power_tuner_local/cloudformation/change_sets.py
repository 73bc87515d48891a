"""CloudFormation's change sets: made from a template, described, executed and deleted."""

import json
from typing import TYPE_CHECKING, Any

from moto.cloudformation.exceptions import ValidationError
from moto.cloudformation.models import Stack
from moto.cloudformation.utils import generate_changeset_id, generate_stack_id

from power_tuner_local.cloudformation import packaged, template_checks
from power_tuner_local.cloudformation.change_set import (
    AlreadyExists,
    ChangeSet,
    ChangeSetNotFound,
    InvalidChangeSetStatus,
)
from power_tuner_local.cloudformation.stack_operations import note_texts, set_status
from power_tuner_local.cloudformation.stack_resources import planned
from power_tuner_local.cloudformation.template_values import wanted_outputs

if TYPE_CHECKING:
    from collections.abc import Mapping

    from moto.cloudformation.models import CloudFormationBackend

    from power_tuner_local.cloudformation.stack_operations import StackOperations
    from power_tuner_local.gateway.endpoint import Endpoint

NO_CHANGES = "The submitted information didn't contain changes. Submit different information to create a change set."
NO_UPDATES = "No updates are to be performed."
_UPDATABLE = frozenset({"CREATE_COMPLETE", "UPDATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE", "IMPORT_COMPLETE"})


class ChangeSets:
    """The change sets of the local AWS.

    Args:
        endpoint: The local AWS.
        operations: Executes them.
    """

    def __init__(self, endpoint: "Endpoint", operations: "StackOperations") -> None:
        self._endpoint = endpoint
        self._operations = operations

    def create(self, backend: "CloudFormationBackend", request: "Mapping[str, Any]") -> ChangeSet:
        """Make a change set.

        Raises:
            ValidationError: The request is wrong, or the stack cannot be changed now.
            InsufficientCapabilities: The template changes permissions, and the request does not acknowledge it.
        """
        kind, stack_name = request.get("ChangeSetType", "UPDATE"), request["StackName"]
        stack = find_stack(backend, stack_name)
        original = self._template(request, stack)
        document = template_checks.parse(original)
        previous = {each["ParameterKey"]: str(each["ParameterValue"]) for each in stack.parameter_list} if stack else {}
        parameters = template_checks.parameter_values(document, request.get("Parameters", []), previous)
        template_checks.check_stored(document, parameters, self._endpoint)
        lacking = template_checks.missing_capability(document, request.get("Capabilities", []))
        if lacking and not packaged.has_transform(document):
            raise template_checks.InsufficientCapabilities(f"Requires capabilities : [{lacking}]")
        stack = self._stack(backend, kind, stack, request)
        if any(each.name == request["ChangeSetName"] for each in self.of(backend, stack)):
            raise AlreadyExists(f"ChangeSet {request['ChangeSetName']} already exists")
        change_set = ChangeSet(
            generate_changeset_id(request["ChangeSetName"], backend.region_name, backend.account_id),
            request["ChangeSetName"],
            kind,
            stack,
            request,
            original,
            parameters,
        )
        self._plan(change_set, document)
        backend.change_sets[change_set.id] = change_set  # type: ignore[assignment]
        return change_set

    def of(self, backend: "CloudFormationBackend", stack: Stack) -> list[ChangeSet]:
        """Return the change sets of a stack."""
        found: list[Any] = [*backend.change_sets.values()]
        return [each for each in found if each.stack is stack]

    def find(self, backend: "CloudFormationBackend", request: "Mapping[str, Any]") -> ChangeSet:
        """Return the change set that a request names.

        Raises:
            ValidationError: There is no such stack, or none is named.
            ChangeSetNotFound: The stack has no such change set.
        """
        name = str(request["ChangeSetName"])
        if name.startswith("arn:"):
            known: Any = backend.change_sets.get(name)
            found = [known] if known is not None else []
        elif "StackName" not in request:
            raise ValidationError(message="StackName must be specified if ChangeSetName is not specified as an ARN.")
        else:
            stack = find_stack(backend, request["StackName"])
            if stack is None:
                raise ValidationError(message=f"Stack [{request['StackName']}] does not exist")
            found = [each for each in self.of(backend, stack) if each.name == name]
        if not found:
            raise ChangeSetNotFound(f"ChangeSet [{name}] does not exist")
        first: ChangeSet = found[0]
        return first

    def execute(self, backend: "CloudFormationBackend", change_set: ChangeSet) -> None:
        """Begin to execute a change set; the other change sets of the stack can no longer be executed.

        Raises:
            InvalidChangeSetStatus: It failed, is not made yet, or was executed.
        """
        if change_set.status != "CREATE_COMPLETE" or change_set.execution_status != "AVAILABLE":
            status = change_set.status if change_set.status != "CREATE_COMPLETE" else change_set.execution_status
            raise InvalidChangeSetStatus(
                f"ChangeSet [{change_set.id}] cannot be executed in its current status of [{status}]"
            )
        for other in self.of(backend, change_set.stack):
            other.execution_status = "OBSOLETE"
        change_set.execution_status = "EXECUTE_COMPLETE"
        stack = change_set.stack
        vars(stack)["wanted_original"] = change_set.original
        if change_set.type == "CREATE":
            note_texts(stack, change_set.template)
        stack.tags |= {each["Key"]: each["Value"] for each in change_set.request.get("Tags", [])}
        begin = self._operations.create if change_set.type == "CREATE" else self._operations.update
        begin(stack, change_set.template, change_set.parameters)

    def delete(self, backend: "CloudFormationBackend", request: "Mapping[str, Any]") -> None:
        """Delete a change set; one that does not exist is deleted already.

        Raises:
            ValidationError: There is no such stack, or none is named.
            InvalidChangeSetStatus: It was executed.
        """
        try:
            change_set = self.find(backend, request)
        except ChangeSetNotFound:
            return
        if change_set.execution_status == "EXECUTE_COMPLETE":
            raise InvalidChangeSetStatus(
                f"ChangeSet [{change_set.id}] cannot be deleted in its current status of [EXECUTE_COMPLETE]"
            )
        del backend.change_sets[change_set.id]

    def _template(self, request: "Mapping[str, Any]", stack: Stack | None) -> str:
        body, url, previous = (request.get(key) for key in ("TemplateBody", "TemplateURL", "UsePreviousTemplate"))
        if previous and stack is not None:
            return str(getattr(stack, "original_template", stack.template))
        if bool(body) == bool(url):
            raise ValidationError(message="Either Template URL or Template Body must be specified.")
        if body:
            template_checks.check_size(str(body))
        return str(body) if body else packaged.read_template(str(url), self._endpoint)

    def _stack(
        self, backend: "CloudFormationBackend", kind: str, stack: Stack | None, request: "Mapping[str, Any]"
    ) -> Stack:
        """Return the stack that a change set is for; one that is to be created awaits review."""
        name = request["StackName"]
        if kind == "UPDATE":
            if stack is None:
                raise ValidationError(message=f"Stack [{name}] does not exist")
            if stack.status not in _UPDATABLE:
                raise ValidationError(
                    message=f"Stack:{stack.stack_id} is in {stack.status} state and can not be updated."
                )
            return stack
        if kind != "CREATE":
            raise NotImplementedError
        if stack is not None:
            if stack.status != "REVIEW_IN_PROGRESS":
                raise ValidationError(
                    message=f"Stack [{name}] already exists and cannot be created again with the changeSet "
                    f"[{request['ChangeSetName']}]."
                )
            return stack
        new = _new_stack(
            stack_id=generate_stack_id(name, backend.region_name, backend.account_id),
            name=name,
            template={},
            parameters={},
            account_id=backend.account_id,
            region_name=backend.region_name,
            notification_arns=request.get("NotificationARNs"),
            cross_stack_resources=backend.exports,
        )
        backend.stacks[new.stack_id] = new
        set_status(new, "REVIEW_IN_PROGRESS", "User Initiated")
        return new

    def _plan(self, change_set: ChangeSet, document: dict[str, Any]) -> None:
        """Note what the change set changes, or why it cannot be executed."""
        stack, transformed = change_set.stack, packaged.has_transform(document)
        try:
            change_set.template = packaged.process(document, change_set.parameters, self._endpoint)
        except packaged.TransformFailed as error:
            change_set.failure = str(error)
            return
        lacking = template_checks.missing_capability(change_set.template, change_set.request.get("Capabilities", []))
        if lacking:
            change_set.failure = f"Requires capabilities : [{lacking}]"
            return
        wanted = _new_stack(
            stack_id=stack.stack_id,
            name=stack.name,
            template=json.dumps(change_set.template),
            parameters=change_set.parameters,
            account_id=stack.account_id,
            region_name=stack.region_name,
            cross_stack_resources=stack.cross_stack_resources,
        )
        change_set.shown_parameters = wanted.parameter_list
        change_set.changes = planned(stack.resource_map, wanted.resource_map)
        if change_set.type == "UPDATE":
            same = wanted_outputs(stack.resource_map) == wanted_outputs(wanted.resource_map)
            if same and not change_set.changes:
                change_set.failure = NO_UPDATES if transformed else NO_CHANGES


def find_stack(backend: "CloudFormationBackend", name: str) -> Stack | None:
    """Return a stack by its name or id; None if there is none, or it is deleted."""
    return next((each for each in backend.stacks.values() if name in {each.name, each.stack_id}), None)


def _new_stack(**arguments: Any) -> Stack:
    make: Any = Stack  # whose abstract methods moto does not call
    stack: Stack = make(**arguments)
    return stack
