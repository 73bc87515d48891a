"""What moto's CloudFormation lacks, put right."""

import functools
from typing import TYPE_CHECKING, Any

from moto.cloudformation import parsing
from moto.cloudformation.exceptions import ValidationError
from moto.events.models import EventBus
from moto.stepfunctions.models import StateMachine

from power_tuner_local.cloudformation import lambda_resources
from power_tuner_local.cloudformation.resources import Resource
from power_tuner_local.moto_changes import change

if TYPE_CHECKING:
    from power_tuner_local.connection import LocalAwsConnection

_known_class = parsing.resource_class_from_type
_state_machine_attribute = StateMachine.get_cfn_attribute
_state_machine_has = StateMachine.has_cfn_attr
_clean = parsing.clean_json
_load_parameters = parsing.ResourceMap.load_parameters
_create = parsing.parse_and_create_resource
_update = parsing.parse_and_update_resource
_diff = parsing.ResourceMap.build_resource_diff
_FUNCTION, _VERSION = "AWS::Lambda::Function", "AWS::Lambda::Version"


class Schedule(Resource):
    """An EventBridge Scheduler schedule."""

    resource_type = "AWS::Scheduler::Schedule"

    def put(self) -> None:
        """Create the schedule."""
        properties = {key: value for key, value in self.properties.items() if key not in {"StartDate", "EndDate"}}
        self._arn = self.client("scheduler").create_schedule(**properties | {"Name": self.name})["ScheduleArn"]

    def remove(self) -> None:
        """Delete the schedule."""
        group = self.properties.get("GroupName", "default")
        self.client("scheduler").delete_schedule(Name=self.name, GroupName=group)

    def get_cfn_attribute(self, attribute_name: str) -> str:
        """Return the schedule's ARN."""
        return str(self._arn) if attribute_name == "Arn" else super().get_cfn_attribute(attribute_name)


_classes: dict[str, type[Resource]] = {
    each.resource_type: each
    for each in (
        Schedule,
        lambda_resources.Function,
        lambda_resources.Version,
        lambda_resources.Alias,
        lambda_resources.LayerVersion,
        lambda_resources.Permission,
        lambda_resources.EventInvokeConfig,
    )
}


def use(aws: "LocalAwsConnection") -> None:
    """Create resources in this local AWS from now on."""
    Resource.aws = aws


def _class_of(resource_type: str) -> Any:
    """Return the model of a type: ours, moto's, or one that only has a name."""
    if resource_type in _classes:
        return _classes[resource_type]
    if resource_type in parsing.NULL_MODELS or resource_type.startswith("Custom::"):
        return _known_class(resource_type)
    if resource_type in parsing.get_model_map():
        return parsing.get_model_map()[resource_type]
    _classes[resource_type] = type("NamedResource", (Resource,), {"resource_type": resource_type})
    return _classes[resource_type]


def _name_property(resource_type: str) -> str | None:
    resource_class = _class_of(resource_type)
    name: str | None = resource_class.cloudformation_name_type() if resource_class else None
    return name


def _diff_in_order(resources: parsing.ResourceMap, template: dict[str, Any], *parameters: Any) -> dict[str, Any]:
    """Update functions before their new versions are published (moto creates before it updates)."""
    names: dict[str, list[str]] = _diff(resources, template, *parameters)
    kinds = {name: resource["Type"] for name, resource in template["Resources"].items()}
    versions = [name for name in names["Add"] if kinds[name] == _VERSION]
    order = {_FUNCTION: 0, _VERSION: 1}
    return names | {
        "Add": [name for name in names["Add"] if name not in versions],
        "Modify": sorted([*names["Modify"], *versions], key=lambda name: order.get(kinds[name], 2)),
    }


def _clean_without_no_value(value: Any, resources: Any) -> Any:
    """Leave `AWS::NoValue` out of lists too (moto leaves it out of objects only)."""
    cleaned = _clean(value, resources)
    return [each for each in cleaned if each is not None] if isinstance(cleaned, list) else cleaned


def _load_typed_parameters(resources: parsing.ResourceMap) -> None:
    """Give defaults the type of their parameter (moto splits only those lists that are passed in)."""
    slots: dict[str, Any] = resources._template.get("Parameters", {})  # noqa: SLF001
    defaults = {name: str(slot["Default"]) for name, slot in slots.items() if "Default" in slot}
    resources.input_parameters = defaults | (resources.input_parameters or {})
    _load_parameters(resources)


def _create_readably(logical_id: str, *arguments: Any, **named: Any) -> Any:
    """Say which resource failed (moto passes a service's bare refusal on as CloudFormation's answer)."""
    try:
        return _create(logical_id, *arguments, **named)
    except ValidationError:
        raise
    except Exception as error:
        raise ValidationError(message=f"{logical_id}: {_reason(error)}") from error


def _update_readably(logical_id: str, *arguments: Any, **named: Any) -> Any:
    """Say which resource failed."""
    try:
        return _update(logical_id, *arguments, **named)
    except ValidationError:
        raise
    except Exception as error:
        raise ValidationError(message=f"{logical_id}: {_reason(error)}") from error


def _reason(error: Exception) -> str:
    return str(getattr(error, "message", None) or f"{type(error).__name__}: {error}")


def _state_machine_value(state_machine: StateMachine, attribute: str) -> Any:
    return state_machine.arn if attribute == "Arn" else _state_machine_attribute(state_machine, attribute)


@functools.cache
def install() -> None:
    """Complete moto's CloudFormation."""
    change(
        parsing,
        resource_class_from_type=_class_of,
        resource_name_property_from_type=_name_property,
        clean_json=_clean_without_no_value,
        parse_and_create_resource=_create_readably,
        parse_and_update_resource=_update_readably,
    )
    change(parsing.ResourceMap, build_resource_diff=_diff_in_order, load_parameters=_load_typed_parameters)
    change(EventBus, physical_resource_id=property(lambda bus: bus.name))
    change(
        StateMachine,
        get_cfn_attribute=_state_machine_value,
        has_cfn_attr=classmethod(lambda _, attribute: attribute == "Arn" or _state_machine_has(attribute)),
    )
