"""Permission checks: a call with a role's key may do what the role's policies allow, and no more."""

import json
import threading
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from moto.iam.models import iam_backends
from moto.s3.models import s3_backends

from power_tuner_local.gateway.identity import role_of
from power_tuner_local.gateway.service_errors import error_response
from power_tuner_local.iam.authorization import Authorization
from power_tuner_local.iam.issued_keys import assumed_role
from power_tuner_local.iam.policies import Request, allowing_sids

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from _typeshed.wsgi import WSGIApplication

    from power_tuner_local.gateway.api_calls import ApiCall

_SHORT_CODE = frozenset({"cloudformation", "iam", "s3", "sns", "sqs"})


class Permissions:
    """Refuses requests that the caller's role does not allow.

    Keys without a role, and roles that IAM does not know, may do everything.

    Attributes:
        used: The permissions used so far: by role name, the Sid of the statement and the action.
    """

    def __init__(self, region: str, account_id: str) -> None:
        self._account_id = account_id
        self._authorization = Authorization(region, account_id)
        self._lock = threading.Lock()
        self.used: dict[str, set[tuple[str, str]]] = {}

    def __call__(self, call: "ApiCall") -> "WSGIApplication | None":
        """Return a response to a forbidden request; None for an allowed one."""
        role_name = role_of(call.access_key) or assumed_role(self._account_id, call.access_key)
        if role_name is None:
            return None
        for request in self._authorization.required(call):
            refused = self.refusal(role_name, request) or self._missing_object_refusal(role_name, request)
            if refused is not None:
                code = "AccessDenied" if call.service in _SHORT_CODE else "AccessDeniedException"
                return error_response(call, HTTPStatus.FORBIDDEN, code, refused)
        return None

    def refusal(self, role_name: str, request: Request) -> str | None:
        """Return AWS's message that a role may not do something; None if it may."""
        documents = self._documents(role_name)
        if documents is None:
            return None
        if sids := allowing_sids(documents, request):
            with self._lock:
                self.used.setdefault(role_name, set()).update((sid, request.action) for sid in sids)
            return None
        caller = f"arn:aws:sts::{self._account_id}:assumed-role/{role_name}/local"
        return (
            f"User: {caller} is not authorized to perform: {request.action} on resource: {request.resource} "
            f"because no identity-based policy allows the {request.action} action"
        )

    def map_run_refusal(self, role_arn: str, machine_arn: str) -> str | None:
        """Return AWS's message that a role may not start the children of a Distributed Map; None if it may."""
        return self.refusal(role_arn.rpartition("/")[2], self._authorization.map_run(machine_arn))

    def _missing_object_refusal(self, role_name: str, request: Request) -> str | None:
        """Return the refusal of GetObject for a missing object, which S3 hides from callers without ListBucket."""
        if request.action != "s3:GetObject":
            return None
        bucket_name, _, key = request.resource.removeprefix("arn:aws:s3:::").partition("/")
        bucket = s3_backends[self._account_id]["aws"].buckets.get(bucket_name)
        if bucket is None or key in bucket.keys:
            return None
        return self.refusal(role_name, Request("s3:ListBucket", f"arn:aws:s3:::{bucket_name}"))

    def _documents(self, role_name: str) -> "Iterable[str] | None":
        """Return a role's policies; None for a role that IAM does not know."""
        for role in list(iam_backends[self._account_id]["aws"].roles.values()):
            if role.name == role_name:
                return list(_policies_of(role))
        return None


def _policies_of(role: Any) -> "Iterator[str]":
    yield from (text if isinstance(text, str) else json.dumps(text) for text in list(role.policies.values()))
    for managed in list(role.managed_policies.values()):
        yield from (version.document for version in managed.versions if version.is_default)
