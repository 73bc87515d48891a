"""Lambda's API for a function's settings: concurrency, tags, permissions, asynchronous invocation."""

import json
import time
from typing import TYPE_CHECKING, Any

from power_tuner_local.lambda_service.errors import (
    PreconditionFailedError,
    ResourceConflictError,
    ResourceNotFoundError,
)
from power_tuner_local.lambda_service.functions import Function, FunctionRegistry, new_id
from power_tuner_local.lambda_service.names import LATEST, FunctionName, read_function_name

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from power_tuner_local.lambda_service.concurrency import Concurrency

    Parameters = Mapping[str, Any]

_MISSING = "The resource you requested does not exist."


class SettingsApi:
    """Stores and returns a function's settings."""

    def __init__(self, registry: FunctionRegistry, concurrency: "Concurrency") -> None:
        self._registry = registry
        self._concurrency = concurrency

    def actions(self) -> "dict[str, Callable[[Parameters], dict[str, Any] | None]]":
        """Return the operations by name."""
        return {
            "PutFunctionConcurrency": self.reserve,
            "GetFunctionConcurrency": self.show_reserved,
            "DeleteFunctionConcurrency": self.unreserve,
            "ListProvisionedConcurrencyConfigs": self.list_provisioned,
            "GetAccountSettings": self.account,
            "ListTags": self.list_tags,
            "TagResource": self.tag,
            "UntagResource": self.untag,
            "AddPermission": self.add_permission,
            "RemovePermission": self.remove_permission,
            "GetPolicy": self.policy,
            "PutFunctionEventInvokeConfig": self.put_event_invoke,
            "UpdateFunctionEventInvokeConfig": self.update_event_invoke,
            "GetFunctionEventInvokeConfig": self.show_event_invoke,
            "DeleteFunctionEventInvokeConfig": self.delete_event_invoke,
            "ListFunctionEventInvokeConfigs": self.list_event_invoke,
            "GetFunctionCodeSigningConfig": self.code_signing,
            "GetFunctionRecursionConfig": self.recursion,
            "GetRuntimeManagementConfig": self.runtime_management,
        }

    def reserve(self, request: "Parameters") -> dict[str, Any]:
        """Reserve concurrency."""
        function, _ = self._target(request)
        amount = int(request["ReservedConcurrentExecutions"])
        self._concurrency.reserve(function.arn, amount)
        function.reserved_concurrency = amount
        return {"ReservedConcurrentExecutions": amount}

    def show_reserved(self, request: "Parameters") -> dict[str, Any]:
        """Return the reserved concurrency."""
        amount = self._target(request)[0].reserved_concurrency
        return {} if amount is None else {"ReservedConcurrentExecutions": amount}

    def unreserve(self, request: "Parameters") -> None:
        """Remove the reservation of concurrency."""
        function, _ = self._target(request)
        self._concurrency.reserve(function.arn, None)
        function.reserved_concurrency = None

    def list_provisioned(self, request: "Parameters") -> dict[str, Any]:
        """Return an empty list: there is no provisioned concurrency here."""
        self._target(request)
        return {"ProvisionedConcurrencyConfigs": []}

    def account(self, _: "Parameters") -> dict[str, Any]:
        """Return the account's limits and usage."""
        functions = self._registry.all()
        reserved = sum(function.reserved_concurrency or 0 for function in functions)
        return {
            "AccountLimit": {
                "TotalCodeSize": 80530636800,
                "CodeSizeUnzipped": 262144000,
                "CodeSizeZipped": 52428800,
                "ConcurrentExecutions": self._concurrency.account_limit,
                "UnreservedConcurrentExecutions": self._concurrency.account_limit - reserved,
            },
            "AccountUsage": {"TotalCodeSize": 0, "FunctionCount": len(functions)},
        }

    def list_tags(self, request: "Parameters") -> dict[str, Any]:
        """Return a function's tags."""
        return {"Tags": dict(self._tagged(request).tags)}

    def tag(self, request: "Parameters") -> None:
        """Add tags."""
        self._tagged(request).tags.update(request["Tags"])

    def untag(self, request: "Parameters") -> None:
        """Remove tags."""
        tags = self._tagged(request).tags
        for key in request["TagKeys"]:
            tags.pop(key, None)

    def add_permission(self, request: "Parameters") -> dict[str, Any]:
        """Add a statement to the resource policy."""
        function, qualifier = self._target(request)
        with function.lock:
            self._check_revision(function, request)
            statements = function.policies.setdefault(qualifier, [])
            sid = request["StatementId"]
            if any(statement["Sid"] == sid for statement in statements):
                raise ResourceConflictError(
                    f"The statement id ({sid}) provided already exists. Please provide a new statement id, "
                    "or remove the existing statement."
                )
            statements.append(_statement(function, qualifier, request))
            function.revision_id = new_id()
            return {"Statement": json.dumps(statements[-1])}

    def remove_permission(self, request: "Parameters") -> None:
        """Remove a statement from the resource policy."""
        function, qualifier = self._target(request)
        with function.lock:
            self._check_revision(function, request)
            statements = function.policies.get(qualifier, [])
            kept = [statement for statement in statements if statement["Sid"] != request["StatementId"]]
            if len(kept) == len(statements):
                raise ResourceNotFoundError(f"Statement {request['StatementId']} is not found in resource policy.")
            function.policies[qualifier] = kept
            function.revision_id = new_id()

    def policy(self, request: "Parameters") -> dict[str, Any]:
        """Return the resource policy."""
        function, qualifier = self._target(request)
        with function.lock:
            statements = function.policies.get(qualifier)
            if not statements:
                raise ResourceNotFoundError(_MISSING)
            document = {"Version": "2012-10-17", "Id": "default", "Statement": statements}
            return {"Policy": json.dumps(document), "RevisionId": function.revision_id}

    def put_event_invoke(self, request: "Parameters") -> dict[str, Any]:
        """Set how asynchronous invocations are retried and where their results go."""
        return self._keep_event_invoke(request, {})

    def update_event_invoke(self, request: "Parameters") -> dict[str, Any]:
        """Change how asynchronous invocations are retried and where their results go."""
        function, qualifier = self._target(request)
        return self._keep_event_invoke(request, function.event_invoke.get(qualifier, {}))

    def show_event_invoke(self, request: "Parameters") -> dict[str, Any]:
        """Return how asynchronous invocations are retried and where their results go."""
        function, qualifier = self._target(request)
        kept = function.event_invoke.get(qualifier)
        if kept is None:
            raise ResourceNotFoundError(f"The function {function.arn}:{qualifier} doesn't have an EventInvokeConfig")
        return dict(kept)

    def delete_event_invoke(self, request: "Parameters") -> None:
        """Restore the defaults for asynchronous invocations."""
        self.show_event_invoke(request)
        function, qualifier = self._target(request)
        function.event_invoke.pop(qualifier, None)

    def list_event_invoke(self, request: "Parameters") -> dict[str, Any]:
        """Return the settings for asynchronous invocations of all versions and aliases."""
        return {"FunctionEventInvokeConfigs": list(self._target(request)[0].event_invoke.values())}

    def code_signing(self, request: "Parameters") -> dict[str, Any]:
        """Return that code signing is off."""
        return {"FunctionName": self._target(request)[0].name}

    def recursion(self, request: "Parameters") -> dict[str, Any]:
        """Return the default of recursive loop detection, which does not exist here."""
        self._target(request)
        return {"RecursiveLoop": "Terminate"}

    def runtime_management(self, request: "Parameters") -> dict[str, Any]:
        """Return that the runtime is updated automatically."""
        return {"UpdateRuntimeOn": "Auto", "FunctionArn": self._target(request)[0].arn}

    def _keep_event_invoke(self, request: "Parameters", before: dict[str, Any]) -> dict[str, Any]:
        function, qualifier = self._target(request)
        keys = ("MaximumRetryAttempts", "MaximumEventAgeInSeconds", "DestinationConfig")
        given = {key: request[key] for key in keys if request.get(key) is not None}
        kept = before | given | {"FunctionArn": f"{function.arn}:{qualifier}", "LastModified": time.time()}
        function.event_invoke[qualifier] = kept
        return dict(kept)

    def _target(self, request: "Parameters") -> tuple[Function, str]:
        return self._registry.find_version(request["FunctionName"], request.get("Qualifier"))

    def _tagged(self, request: "Parameters") -> Function:
        return self._registry.find(FunctionName(read_function_name(request["Resource"]).name))

    def _check_revision(self, function: Function, request: "Parameters") -> None:
        if request.get("RevisionId") and request["RevisionId"] != function.revision_id:
            raise PreconditionFailedError


def _statement(function: Function, qualifier: str, request: "Parameters") -> dict[str, Any]:
    principal = request["Principal"]
    statement: dict[str, Any] = {
        "Sid": request["StatementId"],
        "Effect": "Allow",
        "Principal": {"Service": principal} if "." in principal else {"AWS": principal},
        "Action": request["Action"],
        "Resource": function.arn if qualifier == LATEST else f"{function.arn}:{qualifier}",
    }
    conditions: dict[str, dict[str, str]] = {}
    if request.get("SourceArn"):
        conditions["ArnLike"] = {"AWS:SourceArn": request["SourceArn"]}
    if request.get("SourceAccount"):
        conditions["StringEquals"] = {"AWS:SourceAccount": request["SourceAccount"]}
    return {**statement, "Condition": conditions} if conditions else statement
