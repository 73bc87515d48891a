"""Lambda's function and version API."""

import time
from typing import TYPE_CHECKING, Any

from power_tuner_local.lambda_service.configuration import Code, Configuration, apply
from power_tuner_local.lambda_service.errors import (
    InvalidParameterError,
    PreconditionFailedError,
    ResourceConflictError,
    ResourceNotFoundError,
)
from power_tuner_local.lambda_service.functions import Function, FunctionRegistry, Version, new_id
from power_tuner_local.lambda_service.layers import LayerRegistry, require_room
from power_tuner_local.lambda_service.names import LATEST, FunctionName, is_version, read_function_name
from power_tuner_local.lambda_service.options import CREATION_S
from power_tuner_local.lambda_service.package_sources import package_of
from power_tuner_local.lambda_service.pages import page
from power_tuner_local.lambda_service.tag_api import add_tags

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from power_tuner_local.lambda_service.concurrency import Concurrency
    from power_tuner_local.lambda_service.layers import LayerVersion
    from power_tuner_local.lambda_service.options import LambdaOptions
    from power_tuner_local.lambda_service.sandbox_pool import SandboxPool

    Parameters = Mapping[str, Any]
    Response = dict[str, Any] | None

_MAX_NAME = 64


class FunctionApi:
    """Creates, returns, updates, publishes and deletes functions."""

    def __init__(
        self,
        registry: FunctionRegistry,
        layers: LayerRegistry,
        pool: "SandboxPool",
        concurrency: "Concurrency",
        options: "LambdaOptions",
    ) -> None:
        self._registry = registry
        self._layers = layers
        self._pool = pool
        self._concurrency = concurrency
        self._options = options

    def actions(self) -> "dict[str, Callable[[Parameters], Response]]":
        """Return the operations by name."""
        return {
            "CreateFunction": self.create,
            "GetFunction": self.show,
            "GetFunctionConfiguration": self.show_configuration,
            "UpdateFunctionConfiguration": self.update_configuration,
            "UpdateFunctionCode": self.update_code,
            "PublishVersion": self.publish,
            "ListVersionsByFunction": self.list_versions,
            "ListFunctions": self.list,
            "DeleteFunction": self.delete,
        }

    def create(self, request: "Parameters") -> dict[str, Any]:
        """Create a function; it is Pending at first."""
        name = _new_name(request["FunctionName"])
        code = self._code(request["Code"])
        empty = Configuration(name=name, role=request["Role"], code=code, code_sha256=code.sha256)
        configuration = apply(
            empty, request, memory_cap_mb=self._options.memory_cap_mb, layers=self._layers_of(request)
        )
        require_room(code, configuration.layers)
        function = Function(name, self._registry.arns.function(name), configuration, self._active_time(configuration))
        add_tags(function, request.get("Tags") or {})
        self._registry.add(function)
        with function.lock:
            if request.get("Publish"):
                return function.describe_version(self._publish(function, None), function.arn)
            return function.describe_latest(function.arn)

    def show(self, request: "Parameters") -> dict[str, Any]:
        """Return a function with its code's location, tags and reserved concurrency."""
        target = read_function_name(request["FunctionName"], request.get("Qualifier"))
        function = self._registry.find(target)
        with function.lock:
            shown: dict[str, Any] = {
                "Configuration": function.describe(target.qualifier),
                "Code": {"RepositoryType": "S3", "Location": f"local:{function.arn}"},
            }
            if function.tags:
                shown["Tags"] = dict(function.tags)
            if function.reserved_concurrency is not None:
                shown["Concurrency"] = {"ReservedConcurrentExecutions": function.reserved_concurrency}
        return shown

    def show_configuration(self, request: "Parameters") -> dict[str, Any]:
        """Return a function's configuration."""
        target = read_function_name(request["FunctionName"], request.get("Qualifier"))
        function = self._registry.find(target)
        with function.lock:
            return function.describe(target.qualifier)

    def update_configuration(self, request: "Parameters") -> dict[str, Any]:
        """Start an update of the configuration of $LATEST."""
        function = self._unqualified(request)
        layers = self._layers_of(request)
        with function.lock:
            self._check_revision(function, request)
            cap_mb = self._options.memory_cap_mb
            updated = apply(function.configuration, request, memory_cap_mb=cap_mb, layers=layers)
            require_room(updated.code, layers or ())
            function.require_settled()
            function.change(updated, self._settle_time())
            return function.describe_latest(function.arn)

    def update_code(self, request: "Parameters") -> dict[str, Any]:
        """Start an update of the code of $LATEST."""
        function = self._unqualified(request)
        code = self._code(request)
        architectures = request.get("Architectures") or [None]
        with function.lock:
            self._check_revision(function, request)
            function.require_settled()
            updated = function.configuration.with_code(code, architectures[0])
            require_room(code, updated.layers)
            if request.get("DryRun"):
                return function.describe_latest(function.arn) | {
                    "CodeSha256": updated.code_sha256,
                    "CodeSize": len(code.content),
                }
            function.change(updated, self._settle_time())
            if request.get("Publish"):
                return function.describe_version(self._publish(function, None))
            return function.describe_latest(function.arn)

    def publish(self, request: "Parameters") -> dict[str, Any]:
        """Publish $LATEST, or return the latest version if nothing has changed since."""
        function = self._unqualified(request)
        with function.lock:
            self._check_revision(function, request)
            expected, current = request.get("CodeSha256"), function.configuration.code_sha256
            if expected and expected != current:
                raise InvalidParameterError(
                    f"CodeSHA256 ({expected}) is different from current CodeSHA256 in $LATEST ({current}). "
                    "Please try again with the CodeSHA256 in $LATEST."
                )
            function.require_settled()
            return function.describe_version(self._publish(function, request.get("Description")))

    def list_versions(self, request: "Parameters") -> dict[str, Any]:
        """Return $LATEST and the published versions."""
        function = self._registry.find(read_function_name(request["FunctionName"]))
        with function.lock:
            shown = [function.describe_latest(f"{function.arn}:{LATEST}")]
            shown += [function.describe_version(version) for version in function.versions.values()]
        return page("Versions", [_listed(entry) for entry in shown], request)

    def list(self, request: "Parameters") -> dict[str, Any]:
        """Return all functions, and all their versions if asked for."""
        shown: list[dict[str, Any]] = []
        for function in self._registry.all():
            with function.lock:
                if request.get("FunctionVersion") == "ALL":
                    shown.append(function.describe_latest(f"{function.arn}:{LATEST}"))
                    shown += [function.describe_version(version) for version in function.versions.values()]
                else:
                    shown.append(function.describe_latest(function.arn))
        return page("Functions", [_listed(entry) for entry in shown], request)

    def delete(self, request: "Parameters") -> None:
        """Delete a function, or one of its versions if it exists."""
        target = read_function_name(request["FunctionName"], request.get("Qualifier"))
        if target.qualifier == LATEST:
            raise InvalidParameterError("$LATEST version cannot be deleted without deleting the function.")
        function = self._registry.find(FunctionName(target.name))
        if target.qualifier is None:
            self._registry.remove(function)
            self._concurrency.reserve(function.arn, None)
            self._pool.retire(function.arn)
            return
        if not is_version(target.qualifier):
            raise InvalidParameterError("Deletion of aliases is not currently supported.")
        with function.lock:
            users = [
                alias.name
                for alias in function.aliases.values()
                if target.qualifier == alias.version or target.qualifier in alias.weights
            ]
            if users:
                raise ResourceConflictError(
                    f"Unable to delete version because the following aliases reference it: [{', '.join(users)}]"
                )
            function.versions.pop(target.qualifier, None)
        self._pool.retire(function.arn, target.qualifier)

    def _publish(self, function: Function, description: str | None) -> Version:
        latest = function.versions.get(str(function.next_version - 1))
        if latest is not None:
            compares = self._options.publish_compares_content
            same = compares and latest.configuration.same_as(function.configuration)
            if same or latest.update == function.update:
                return latest
        # a version with a snapshot, and one of a function that is not ready, become Active later
        starts_pending = function.settles_at_s or function.configuration.snap_start == "PublishedVersions"
        version = Version(
            number=str(function.next_version),
            configuration=function.configuration,
            description=function.configuration.description if description is None else description,
            revision_id=new_id(),
            active_at_s=self._settle_time() if starts_pending else 0.0,
            update=function.update,
        )
        function.next_version += 1
        function.versions[version.number] = version
        function.revision_id = new_id()
        return version

    def _unqualified(self, request: "Parameters") -> Function:
        target = read_function_name(request["FunctionName"], request.get("Qualifier"))
        if not target.is_latest:
            raise InvalidParameterError(
                f"The function name {request['FunctionName']} names a version or alias: only $LATEST can be "
                "changed or published."
            )
        return self._registry.find(FunctionName(target.name))

    def _check_revision(self, function: Function, request: "Parameters") -> None:
        if request.get("RevisionId") and request["RevisionId"] != function.revision_id:
            raise PreconditionFailedError

    def _active_time(self, created: Configuration) -> float:
        """Return when a new function becomes Active: only one in a VPC takes as long as an update."""
        in_vpc = bool(created.rest.get("VpcConfig", {}).get("SubnetIds"))
        return self._settle_time() if in_vpc else time.monotonic() + min(CREATION_S, self._options.update_delay_s)

    def _settle_time(self) -> float:
        return time.monotonic() + self._options.update_delay_s

    def _code(self, source: "Parameters") -> Code:
        """Return a request's deployment package."""
        return Code(package_of(source, self._registry.arns.account_id))

    def _layers_of(self, request: "Parameters") -> "tuple[LayerVersion, ...] | None":
        """Return the layers that a request asks for; None if it leaves them as they are."""
        arns = request.get("Layers")
        return None if arns is None else self._layers.of_function(arns)


def _new_name(text: str) -> str:
    name = read_function_name(text).name
    if len(name) > _MAX_NAME:
        raise InvalidParameterError(
            f"1 validation error detected: Value '{name}' at 'functionName' failed to satisfy constraint: "
            f"Member must have length less than or equal to {_MAX_NAME}"
        )
    return name


def _listed(shown: dict[str, Any]) -> dict[str, Any]:
    """Return a function as listings show it: without states."""
    hidden = {"State", "StateReason", "StateReasonCode", "RuntimeVersionConfig"}
    hidden |= {"LastUpdateStatus", "LastUpdateStatusReason", "LastUpdateStatusReasonCode"}
    return {key: value for key, value in shown.items() if key not in hidden}


def require_function_version(function: Function, number: str) -> None:
    """Raise Lambda's error if a version does not exist."""
    if number != LATEST and number not in function.versions:
        raise ResourceNotFoundError(f"Function not found: {function.arn}:{number}")
