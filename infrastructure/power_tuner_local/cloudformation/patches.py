"""Patches of moto's CloudFormation: more resource types, correct parameters, readable errors."""

import json
from typing import TYPE_CHECKING, Any

from moto.cloudformation import parsing
from moto.cloudformation.exceptions import ValidationError
from moto.cloudformation.models import Stack
from moto.events.models import EventBus
from moto.kms.models import Key
from moto.sns.models import Topic
from moto.sqs.models import Queue
from moto.ssm.models import Parameter
from moto.stepfunctions.models import StateMachine

from power_tuner_local.cloudformation import (
    dynamic_references,
    global_tables,
    iam_resources,
    lambda_resources,
    secret_resources,
    template_text,
)
from power_tuner_local.cloudformation.resources import EventBusPolicy, QueuePolicy, Resource, ResourceType, Schedule
from power_tuner_local.cloudformation.updates import UPDATES

if TYPE_CHECKING:
    from collections.abc import Callable

    from power_tuner_local.gateway.endpoint import Endpoint
    from power_tuner_local.moto_patches import MotoPatches

_known_class = parsing.resource_class_from_type
_state_machine_attribute = StateMachine.get_cfn_attribute
_state_machine_has = StateMachine.has_cfn_attr
# Attributes that have the value of Ref, and that moto does not know.
_AS_REF: dict[Any, str] = {Queue: "QueueUrl", Topic: "TopicArn", Key: "KeyId"}
_FIFO = ".fifo"
_MAX_QUEUE_NAME_CHARS = 80
_clean = parsing.clean_json
_condition = parsing.parse_condition
_load_parameters = parsing.ResourceMap.load_parameters
_create: Any = parsing.parse_and_create_resource
_update: Any = parsing.parse_and_update_resource

_MODELS: dict[str, type[Resource]] = {
    each.resource_type: each
    for each in (
        EventBusPolicy,
        QueuePolicy,
        Schedule,
        iam_resources.Role,
        lambda_resources.Function,
        lambda_resources.Version,
        lambda_resources.Alias,
        lambda_resources.LayerVersion,
        lambda_resources.Permission,
        lambda_resources.EventInvokeConfig,
        secret_resources.Secret,
    )
}


def makes(resource_type: str) -> bool:
    """Return whether resources of a type are made; those of other types have a name and nothing else."""
    return resource_type in _MODELS or resource_type in {global_tables.RESOURCE_TYPE, *parsing.get_model_map()}


def _cleaning(endpoint: "Endpoint") -> Any:
    """Return moto's filling in of values, with what it leaves as it is."""

    def cleaned(value: Any, resources: Any) -> Any:
        match value:
            # The long form may name resource and attribute in one text.
            case {"Fn::GetAtt": str(path)}:
                value = {"Fn::GetAtt": path.split(".", 1)}
        filled = _clean(value, resources)
        if isinstance(filled, str):
            return dynamic_references.resolve(filled, endpoint)
        # moto drops AWS::NoValue from objects only
        return [each for each in filled if each is not None] if isinstance(filled, list) else filled

    return cleaned


def _condition_of_texts(condition: Any, resources: Any, known: Any) -> bool:
    """Compare values as CloudFormation does: as text (to moto the number 0 and "0" differ)."""
    match condition:
        case {"Fn::Equals": [left, right]}:
            return _text(_clean(left, resources)) == _text(_clean(right, resources))
    return bool(_condition(condition, resources, known))


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _load_typed_parameters(resources: parsing.ResourceMap) -> None:
    """Convert the defaults of parameters as passed values are (moto splits only lists that are passed in)."""
    slots: dict[str, Any] = resources._template.get("Parameters", {})  # noqa: SLF001
    defaults = {name: str(slot["Default"]) for name, slot in slots.items() if "Default" in slot}
    resources.input_parameters = defaults | (resources.input_parameters or {})
    _load_parameters(resources)


def _parameter_list(stack: Stack) -> list[dict[str, str]]:
    """Return the parameters for DescribeStacks; a list as the text that it came as (moto shows Python's)."""
    values = stack.resource_map.resolved_parameters
    texts = {name: ",".join(value) if isinstance(value, list) else value for name, value in values.items()}
    return [{"ParameterKey": name, "ParameterValue": text} for name, text in texts.items()]


def _create_with_reason(logical_id: str, body: Any, resources: Any, *arguments: Any, **named: Any) -> Any:
    """Create a resource; an error names it (moto passes a service's error on as CloudFormation's own)."""
    try:
        created = _create(logical_id, body, resources, *arguments, **named)
        # moto overlooks the keys of these when it creates them
        if created is not None and (update := UPDATES.get(body["Type"])):
            update(created, parsing.parse_resource(body, resources)[1]["Properties"])
    except ValidationError:
        raise
    except Exception as error:
        raise ValidationError(message=f"{logical_id}: {_reason(error)}") from error
    return created


def _update_with_reason(logical_id: str, body: Any, resources: Any, *arguments: Any, **named: Any) -> Any:
    """Update a resource; an error names it (moto leaves what it cannot update as it was, and says nothing)."""
    try:
        if (update := UPDATES.get(body["Type"])) is None:
            updated = _update(logical_id, body, resources, *arguments, **named)
        else:
            updated = resources[logical_id]
            update(updated, parsing.parse_resource(body, resources)[1]["Properties"])
    except ValidationError:
        raise
    except Exception as error:
        raise ValidationError(message=f"{logical_id}: {_reason(error)}") from error
    if updated is None:
        raise ValidationError(message=f"{logical_id}: the local AWS cannot update a resource of type {body['Type']}")
    return updated


def _reason(error: Exception) -> str:
    return str(getattr(error, "message", None) or f"{type(error).__name__}: {error}")


def _state_machine_value(state_machine: StateMachine, attribute: str) -> Any:
    return state_machine.arn if attribute == "Arn" else _state_machine_attribute(state_machine, attribute)


def _with_default(model: Any, default: "Callable[[str], tuple[str, str]]") -> Any:
    """Return a creation that gives a property which the template may leave out a value (moto fails without)."""
    create = model.create_from_cloudformation_json

    def created(cls: Any, resource_name: str, document: Any, *arguments: Any, **named: Any) -> Any:
        document["Properties"].setdefault(*default(resource_name))
        return create.__func__(cls, resource_name, document, *arguments, **named)

    return classmethod(created)


def _with_fifo_in_its_name(model: Any, name: str, flag: str) -> Any:
    """Return a creation that ends the generated name of a FIFO queue or topic in .fifo, as AWS does."""
    create = model.create_from_cloudformation_json

    def created(cls: Any, resource_name: str, document: Any, *arguments: Any, **named: Any) -> Any:
        properties = document["Properties"]
        is_fifo = _text(properties.get(flag)) == "true" and name not in properties
        fitting = f"{resource_name[: _MAX_QUEUE_NAME_CHARS - len(_FIFO)]}{_FIFO}" if is_fifo else resource_name
        return create.__func__(cls, fitting, document, *arguments, **named)

    return classmethod(created)


def _with_definition_as_text(change: Any) -> Any:
    """Return a creation or update of a state machine that reads `Definition` too (moto reads DefinitionString only)."""

    def changed(cls: type[StateMachine], *arguments: Any, **named: Any) -> Any:
        for document in (*arguments, *named.values()):
            properties = document.get("Properties", {}) if isinstance(document, dict) else {}
            if "Definition" in properties:
                properties["DefinitionString"] = json.dumps(properties.pop("Definition"))
        return change.__func__(cls, *arguments, **named)

    return classmethod(changed)


def _with_attribute(model: Any, name: str) -> dict[str, Any]:
    """Return what a class of moto's resources needs to have an attribute whose value is that of Ref."""
    has, value = model.has_cfn_attr, model.get_cfn_attribute

    def get_cfn_attribute(resource: Any, attribute: str) -> Any:
        return resource.physical_resource_id if attribute == name else value(resource, attribute)

    return {
        "get_cfn_attribute": get_cfn_attribute,
        "has_cfn_attr": classmethod(lambda _, attribute: attribute == name or has(attribute)),
    }


def patch_moto(patches: "MotoPatches", endpoint: "Endpoint") -> None:
    """Patch moto's CloudFormation; it creates our resource types at the endpoint."""

    def class_of(resource_type: str) -> Any:
        """Return the class for a type: ours, moto's, or one whose resources only have a name."""
        if resource_type == global_tables.RESOURCE_TYPE:
            return global_tables.GlobalTable
        if resource_type not in _MODELS:
            if resource_type in parsing.NULL_MODELS or resource_type.startswith("Custom::"):
                return _known_class(resource_type)
            if resource_type in parsing.get_model_map():
                return parsing.get_model_map()[resource_type]
        return ResourceType(endpoint, resource_type, _MODELS.get(resource_type, Resource))

    def name_property_of(resource_type: str) -> str | None:
        resource_class = class_of(resource_type)
        name: str | None = resource_class.cloudformation_name_type() if resource_class else None
        return name

    patches.replace(
        parsing,
        resource_class_from_type=class_of,
        resource_name_property_from_type=name_property_of,
        clean_json=_cleaning(endpoint),
        parse_condition=_condition_of_texts,
        parse_and_create_resource=_create_with_reason,
        parse_and_update_resource=_update_with_reason,
    )
    iam_resources.patch_moto(patches)
    patches.replace(parsing.ResourceMap, load_parameters=_load_typed_parameters)
    patches.replace(Stack, parameter_list=property(_parameter_list), parse_template=staticmethod(template_text.read))
    for model, attribute in _AS_REF.items():
        patches.replace(model, **_with_attribute(model, attribute))
    patches.replace(EventBus, physical_resource_id=property(lambda bus: bus.name))
    patches.replace(Parameter, create_from_cloudformation_json=_with_default(Parameter, lambda name: ("Name", name)))
    for model, name, flag in ((Queue, "QueueName", "FifoQueue"), (Topic, "TopicName", "FifoTopic")):
        patches.replace(model, create_from_cloudformation_json=_with_fifo_in_its_name(model, name, flag))
    # Without a policy a key gets the one that lets the account's policies decide.
    patches.replace(Key, create_from_cloudformation_json=_with_default(Key, lambda _: ("KeyPolicy", "")))
    patches.replace(
        StateMachine,
        create_from_cloudformation_json=_with_definition_as_text(StateMachine.create_from_cloudformation_json),
        update_from_cloudformation_json=_with_definition_as_text(StateMachine.update_from_cloudformation_json),
        get_cfn_attribute=_state_machine_value,
        has_cfn_attr=classmethod(lambda _, attribute: attribute == "Arn" or _state_machine_has(attribute)),
    )
