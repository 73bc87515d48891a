"""Resources of a template that the local AWS has and moto's CloudFormation has not."""

import contextlib
from typing import TYPE_CHECKING, Any, ClassVar, Self

from botocore.exceptions import ClientError
from moto.core.common_models import CloudFormationModel

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from power_tuner_local.connection import LocalAwsConnection


class Resource(CloudFormationModel):
    """A resource of a template; as it stands, one that has a name and no behaviour.

    Attributes:
        aws: The local AWS whose services the resource is created in.
        resource_type: The type in the template.
        name_property: The property that names the resource; CloudFormation makes up a name without it.
    """

    aws: "ClassVar[LocalAwsConnection]"
    resource_type = "Local::Resource"
    name_property = "Name"

    def __init__(self, name: str, properties: "Mapping[str, Any]") -> None:
        self.name = name
        self.properties = properties

    def client(self, service: str) -> Any:
        """Return the client of a service of the local AWS."""
        return self.aws.client(service)

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

    @classmethod
    def has_cfn_attr(cls, attr: str) -> bool:
        """Claim every attribute: which exist is cfn-lint's business."""
        return bool(attr)

    def get_cfn_attribute(self, attribute_name: str) -> str:
        """Return what `Fn::GetAtt` gives: here a value that says where it comes from."""
        return f"{self.name}.{attribute_name}"

    @classmethod
    def cloudformation_name_type(cls) -> str:
        """Return the property that names the resource."""
        return cls.name_property

    @classmethod
    def cloudformation_type(cls) -> str:
        """Return the resource's type."""
        return cls.resource_type

    @classmethod
    def create_from_cloudformation_json(
        cls,
        resource_name: str,
        cloudformation_json: Any,
        account_id: str,  # noqa: ARG003
        region_name: str,  # noqa: ARG003
        **_: Any,
    ) -> Self:
        """Create a resource for moto's CloudFormation."""
        properties = cloudformation_json["Properties"]
        resource = cls(properties.get(cls.name_property, resource_name), properties)
        with _readable(resource):
            resource.put()
        return resource

    @classmethod
    def update_from_cloudformation_json(
        cls,
        original_resource: Any,
        new_resource_name: str,  # noqa: ARG003
        cloudformation_json: Any,
        account_id: str,  # noqa: ARG003
        region_name: str,  # noqa: ARG003
    ) -> Self:
        """Update a resource for moto's CloudFormation."""
        with _readable(original_resource):
            updated: Self = original_resource.update(cloudformation_json["Properties"])
        return updated

    def delete(self, account_id: str, region_name: str) -> None:  # noqa: ARG002
        """Delete a resource for moto's CloudFormation."""
        with _readable(self):
            self.remove()


@contextlib.contextmanager
def _readable(resource: Resource) -> "Iterator[None]":
    """Say which resource a service refused (moto would pass the bare refusal on as the stack's own answer)."""
    try:
        yield
    except ClientError as error:
        raise RuntimeError(f"{resource.resource_type} {resource.name}: {error}") from error
