"""Lambda's resource policies: permissions of functions, versions and aliases."""

import json
import re
from typing import TYPE_CHECKING, Any

from power_tuner_local.lambda_service.errors import (
    InvalidParameterError,
    PreconditionFailedError,
    ResourceConflictError,
    ResourceNotFoundError,
)
from power_tuner_local.lambda_service.functions import Alias, Function, FunctionRegistry, Policy, Version, new_id
from power_tuner_local.lambda_service.names import LATEST, FunctionName, is_version, read_function_name

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    Parameters = Mapping[str, Any]

_ACCOUNT = re.compile(r"\d{12}")
_PRINCIPAL = re.compile(r"\*|\d{12}|arn:aws[a-zA-Z-]*:(iam|sts)::\d{12}:.+|[a-z0-9.-]+\.amazon(aws)?\.com(\.cn)?")
_CONDITIONS = (
    ("SourceArn", "ArnLike", "AWS:SourceArn"),
    ("SourceAccount", "StringEquals", "AWS:SourceAccount"),
    ("PrincipalOrgID", "StringEquals", "aws:PrincipalOrgID"),
    ("FunctionUrlAuthType", "StringEquals", "lambda:FunctionUrlAuthType"),
    ("EventSourceToken", "StringEquals", "lambda:EventSourceToken"),
    ("InvokedViaFunctionUrl", "Bool", "lambda:InvokedViaFunctionUrl"),
)
"""Parameters of AddPermission, with the operator and the key of the condition that each becomes."""


class PermissionApi:
    """Stores resource policies; a change of one renews the revision of its function, version or alias."""

    def __init__(self, registry: FunctionRegistry) -> None:
        self._registry = registry

    def actions(self) -> "dict[str, Callable[[Parameters], dict[str, Any] | None]]":
        """Return the operations by name."""
        return {
            "AddPermission": self.add_permission,
            "RemovePermission": self.remove_permission,
            "GetPolicy": self.policy,
        }

    def add_permission(self, request: "Parameters") -> dict[str, Any]:
        """Add a statement to the resource policy."""
        target = read_function_name(request["FunctionName"], request.get("Qualifier"))
        if target.qualifier == LATEST:
            raise InvalidParameterError("We currently do not support adding policies for $LATEST.")
        if not _PRINCIPAL.fullmatch(request["Principal"]):
            raise InvalidParameterError("The provided principal was invalid. Please check the principal and try again.")
        function = self._registry.find(FunctionName(target.name))
        with function.lock:
            owner = self._owner(function, target.qualifier)
            policy = function.policies.get(target.qualifier or LATEST, Policy(revision_id=owner.revision_id))
            _check_revision(policy, request)
            sid = request["StatementId"]
            if any(statement["Sid"] == sid for statement in policy.statements):
                raise ResourceConflictError(
                    f"The statement id ({sid}) provided already exists. Please provide a new statement id, "
                    "or remove the existing statement."
                )
            statement = _statement(function, target.qualifier, request)
            self._keep(function, target.qualifier, [*policy.statements, statement])
            return {"Statement": json.dumps(statement)}

    def remove_permission(self, request: "Parameters") -> None:
        """Remove a statement from the resource policy."""
        target = read_function_name(request["FunctionName"], request.get("Qualifier"))
        try:
            function = self._registry.find(FunctionName(target.name))
        except ResourceNotFoundError as error:
            arn = self._registry.arns.function(target.name, target.qualifier)
            raise ResourceNotFoundError(f"No policy found for: {arn}") from error
        with function.lock:
            self._owner(function, target.qualifier)
            policy = function.policies.get(target.qualifier or LATEST)
            if policy is None:
                raise ResourceNotFoundError("No policy is associated with the given resource.")
            sid = request["StatementId"]
            kept = [statement for statement in policy.statements if statement["Sid"] != sid]
            if len(kept) == len(policy.statements):
                raise ResourceNotFoundError(f"Statement {sid} is not found in resource policy.")
            _check_revision(policy, request)
            self._keep(function, target.qualifier, kept)

    def policy(self, request: "Parameters") -> dict[str, Any]:
        """Return the resource policy."""
        target = read_function_name(request["FunctionName"], request.get("Qualifier"))
        try:
            function = self._registry.find(FunctionName(target.name))
            policy = function.policies[target.qualifier or LATEST]
        except (ResourceNotFoundError, KeyError) as error:
            raise ResourceNotFoundError("The resource you requested does not exist.") from error
        document = {"Version": "2012-10-17", "Id": "default", "Statement": policy.statements}
        return {"Policy": json.dumps(document), "RevisionId": policy.revision_id}

    def _owner(self, function: Function, qualifier: str | None) -> Function | Version | Alias:
        """Return what a policy belongs to."""
        if qualifier in {None, LATEST}:
            return function
        if not is_version(str(qualifier)):
            return self._registry.alias(function, str(qualifier))
        version = function.version_of(qualifier)
        return function if version is None else version

    def _keep(self, function: Function, qualifier: str | None, statements: list[dict[str, Any]]) -> None:
        owner = self._owner(function, qualifier)
        owner.revision_id = new_id()
        if statements:
            function.policies[qualifier or LATEST] = Policy(statements, owner.revision_id)
        else:
            function.policies.pop(qualifier or LATEST)


def _check_revision(policy: Policy, request: "Parameters") -> None:
    if request.get("RevisionId") and request["RevisionId"] != policy.revision_id:
        raise PreconditionFailedError("GetPolicy")


def _statement(function: Function, qualifier: str | None, request: "Parameters") -> dict[str, Any]:
    statement: dict[str, Any] = {
        "Sid": request["StatementId"],
        "Effect": "Allow",
        "Principal": _principal(request["Principal"]),
        "Action": request["Action"],
        "Resource": f"{function.arn}:{qualifier}" if qualifier else function.arn,
    }
    conditions: dict[str, dict[str, str]] = {}
    for parameter, operator, key in _CONDITIONS:
        if (value := request.get(parameter)) is not None:
            conditions.setdefault(operator, {})[key] = str(value).lower() if operator == "Bool" else value
    return {**statement, "Condition": conditions} if conditions else statement


def _principal(text: str) -> str | dict[str, str]:
    if text == "*":
        return text
    if _ACCOUNT.fullmatch(text):
        return {"AWS": f"arn:aws:iam::{text}:root"}
    return {"AWS": text} if text.startswith("arn:") else {"Service": text}
