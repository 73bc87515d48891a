"""Permission checks: a call with a role's key may do what the role's policies allow, and no more."""

import dataclasses
import json
import threading
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from moto.iam.models import iam_backends
from moto.s3.models import s3_backends

from power_tuner_local.gateway.identity import role_of
from power_tuner_local.gateway.service_errors import error_response
from power_tuner_local.iam.authorization import Authorization
from power_tuner_local.iam.encryption import Encryption
from power_tuner_local.iam.issued_keys import assumed_role
from power_tuner_local.iam.policies import Request, allowing_sids, denies
from power_tuner_local.iam.resource_policies import Caller, ResourcePolicies

if TYPE_CHECKING:
    from collections.abc import Iterator

    from _typeshed.wsgi import WSGIApplication

    from power_tuner_local.gateway.api_calls import ApiCall
    from power_tuner_local.lambda_service import LambdaService

_SHORT_CODE = frozenset({"cloudformation", "iam", "s3", "sns", "sqs"})


class Permissions:
    """Refuses requests that the caller's role does not allow.

    Keys without a role, and roles that IAM does not know, may do everything that no resource's own policy denies.

    Attributes:
        used: The permissions used so far: by role name, the Sid of the statement and the action.
        resource_policies: The policies of buses, queues and functions.
    """

    def __init__(self, region: str, account_id: str, lambda_service: "LambdaService") -> None:
        self._lambda = lambda_service
        self._account_id = account_id
        self._authorization = Authorization(region, account_id)
        self._encryption = Encryption(region, account_id)
        self.resource_policies = ResourcePolicies(region, account_id, lambda_service)
        self._lock = threading.Lock()
        self.used: dict[str, set[tuple[str, str]]] = {}

    def __call__(self, call: "ApiCall") -> "WSGIApplication | None":
        """Return a response to a forbidden request; None for an allowed one."""
        role_name = role_of(call.access_key) or assumed_role(self._account_id, call.access_key)
        for request in self._authorization.required(call):
            refused = (
                self.refusal(role_name, request)
                or self._missing_object_refusal(role_name, request)
                or next(
                    filter(None, (self.refusal(role_name, each) for each in self._encryption.required(request))), None
                )
            )
            if refused is not None:
                code = "AccessDenied" if call.service in _SHORT_CODE else "AccessDeniedException"
                return error_response(call, HTTPStatus.FORBIDDEN, code, refused)
        return None

    def refusal(self, role_name: str | None, request: Request) -> str | None:
        """Return AWS's message that a caller may not do something; None if it may.

        Args:
            role_name: The caller's role; None for the operator, who is the account's root user.
            request: What it asks for.
        """
        caller = self._caller(role_name)
        request = dataclasses.replace(request, context=(*request.context, *caller.context, *self._tags(request)))
        effects = self.resource_policies.effects(request, caller.principals)
        role = None if role_name is None else self._role(role_name)
        documents = None if role is None else list(_policies_of(role))
        reason = None
        if "Deny" in effects:
            reason = "with an explicit deny in a resource-based policy"
        elif role_name is not None and documents is not None:
            if sids := allowing_sids(documents, request):
                with self._lock:
                    self.used.setdefault(role_name, set()).update((sid, request.action) for sid in sids)
            reason = self._reason(documents, self._boundary(role), request, "Allow" in effects)
        if reason is None:
            return None
        return (
            f"User: {caller.session_arn} is not authorized to perform: {request.action} "
            f"on resource: {request.resource} {reason}"
        )

    def _tags(self, request: Request) -> "Iterator[tuple[str, str]]":
        """Yield the condition keys of a function's tags; all actions on functions have them."""
        if request.action.startswith("lambda:") and ":function:" in request.resource:
            for key, value in self._lambda.tags_of(request.resource).items():
                yield f"aws:ResourceTag/{key}", value

    @staticmethod
    def _reason(documents: list[str], boundary: list[str] | None, request: Request, by_resource: bool) -> str | None:  # noqa: FBT001
        if denies(documents, request):
            return "with an explicit deny in an identity-based policy"
        if boundary is not None and denies(boundary, request):
            return "with an explicit deny in a permissions boundary"
        if not allowing_sids(documents, request) and not by_resource:
            return f"because no identity-based policy allows the {request.action} action"
        if boundary is not None and not allowing_sids(boundary, request):
            return f"because no permissions boundary allows the {request.action} action"
        return None

    def map_run_refusal(self, role_arn: str, machine_arn: str) -> str | None:
        """Return AWS's message that a role may not start the children of a Distributed Map; None if it may."""
        return self.refusal(role_arn.rpartition("/")[2], self._authorization.map_run(machine_arn))

    def _missing_object_refusal(self, role_name: str | None, request: Request) -> str | None:
        """Return the refusal of GetObject for a missing object, which S3 hides from callers without ListBucket."""
        if request.action != "s3:GetObject" or role_name is None:
            return None
        bucket_name, _, key = request.resource.removeprefix("arn:aws:s3:::").partition("/")
        bucket = s3_backends[self._account_id]["aws"].buckets.get(bucket_name)
        if bucket is None or key in bucket.keys:
            return None
        return self.refusal(role_name, Request("s3:ListBucket", f"arn:aws:s3:::{bucket_name}"))

    def _caller(self, role_name: str | None) -> Caller:
        account = self._account_id
        if role_name is None:
            root = f"arn:aws:iam::{account}:root"
            return Caller(root, root, account)
        role = self._role(role_name)
        arn = f"arn:aws:iam::{account}:role/{role_name}" if role is None else str(role.arn)
        return Caller(arn, f"arn:aws:sts::{account}:assumed-role/{role_name}/local", account)

    def _role(self, role_name: str) -> Any:
        """Return a role; None for one that IAM does not know."""
        roles = list(iam_backends[self._account_id]["aws"].roles.values())
        return next((role for role in roles if role.name == role_name), None)

    def _boundary(self, role: Any) -> list[str] | None:
        """Return the permissions boundary of a role; None without one, or if the policy is not in this account."""
        policy = iam_backends[self._account_id]["aws"].managed_policies.get(role.permissions_boundary_arn or "")
        return None if policy is None else _default_version(policy)


def _policies_of(role: Any) -> "Iterator[str]":
    yield from (text if isinstance(text, str) else json.dumps(text) for text in list(role.policies.values()))
    for managed in list(role.managed_policies.values()):
        yield from _default_version(managed)


def _default_version(policy: Any) -> list[str]:
    return [version.document for version in policy.versions if version.is_default]
