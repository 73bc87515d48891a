"""Roles of a template."""

import json
from functools import cache
from typing import TYPE_CHECKING, Any, Self

from moto.iam.aws_managed_policies import aws_managed_policies_data
from moto.iam.models import AWSManagedPolicy, IAMBackend, iam_backends

from power_tuner_local.cloudformation.resources import Resource

if TYPE_CHECKING:
    from collections.abc import Mapping

    from power_tuner_local.moto_patches import MotoPatches

_MANAGED_BY_AWS = ":iam::aws:policy/"
_SESSION_S = 3600
_attach_role_policy = IAMBackend.attach_role_policy


class Role(Resource):
    """A role, with the policies that stand in it (moto never updates these).

    Its documents go to moto's role directly: moto's API refuses those without a version, which CloudFormation takes.
    """

    resource_type = "AWS::IAM::Role"
    name_property = "RoleName"

    def put(self) -> None:
        """Create the role and give it its policies."""
        self._role = self._backend.create_role(
            role_name=self.name,
            assume_role_policy_document=_text(self.properties["AssumeRolePolicyDocument"]),
            path=self.properties.get("Path", "/"),
            permissions_boundary=self.properties.get("PermissionsBoundary"),
            description=self.properties.get("Description", ""),
            tags=self.properties.get("Tags", []),
            max_session_duration=str(self.properties.get("MaxSessionDuration", _SESSION_S)),
        )
        self._change_policies({}, self.properties)

    def update(self, properties: "Mapping[str, Any]") -> Self:
        """Change what differs; policies that came from elsewhere stay."""
        client, before = self.client("iam"), self.properties
        self.properties = properties
        self._role.assume_role_policy_document = _text(properties["AssumeRolePolicyDocument"])
        client.update_role(
            RoleName=self.name,
            Description=properties.get("Description", ""),
            MaxSessionDuration=int(properties.get("MaxSessionDuration", _SESSION_S)),
        )
        if boundary := properties.get("PermissionsBoundary"):
            client.put_role_permissions_boundary(RoleName=self.name, PermissionsBoundary=boundary)
        elif "PermissionsBoundary" in before:
            client.delete_role_permissions_boundary(RoleName=self.name)
        if gone := [tag["Key"] for tag in before.get("Tags", ()) if tag not in properties.get("Tags", ())]:
            client.untag_role(RoleName=self.name, TagKeys=gone)
        if tags := properties.get("Tags"):
            client.tag_role(RoleName=self.name, Tags=tags)
        self._change_policies(before, properties)
        return self

    def remove(self) -> None:
        """Take the role's policies from it and delete it."""
        self._change_policies(self.properties, {})
        self.client("iam").delete_role(RoleName=self.name)

    def get_cfn_attribute(self, attribute_name: str) -> str:
        """Return the role's ARN or id."""
        known = {"Arn": self._role.arn, "RoleId": self._role.id}
        return known.get(attribute_name) or super().get_cfn_attribute(attribute_name)

    @property
    def _backend(self) -> IAMBackend:
        return iam_backends[self.endpoint.account_id]["aws"]

    def _change_policies(self, before: "Mapping[str, Any]", after: "Mapping[str, Any]") -> None:
        inline = _inline(after)
        for name in _inline(before).keys() - inline.keys():
            self._role.delete_policy(name)
        for name, document in inline.items():
            self._role.put_policy(name, document)
        attached, managed = _managed(before), _managed(after)
        for arn in sorted(attached - managed):
            self._backend.detach_role_policy(arn, self.name)
        for arn in sorted(managed - attached):
            self._backend.attach_role_policy(arn, self.name)


def _inline(properties: "Mapping[str, Any]") -> dict[str, str]:
    return {each["PolicyName"]: _text(each["PolicyDocument"]) for each in properties.get("Policies", ())}


def _managed(properties: "Mapping[str, Any]") -> set[str]:
    return set(map(str, properties.get("ManagedPolicyArns", ())))


def _text(document: Any) -> str:
    # YAML reads the version of a policy as a date
    return document if isinstance(document, str) else json.dumps(document, default=str)


@cache
def _managed_by_aws() -> dict[str, Any]:
    documents: dict[str, Any] = json.loads(aws_managed_policies_data)
    return documents


def _attach(backend: IAMBackend, policy_arn: str, role_name: str) -> None:
    """Attach a policy; AWS's own is known once a role needs it (moto knows all of them or none)."""
    name = policy_arn.rpartition("/")[2]
    if _MANAGED_BY_AWS in policy_arn and policy_arn not in backend.managed_policies and name in _managed_by_aws():
        policy = AWSManagedPolicy.from_data(name, backend.account_id, backend.region_name, _managed_by_aws()[name])
        backend.managed_policies[policy.arn] = policy
    _attach_role_policy(backend, policy_arn, role_name)


def patch_moto(patches: "MotoPatches") -> None:
    """Let roles have the policies that AWS manages."""
    patches.replace(IAMBackend, attach_role_policy=_attach)
