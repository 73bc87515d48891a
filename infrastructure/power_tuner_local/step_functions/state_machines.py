"""State machines: creation, revisions, descriptions and lists, as on AWS."""

import uuid
from typing import TYPE_CHECKING, Any

from moto.core.exceptions import AWSError
from moto.core.responses import ActionResult
from moto.stepfunctions.models import StateMachine
from moto.stepfunctions.parser.models import StepFunctionsParserBackend
from moto.stepfunctions.responses import StepFunctionResponse

from power_tuner_local.step_functions.definitions import check_definition
from power_tuner_local.step_functions.requests import page, parameters_of
from power_tuner_local.step_functions.unsupported import refuse_unsupported

if TYPE_CHECKING:
    from collections.abc import Callable

    from power_tuner_local.moto_patches import MotoPatches

_NOTHING_TO_UPDATE = (
    "Either the definition, the role ARN, the LoggingConfiguration, or the TracingConfiguration must be specified"
)
_UPDATABLE = ("definition", "role_arn", "logging_configuration", "tracing_configuration", "encryption_configuration")
_CONFIGURATIONS = ("loggingConfiguration", "tracingConfiguration", "encryptionConfiguration")
_DEFAULT_LOGGING = {"level": "OFF", "includeExecutionData": False}


class StateMachineTypeNotSupported(AWSError):
    """The operation is for state machines of another type."""

    TYPE = "StateMachineTypeNotSupported"


class StateMachineAlreadyExists(AWSError):
    """A state machine of this name has another definition or configuration."""

    TYPE = "StateMachineAlreadyExists"


class MissingRequiredParameter(AWSError):
    """An update changes nothing."""

    TYPE = "MissingRequiredParameter"


def patch_moto(patches: "MotoPatches") -> None:
    """Patch moto's state machines to behave as AWS's."""
    _patch_changes(patches)
    patches.replace(
        StepFunctionResponse,
        update_state_machine=_update_state_machine(StepFunctionResponse.update_state_machine),
        describe_state_machine=_describe_state_machine,
        describe_state_machine_for_execution=_describe_state_machine_for_execution,
        list_state_machines=_list_state_machines,
        start_sync_execution=_start_sync_execution,
    )


def _patch_changes(patches: "MotoPatches") -> None:
    create, update = StepFunctionsParserBackend.create_state_machine, StepFunctionsParserBackend.update_state_machine

    def create_once(backend: Any, name: str, definition: str, *args: Any, **kwargs: Any) -> StateMachine:
        refuse_unsupported(definition, kwargs.get("sm_type"))
        check_definition(definition)
        arn = f"arn:aws:states:{backend.region_name}:{backend.account_id}:stateMachine:{name}"
        present = next((machine for machine in backend.state_machines if machine.arn == arn), None)
        if present is not None and not _same(present, definition, kwargs):
            raise StateMachineAlreadyExists(f"State Machine Already Exists: '{arn}'")
        created: StateMachine = create(backend, name, definition, *args, **kwargs)
        return created

    def update_with_revision(backend: Any, arn: str, *args: Any, **kwargs: Any) -> StateMachine:
        changes = dict(zip(_UPDATABLE, args, strict=False)) | kwargs
        if not any(changes.get(name) for name in _UPDATABLE):
            raise MissingRequiredParameter(_NOTHING_TO_UPDATE)
        if changes.get("definition"):
            refuse_unsupported(changes["definition"], None)
            check_definition(changes["definition"])
        machine: Any = backend.describe_state_machine(arn)
        before = _revised(machine)
        updated: Any = update(backend, arn, **changes)
        if _revised(updated) != before:
            updated.revision_id = str(uuid.uuid4())
        return updated  # type: ignore[no-any-return]

    patches.replace(
        StepFunctionsParserBackend, create_state_machine=create_once, update_state_machine=update_with_revision
    )


def _same(machine: Any, definition: str, wanted: dict[str, Any]) -> bool:
    """Return whether a creation repeats an earlier one; like AWS, regardless of role and tags."""
    configured = [name for name in _CONFIGURATIONS if wanted.get(name)]
    return machine.definition == definition and all(getattr(machine, name) == wanted[name] for name in configured)


def _revised(machine: Any) -> tuple[str, str]:
    return machine.definition, machine.roleArn


def _update_state_machine(update: "Callable[[StepFunctionResponse], Any]") -> "Callable[[StepFunctionResponse], Any]":
    def update_with_revision(response: StepFunctionResponse) -> Any:
        result = update(response)
        machine = response.stepfunction_backend.describe_state_machine(parameters_of(response)["stateMachineArn"])
        result.result.update(_revision(machine))
        return result

    return update_with_revision


def _revision(machine: Any) -> dict[str, str]:
    """Return the revision id, which a state machine has once it was changed."""
    return {"revisionId": machine.revision_id} if hasattr(machine, "revision_id") else {}


def _description(machine: Any) -> dict[str, Any]:
    """Return what both operations that describe a state machine return."""
    encryption = machine.encryptionConfiguration
    return {
        "stateMachineArn": machine.arn,
        "name": machine.name,
        "definition": machine.definition,
        "roleArn": machine.roleArn,
        "loggingConfiguration": _DEFAULT_LOGGING | machine.loggingConfiguration,
        "tracingConfiguration": machine.tracingConfiguration,
        **({"encryptionConfiguration": encryption} if encryption != {"type": "AWS_OWNED_KEY"} else {}),
        **({"description": machine.description} if machine.description else {}),
        **_revision(machine),
    }


def _describe_state_machine(response: StepFunctionResponse) -> ActionResult:
    machine = response.stepfunction_backend.describe_state_machine(parameters_of(response)["stateMachineArn"])
    more = {"creationDate": machine.creation_date, "status": "ACTIVE", "type": machine.type}
    return ActionResult(_description(machine) | more)


def _describe_state_machine_for_execution(response: StepFunctionResponse) -> ActionResult:
    """Describe the state machine as it was when the execution started."""
    backend = response.stepfunction_backend
    execution: Any = backend.describe_execution(parameters_of(response)["executionArn"])
    map_run = {"mapRunArn": execution.map_run_arn} if getattr(execution, "map_run_arn", None) else {}
    if map_run:
        machine = backend.describe_state_machine(execution.state_machine_arn.partition("/")[0])
    else:
        machine = execution.state_machine
    return ActionResult(_description(machine) | {"updateDate": machine.update_date} | map_run)


def _list_state_machines(response: StepFunctionResponse) -> ActionResult:
    """Serve ListStateMachines in the order of names (moto's is by time)."""
    machines = sorted(response.stepfunction_backend.state_machines, key=lambda machine: machine.name)
    listed = [
        {
            "stateMachineArn": machine.arn,
            "name": machine.name,
            "type": machine.type,
            "creationDate": machine.creation_date,
        }
        for machine in machines
    ]
    return page("stateMachines", listed, parameters_of(response))


def _start_sync_execution(response: StepFunctionResponse) -> ActionResult:
    """Refuse StartSyncExecution: it is for Express workflows, and there are none here."""
    response.stepfunction_backend.describe_state_machine(parameters_of(response)["stateMachineArn"])
    raise StateMachineTypeNotSupported("This operation is not supported by this type of state machine")
