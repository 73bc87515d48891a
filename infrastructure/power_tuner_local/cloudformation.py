"""What moto's CloudFormation lacks of the resources that a template may have.

moto's models are completed once, when this module is imported.
"""

from typing import TYPE_CHECKING, Any, Self

from moto.cloudformation import parsing
from moto.core.common_models import CloudFormationModel
from moto.events.models import EventBus
from moto.scheduler.models import scheduler_backends
from moto.stepfunctions.models import StateMachine

if TYPE_CHECKING:
    from collections.abc import Mapping

_known_class = parsing.resource_class_from_type
_state_machine_attribute = StateMachine.get_cfn_attribute
_state_machine_has = StateMachine.has_cfn_attr


class Resource(CloudFormationModel):
    """A resource of a template for which the local AWS has a name and no behaviour."""

    resource_type = "Local::Resource"

    def __init__(self, name: str, properties: "Mapping[str, Any]") -> None:
        self.name = name
        self.properties = properties

    @property
    def physical_resource_id(self) -> str:
        """Return what `Ref` gives."""
        return self.name

    @classmethod
    def has_cfn_attr(cls, attr: str) -> bool:
        """Claim every attribute: which exist is cfn-lint's business."""
        return bool(attr)

    def get_cfn_attribute(self, attribute_name: str) -> str:
        """Return a value that says where it comes from."""
        return f"{self.name}.{attribute_name}"

    @staticmethod
    def cloudformation_name_type() -> str:
        """Return the property that names the resource."""
        return "Name"

    @classmethod
    def cloudformation_type(cls) -> str:
        """Return the resource's type."""
        return cls.resource_type

    @classmethod
    def create_from_cloudformation_json(
        cls, resource_name: str, cloudformation_json: Any, account_id: str, region_name: str, **_: Any
    ) -> Self:
        """Create the resource."""
        resource = cls(resource_name, cloudformation_json["Properties"])
        resource.put(account_id, region_name)
        return resource

    @classmethod
    def update_from_cloudformation_json(
        cls,
        original_resource: Any,
        new_resource_name: str,  # noqa: ARG003 (moto passes a new random name)
        cloudformation_json: Any,
        account_id: str,
        region_name: str,
    ) -> Self:
        """Update the resource in place."""
        original_resource.remove(account_id, region_name)
        return cls.create_from_cloudformation_json(
            cloudformation_json["Properties"].get("Name", original_resource.name),
            cloudformation_json,
            account_id,
            region_name,
        )

    def delete(self, account_id: str, region_name: str) -> None:
        """Delete the resource."""
        self.remove(account_id, region_name)

    def put(self, account_id: str, region_name: str) -> None:
        """Make the service know the resource; nothing here."""

    def remove(self, account_id: str, region_name: str) -> None:
        """Make the service forget the resource; nothing here."""


class Schedule(Resource):
    """An EventBridge Scheduler schedule."""

    resource_type = "AWS::Scheduler::Schedule"

    def get_cfn_attribute(self, attribute_name: str) -> str:
        """Return the schedule's ARN."""
        return str(self._arn) if attribute_name == "Arn" else super().get_cfn_attribute(attribute_name)

    def put(self, account_id: str, region_name: str) -> None:
        """Create the schedule in moto's Scheduler."""
        properties = self.properties
        created = scheduler_backends[account_id][region_name].create_schedule(
            name=self.name,
            group_name=properties.get("GroupName", "default"),
            description=properties.get("Description"),
            schedule_expression=properties["ScheduleExpression"],
            schedule_expression_timezone=properties.get("ScheduleExpressionTimezone"),
            flexible_time_window=properties["FlexibleTimeWindow"],
            target=dict(properties["Target"]),
            state=properties.get("State"),
            kms_key_arn=properties.get("KmsKeyArn"),
            start_date=None,
            end_date=properties.get("EndDate"),
            action_after_completion=None,
        )
        self._arn = created.arn

    def remove(self, account_id: str, region_name: str) -> None:
        """Delete the schedule from moto's Scheduler."""
        backend = scheduler_backends[account_id][region_name]
        backend.delete_schedule(self.properties.get("GroupName", "default"), self.name)


_classes: dict[str, type[Resource]] = {Schedule.resource_type: Schedule}


def _class_of(resource_type: str) -> Any:
    """Return the model of a type: moto's, ours, or one that only has a name."""
    if resource_type in _classes:
        return _classes[resource_type]
    if resource_type in parsing.NULL_MODELS or resource_type.startswith("Custom::"):
        return _known_class(resource_type)
    if resource_type in parsing.get_model_map():
        return parsing.get_model_map()[resource_type]
    _classes[resource_type] = type("NamedResource", (Resource,), {"resource_type": resource_type})
    return _classes[resource_type]


def _state_machine_value(state_machine: StateMachine, attribute: str) -> Any:
    return state_machine.arn if attribute == "Arn" else _state_machine_attribute(state_machine, attribute)


parsing.resource_class_from_type = _class_of
EventBus.physical_resource_id = property(lambda bus: bus.name)
StateMachine.get_cfn_attribute = _state_machine_value
StateMachine.has_cfn_attr = classmethod(lambda _, attribute: attribute == "Arn" or _state_machine_has(attribute))
