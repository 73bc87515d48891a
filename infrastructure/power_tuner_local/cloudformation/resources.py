"""Resources of a template that the local AWS has and moto's CloudFormation has not."""

import contextlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Self

from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from power_tuner_local.gateway.endpoint import Endpoint


class Resource:
    """A resource of a template; as it stands, one that has a name and no behaviour.

    Args:
        endpoint: The local AWS that the resource is created in.
        resource_type: The type in the template.
        name: The name in the template, or the one that CloudFormation made up.
        properties: The properties in the template.

    Attributes:
        name_property: The property that names the resource; CloudFormation makes up a name without it.
    """

    resource_type = "Local::Resource"
    name_property: ClassVar[str] = "Name"

    def __init__(self, endpoint: "Endpoint", resource_type: str, name: str, properties: "Mapping[str, Any]") -> None:
        self.endpoint = endpoint
        self.resource_type = resource_type
        self.name = name
        self.properties = properties

    def client(self, service: str) -> Any:
        """Return the client of a service of the local AWS."""
        return self.endpoint.client(service)

    def put(self) -> None:
        """Create what the resource stands for; nothing here."""

    def update(self, properties: "Mapping[str, Any]") -> Self:
        """Update what the resource stands for: here by making it anew."""
        self.remove()
        self.properties = properties
        self.put()
        return self

    def remove(self) -> None:
        """Delete what the resource stands for; nothing here."""

    @property
    def physical_resource_id(self) -> str:
        """Return what `Ref` gives."""
        return self.name

    def get_cfn_attribute(self, attribute_name: str) -> str:
        """Return what `Fn::GetAtt` gives: here a value that says where it comes from."""
        return f"{self.name}.{attribute_name}"

    def is_created(self) -> bool:
        """Return True: moto asks only after `put`, which waits for what it creates."""
        return True

    def delete(self, account_id: str, region_name: str) -> None:  # noqa: ARG002
        """Delete the resource for moto's CloudFormation."""
        with _readable(self):
            self.remove()


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


@dataclass(frozen=True, slots=True)
class ResourceType:
    """A type of resource, with the methods that moto's CloudFormation calls on a resource's class.

    Attributes:
        endpoint: The local AWS that the resources are created in.
        resource_type: The type in the template.
        model: The class of the resources.
    """

    endpoint: "Endpoint"
    resource_type: str
    model: type[Resource]

    def cloudformation_name_type(self) -> str:
        """Return the property that names a resource of the type."""
        return self.model.name_property

    def has_cfn_attr(self, attr: str) -> bool:
        """Claim every attribute: which exist is cfn-lint's business."""
        return bool(attr)

    def create_from_cloudformation_json(
        self,
        resource_name: str,
        cloudformation_json: Any,
        account_id: str,  # noqa: ARG002
        region_name: str,  # noqa: ARG002
        **_: Any,
    ) -> Resource:
        """Create a resource."""
        properties = cloudformation_json["Properties"]
        name = properties.get(self.model.name_property, resource_name)
        resource = self.model(self.endpoint, self.resource_type, name, properties)
        with _readable(resource):
            resource.put()
        return resource

    def update_from_cloudformation_json(
        self,
        original_resource: Resource,
        new_resource_name: str,  # noqa: ARG002
        cloudformation_json: Any,
        account_id: str,  # noqa: ARG002
        region_name: str,  # noqa: ARG002
    ) -> Resource:
        """Update a resource."""
        with _readable(original_resource):
            return original_resource.update(cloudformation_json["Properties"])


@contextlib.contextmanager
def _readable(resource: Resource) -> "Iterator[None]":
    """Say which resource a service refused (moto would pass the bare refusal on as the stack's own answer)."""
    try:
        yield
    except ClientError as error:
        raise RuntimeError(f"{resource.resource_type} {resource.name}: {error}") from error
