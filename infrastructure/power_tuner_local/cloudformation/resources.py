"""Template resources that the local AWS supports and moto's CloudFormation does not."""

import contextlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Self

from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from power_tuner_local.gateway.endpoint import Endpoint


class Resource:
    """A resource of a template; this base class has a name and no behaviour.

    Args:
        endpoint: The local AWS to create the resource in.
        resource_type: The type in the template.
        name: The name from the template, or one that CloudFormation has generated.
        properties: The properties in the template.

    Attributes:
        name_property: The property that names the resource.
    """

    resource_type = "Local::Resource"
    name_property: ClassVar[str] = "Name"

    def __init__(self, endpoint: "Endpoint", resource_type: str, name: str, properties: "Mapping[str, Any]") -> None:
        self.endpoint = endpoint
        self.resource_type = resource_type
        self.name = name
        self.properties = properties

    def client(self, service: str) -> Any:
        """Return a client of a service of the local AWS."""
        return self.endpoint.client(service)

    def put(self) -> None:
        """Create the resource; does nothing here."""

    def update(self, properties: "Mapping[str, Any]") -> Self:
        """Update the resource by replacing it."""
        self.remove()
        self.properties = properties
        self.put()
        return self

    def remove(self) -> None:
        """Delete the resource; does nothing here."""

    @property
    def physical_resource_id(self) -> str:
        """Return the value of `Ref`."""
        return self.name

    def get_cfn_attribute(self, attribute_name: str) -> str:
        """Return the value of `Fn::GetAtt`; a placeholder here."""
        return f"{self.name}.{attribute_name}"

    def is_created(self) -> bool:
        """Return True: moto asks after `put`, which waits until the resource exists."""
        return True

    def delete(self, account_id: str, region_name: str) -> None:  # noqa: ARG002
        """Delete the resource, called by moto's CloudFormation."""
        with _with_resource_name(self):
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


class QueuePolicy(Resource):
    """The policy of SQS queues."""

    resource_type = "AWS::SQS::QueuePolicy"

    def put(self) -> None:
        """Give the queues the policy."""
        self._set(json.dumps(self.properties["PolicyDocument"]))

    def remove(self) -> None:
        """Take the policy from the queues."""
        self._set("")

    def _set(self, policy: str) -> None:
        for url in self.properties["Queues"]:
            with contextlib.suppress(self.client("sqs").exceptions.QueueDoesNotExist):
                self.client("sqs").set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy})


class EventBusPolicy(Resource):
    """A statement in the policy of an event bus."""

    resource_type = "AWS::Events::EventBusPolicy"

    def put(self) -> None:
        """Add the statement."""
        statement = {**self.properties["Statement"], "Sid": self.properties["StatementId"]}
        policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        self.client("events").put_permission(EventBusName=self._bus, Policy=policy)

    def remove(self) -> None:
        """Remove the statement."""
        client = self.client("events")
        with contextlib.suppress(client.exceptions.ResourceNotFoundException):
            client.remove_permission(EventBusName=self._bus, StatementId=self.properties["StatementId"])

    @property
    def _bus(self) -> str:
        return str(self.properties.get("EventBusName", "default"))


@dataclass(frozen=True, slots=True)
class ResourceType:
    """A resource type, with the methods that moto's CloudFormation calls on a resource class.

    Attributes:
        endpoint: The local AWS to create resources in.
        resource_type: The type in the template.
        model: The class of the resources.
    """

    endpoint: "Endpoint"
    resource_type: str
    model: type[Resource]

    def cloudformation_name_type(self) -> str:
        """Return the property that names a resource."""
        return self.model.name_property

    def has_cfn_attr(self, attr: str) -> bool:
        """Return True for every attribute: checking them is cfn-lint's job."""
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
        with _with_resource_name(resource):
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
        with _with_resource_name(original_resource):
            return original_resource.update(cloudformation_json["Properties"])


@contextlib.contextmanager
def _with_resource_name(resource: Resource) -> "Iterator[None]":
    """Add the resource to a service's error (moto would pass it on as the stack's own)."""
    try:
        yield
    except ClientError as error:
        raise RuntimeError(f"{resource.resource_type} {resource.name}: {error}") from error
