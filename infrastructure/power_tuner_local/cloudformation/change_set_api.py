"""CloudFormation's operations on change sets and stacks that moto lacks or answers otherwise than AWS."""

import json
from typing import TYPE_CHECKING, Any

from moto.cloudformation.exceptions import ValidationError
from moto.cloudformation.models import CloudFormationBackend, Stack
from moto.cloudformation.parsing import ResourceMap
from moto.cloudformation.responses import CloudFormationResponse
from moto.core.responses import ActionResult, EmptyResult

from power_tuner_local.cloudformation import packaged, template_checks
from power_tuner_local.cloudformation.change_sets import ChangeSets, find_stack
from power_tuner_local.cloudformation.stack_operations import set_status
from power_tuner_local.cloudformation.stack_resources import ResourceFailed, StackResources, existing
from power_tuner_local.gateway.constraints import violation

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from power_tuner_local.cloudformation.stack_operations import StackOperations
    from power_tuner_local.gateway.endpoint import Endpoint
    from power_tuner_local.moto_patches import MotoPatches

    Request = Mapping[str, Any]

_PAGE = 50
_OWN_FORM = ("DescribeChangeSetOutput.Changes", "DescribeChangeSetOutput.Parameters")
_outputs: Any = Stack.outputs


class ChangeSetApi:
    """The operations, each on the state of one account and region.

    Args:
        endpoint: The local AWS.
        operations: Changes the stacks.
    """

    def __init__(self, endpoint: "Endpoint", operations: "StackOperations") -> None:
        self._endpoint = endpoint
        self._operations = operations
        self._change_sets = ChangeSets(endpoint, operations)

    def create_change_set(self, backend: CloudFormationBackend, request: "Request") -> ActionResult:
        """Make a change set."""
        made = self._change_sets.create(backend, request)
        return ActionResult({"Id": made.id, "StackId": made.stack.stack_id})

    def describe_change_set(self, backend: CloudFormationBackend, request: "Request") -> ActionResult:
        """Describe a change set; its changes come in pages."""
        found = self._change_sets.find(backend, request)
        begin = int(request.get("NextToken", 0))
        resources = StackResources(found.stack.resource_map, self._endpoint, lambda *_: None)
        answer = found.summary() | {
            "Capabilities": found.request.get("Capabilities", []),
            "NotificationARNs": found.request.get("NotificationARNs", []),
            "Tags": found.request.get("Tags", []),
            "Parameters": found.shown_parameters,
            "RollbackConfiguration": {},
            "Changes": [],
        }
        if answer["Status"] == "CREATE_COMPLETE":
            page = found.changes[begin : begin + _PAGE]
            answer["Changes"] = [each.public(resources.physical_id(each.logical_id)) for each in page]
            if begin + _PAGE < len(found.changes):
                answer["NextToken"] = str(begin + _PAGE)
        return ActionResult(answer)

    def execute_change_set(self, backend: CloudFormationBackend, request: "Request") -> ActionResult:
        """Begin to execute a change set."""
        self._change_sets.execute(backend, self._change_sets.find(backend, request))
        return EmptyResult()

    def delete_change_set(self, backend: CloudFormationBackend, request: "Request") -> ActionResult:
        """Delete a change set."""
        self._change_sets.delete(backend, request)
        return EmptyResult()

    def list_change_sets(self, backend: CloudFormationBackend, request: "Request") -> ActionResult:
        """List the change sets of a stack."""
        stack = find_stack(backend, request["StackName"])
        if stack is None:
            raise ValidationError(message=f"Stack [{request['StackName']}] does not exist")
        return ActionResult({"Summaries": [each.summary() for each in self._change_sets.of(backend, stack)]})

    def validate_template(self, _: CloudFormationBackend, request: "Request") -> ActionResult:
        """Tell what a template asks for."""
        body, url = request.get("TemplateBody"), request.get("TemplateURL")
        if bool(body) == bool(url):
            raise ValidationError(message="Either Template URL or Template Body must be specified.")
        if body:
            template_checks.check_size(str(body))
        document = template_checks.parse(str(body) if body else packaged.read_template(str(url), self._endpoint))
        answer: dict[str, Any] = {
            "Description": document.get("Description"),
            "Parameters": [
                {
                    "ParameterKey": name,
                    "DefaultValue": str(each["Default"]) if "Default" in each else None,
                    "NoEcho": bool(each.get("NoEcho", False)),
                    "Description": each.get("Description"),
                }
                for name, each in document.get("Parameters", {}).items()
            ],
        }
        if lacking := template_checks.missing_capability(document, []):
            kinds = sorted({each["Type"] for each in document["Resources"].values() if "::IAM::" in each["Type"]})
            reason = f"The following resource(s) require capabilities: [{', '.join(kinds)}]"
            answer |= {"Capabilities": [lacking], "CapabilitiesReason": reason}
        if transforms := document.get("Transform"):
            answer["DeclaredTransforms"] = transforms if isinstance(transforms, list) else [transforms]
        return ActionResult(answer)

    def get_template(self, backend: CloudFormationBackend, request: "Request") -> ActionResult:
        """Return the template of a stack, as it was given or as it is deployed."""
        stack = backend.get_stack(request["StackName"])
        original = getattr(stack, "original_template", None)
        body = stack.template if original is None or request.get("TemplateStage") == "Processed" else original
        return ActionResult({"TemplateBody": body, "StagesAvailable": ["Original", "Processed"]})

    def delete_stack(self, backend: CloudFormationBackend, request: "Request") -> ActionResult:
        """Delete a stack, except what the policies of its resources keep."""
        if "RetainResources" in request:
            raise NotImplementedError
        stack = find_stack(backend, request["StackName"])
        if stack is None:
            return EmptyResult()
        if stack.status.endswith("_IN_PROGRESS") and stack.status != "REVIEW_IN_PROGRESS":
            raise ValidationError(message=f"Stack [{stack.name}] cannot be deleted while in status {stack.status}")
        exports = [each.name for each in stack.exports] if stack.template_dict else []
        set_status(stack, "DELETE_IN_PROGRESS", "User Initiated")
        try:
            self._operations.resources_of(stack).delete()
        except ResourceFailed as error:
            reason = f"The following resource(s) failed to delete: [{error.logical_id}]. "
            set_status(stack, "DELETE_FAILED", reason)
            return EmptyResult()
        set_status(stack, "DELETE_COMPLETE")
        backend.deleted_stacks[stack.stack_id] = backend.stacks.pop(stack.stack_id)
        for export in exports:
            backend.exports.pop(export, None)
        return EmptyResult()

    def change(
        self, resources: ResourceMap, template: dict[str, Any], parameters: dict[str, Any] | None = None
    ) -> None:
        """Update the resources of a stack for UpdateStack."""
        try:
            StackResources(resources, self._endpoint, lambda *_: None).change(template, parameters)
        except ResourceFailed as error:
            raise ValidationError(message=str(error)) from error


def patch_moto(patches: "MotoPatches", endpoint: "Endpoint", operations: "StackOperations") -> None:
    """Patch moto's CloudFormation."""
    api = ChangeSetApi(endpoint, operations)
    served = (
        api.create_change_set,
        api.describe_change_set,
        api.execute_change_set,
        api.delete_change_set,
        api.list_change_sets,
        api.validate_template,
        api.get_template,
        api.delete_stack,
    )
    transformers = CloudFormationResponse.RESPONSE_KEY_PATH_TO_TRANSFORMER
    patches.replace(
        CloudFormationResponse,
        RESPONSE_KEY_PATH_TO_TRANSFORMER={key: each for key, each in transformers.items() if key not in _OWN_FORM},
        **{each.__name__: _serving(each) for each in served},
    )
    patches.replace(ResourceMap, update=_updating(api))
    patches.replace(
        CloudFormationBackend,
        create_stack=_expanding(CloudFormationBackend.create_stack, endpoint),
        update_stack=_expanding(CloudFormationBackend.update_stack, endpoint),
    )
    patches.replace(Stack, outputs=property(_settled_outputs), stack_resources=property(_existing_resources))


def _serving(operation: "Callable[[CloudFormationBackend, Request], ActionResult]") -> Any:
    """Return a method of moto's responses that checks a request against AWS's model and serves it."""
    action = "".join(part.capitalize() for part in operation.__name__.split("_"))

    def serve(response: CloudFormationResponse) -> ActionResult:
        request = json.loads(json.dumps(dict(response.params), default=str))
        if broken := violation("cloudformation", action, request):
            raise ValidationError(message=broken)
        return operation(response.cloudformation_backend, request)

    return serve


def _expanding(change: "Callable[..., Stack]", endpoint: "Endpoint") -> Any:
    """Return CreateStack or UpdateStack for templates whose code and definitions lie in S3, too."""

    def changed(backend: CloudFormationBackend, name: str, template: str, *arguments: Any, **named: Any) -> Stack:
        try:
            expanded = packaged.expanded(template, named.get("parameters"), endpoint)
        except packaged.TransformFailed as error:
            raise ValidationError(message=str(error)) from None
        try:
            return change(backend, name, expanded, *arguments, **named)
        except ValidationError:
            begun = find_stack(backend, name)
            # moto leaves it in progress for ever, where nobody can delete it
            if begun is not None and begun.status == "CREATE_IN_PROGRESS":
                begun.status = "CREATE_FAILED"
            raise

    return changed


def _updating(api: ChangeSetApi) -> Any:
    """Return a method of moto's resources that updates them."""

    def update(resources: ResourceMap, template: dict[str, Any], parameters: dict[str, Any] | None = None) -> None:
        api.change(resources, template, parameters)

    return update


def _settled_outputs(stack: Stack) -> Any:
    """Return the outputs; none of a stack that does not stand (moto would create what they refer to)."""
    standing = not stack.status.startswith(("ROLLBACK", "DELETE", "REVIEW", "CREATE_IN", "CREATE_FAILED"))
    return _outputs.fget(stack) if standing else None


def _existing_resources(stack: Stack) -> list[Any]:
    return existing(stack.resource_map)
