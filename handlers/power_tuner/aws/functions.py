"""Lambda's API, for targets in any region."""

import base64
import random
import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError, ConnectionError, HTTPClientError  # noqa: A004 (botocore's own name)

from power_tuner.ports import (
    PATIENCE_S,
    FunctionForbidden,
    FunctionNotFound,
    InvocationAnswer,
    InvocationThrottled,
    MemoryRefused,
    RevisionMismatch,
    SwitchedOff,
    UpdateInProgress,
    VersionInUse,
)
from power_tuner.tuning.arn import parse_function_reference
from power_tuner.tuning.target import Alias, FunctionSnapshot

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient
    from mypy_boto3_lambda.type_defs import InvocationResponseTypeDef

    from power_tuner.aws.clients import Request

LATEST = "$LATEST"

# A transient failure is repeated twice, as in aws-lambda-power-tuning ...
_INVOKE_ATTEMPTS = 3
# ... but a throttle costs nothing and shows that the account is busy: it is waited out.
_FIRST_BACKOFF_S = 0.1
_LONGEST_BACKOFF_S = 10.0
_THROTTLES = frozenset({"TooManyRequestsException", "ThrottlingException", "EC2ThrottledException"})
_SERVER_ERROR = 500
# Source of these two: the errors of Invoke in botocore's model of Lambda.
_NOT_YET_ACTIVE = frozenset(
    {
        "CodeArtifactUserPendingException",
        "ResourceConflictException",
        "ResourceNotReadyException",
        "SnapStartNotReadyException",
    }
)
_PASSING = frozenset(
    {
        "EFSMountConnectivityException",
        "EFSMountTimeoutException",
        "S3FilesMountConnectivityException",
        "S3FilesMountTimeoutException",
        "SnapStartTimeoutException",
    }
)
# What a region that has no function URLs answers, with AccessDeniedException, to everybody (zappa#1425).
_NO_SUCH_OPERATION = "unable to determine service/operation name to be authorized"
# Lambda uses either, depending on the check; the case of its messages varies too.
_BAD_VALUES = frozenset({"InvalidParameterValueException", "ValidationException"})


class LambdaFunctions:
    """Lambda over boto3; a client per region, made when it is first needed.

    Args:
        client_for: makes the control-plane client of a region, None for the app's own.
        invoker_for: makes the client for invocations: no retries of its own, and a read timeout past 15 minutes.
    """

    def __init__(
        self,
        client_for: Callable[[str | None], "LambdaClient"],
        invoker_for: Callable[[str | None], "LambdaClient"],
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._client_for = client_for
        self._invoker_for = invoker_for
        self._sleep = sleep

    def get(self, function: str, qualifier: str | None = None) -> FunctionSnapshot:
        """Return the configuration of ``$LATEST``, a version or an alias."""
        client = self._client_for(_region(function))
        name = {"FunctionName": function, **({"Qualifier": qualifier} if qualifier else {})}
        try:
            return FunctionSnapshot.from_configuration(client.get_function_configuration(**name))
        except ClientError as error:
            raise _translated(error, function) from error

    def set_memory(self, arn: str, memory_mb: int, revision_id: str) -> None:
        """Start to change the memory size of ``$LATEST``, if it is still at that revision."""
        client = self._client_for(_region(arn))
        try:
            client.update_function_configuration(FunctionName=arn, MemorySize=memory_mb, RevisionId=revision_id)
        except ClientError as error:
            if _code(error) in _BAD_VALUES and "memorysize" in _message(error).lower():
                raise MemoryRefused(f"Lambda refuses {memory_mb} MB in this account: {_message(error)}") from error
            raise _translated(error, arn) from error

    def publish(self, arn: str, code_sha256: str, description: str) -> FunctionSnapshot:
        """Publish ``$LATEST`` and return the version; an existing one, with its own description, if nothing changed."""
        client = self._client_for(_region(arn))
        try:
            answer = client.publish_version(FunctionName=arn, CodeSha256=code_sha256, Description=description)
            return FunctionSnapshot.from_configuration(answer)
        except ClientError as error:
            if _code(error) in _BAD_VALUES and "codesha256" in _message(error).lower():
                raise RevisionMismatch(_message(error)) from error
            raise _translated(error, arn) from error

    def move_alias(self, arn: str, alias: str, version: str, found: Alias | None) -> None:
        """Point an alias to a version, if it is still as it was found; create it if it was not there."""
        client = self._client_for(_region(arn))
        try:
            if found is None:
                client.create_alias(FunctionName=arn, Name=alias, FunctionVersion=version)
            else:
                client.update_alias(FunctionName=arn, Name=alias, FunctionVersion=version, RevisionId=found.revision_id)
        except ClientError as error:
            raise _translated(error, f"{arn}:{alias}") from error

    def set_weights(self, arn: str, alias: str, version: str, weights: Mapping[str, float], found: Alias) -> None:
        """Point an alias to a version and give others a share, if it is still as it was found."""
        client = self._client_for(_region(arn))
        try:
            client.update_alias(
                FunctionName=arn,
                Name=alias,
                FunctionVersion=version,
                RoutingConfig={"AdditionalVersionWeights": weights},
                RevisionId=found.revision_id,
            )
        except ClientError as error:
            raise _translated(error, f"{arn}:{alias}") from error

    def alias(self, arn: str, alias: str) -> Alias | None:
        """Return an alias, None when there is no such alias."""
        client = self._client_for(_region(arn))
        try:
            found = client.get_alias(FunctionName=arn, Name=alias)
        except client.exceptions.ResourceNotFoundException:
            return None
        weights = found.get("RoutingConfig", {}).get("AdditionalVersionWeights")
        return Alias(found["FunctionVersion"], found["RevisionId"], weights or {})

    def delete_alias(self, arn: str, alias: str) -> None:
        """Delete an alias, if it exists."""
        self._client_for(_region(arn)).delete_alias(FunctionName=arn, Name=alias)

    def delete_version(self, arn: str, version: str) -> None:
        """Delete one numbered version, if it exists.

        Without a number, Lambda would delete the whole function, so anything else is refused here.
        """
        if not version.isdecimal():
            raise ValueError(f"{version!r} is not a version number; nothing was deleted")
        client = self._client_for(_region(arn))
        try:
            client.delete_function(FunctionName=arn, Qualifier=version)
        except ClientError as error:
            translated = _translated(error, f"{arn}:{version}")
            if isinstance(translated, FunctionNotFound):
                return
            if isinstance(translated, UpdateInProgress) and "alias" in _message(error).lower():
                raise VersionInUse(_message(error)) from error
            raise translated from error

    def versions_described(self, arn: str, description: str) -> list[str]:
        """Return the numbers of the versions with exactly this description."""
        client = self._client_for(_region(arn))
        try:
            pages = client.get_paginator("list_versions_by_function").paginate(FunctionName=arn)
            return [
                version["Version"]
                for page in pages
                for version in page["Versions"]
                if version.get("Description") == description and version["Version"] != LATEST
            ]
        except ClientError as error:
            translated = _translated(error, arn)
            if isinstance(translated, FunctionNotFound):
                return []
            raise translated from error

    def invoke(
        self, arn: str, qualifier: str | None, payload: str, *, want_log: bool, patience_s: float = PATIENCE_S
    ) -> InvocationAnswer:
        """Invoke synchronously and return the response; wait out throttles, repeat transient failures.

        Raises:
            InvocationThrottled: no concurrency for as long as the patience lasts.
            SwitchedOff: there will be none.
        """
        client = self._invoker_for(_region(arn))
        request: Request = {"FunctionName": arn, "Payload": payload.encode()}
        request |= {"Qualifier": qualifier} if qualifier else {}
        request |= {"LogType": "Tail"} if want_log else {}
        failures = 0
        waited_s = 0.0
        backoff_s = _FIRST_BACKOFF_S
        while True:
            try:
                return _answer(client.invoke(**request))
            except ClientError as error:
                if not _passing(error):
                    raise _translated(error, arn) from error
                waits = _waits(error)
                if not waited_s and _by_reservation(error):
                    self._require_switched_on(arn)
                failures += not waits
                if waited_s > patience_s and waits:
                    raise InvocationThrottled(f"throttled for {waited_s:.0f} s: {_why(error)}") from error
                if failures >= _INVOKE_ATTEMPTS:
                    raise
            except (ConnectionError, HTTPClientError):
                failures += 1
                if failures >= _INVOKE_ATTEMPTS:
                    raise
            # Full jitter, so that invocations that were throttled together are not repeated together.
            wait_s = random.uniform(0, backoff_s)  # noqa: S311
            self._sleep(wait_s)
            waited_s += wait_s
            backoff_s = min(2 * backoff_s, _LONGEST_BACKOFF_S)

    def _require_switched_on(self, arn: str) -> None:
        """Refuse a function whose reserved concurrency is 0: waiting is of no use."""
        reserved = self._client_for(_region(arn)).get_function_concurrency(FunctionName=arn)
        if reserved.get("ReservedConcurrentExecutions") == 0:
            raise SwitchedOff(
                f"{arn} is switched off: its reserved concurrency is 0, so Lambda lets no invocation through; set it "
                "to 1 or more, or remove it"
            )

    def tags(self, arn: str) -> dict[str, str] | None:
        """Return a function's tags; None if it does not exist, or if the app may not read them."""
        client = self._client_for(_region(arn))
        try:
            return dict(client.list_tags(Resource=arn).get("Tags", {}))
        except ClientError as error:
            if _code(error) in {"ResourceNotFoundException", "AccessDeniedException"}:
                return None
            raise

    def only_streams(self, arn: str) -> bool:
        """Return whether a function has URLs that all stream the response (``InvokeMode`` RESPONSE_STREAM)."""
        client = self._client_for(_region(arn))
        pages = client.get_paginator("list_function_url_configs").paginate(FunctionName=arn)
        try:
            modes = [url.get("InvokeMode") for page in pages for url in page["FunctionUrlConfigs"]]
        except ClientError as error:
            if _NO_SUCH_OPERATION in _message(error).lower():
                return False
            raise _translated(error, arn) from error
        return bool(modes) and all(mode == "RESPONSE_STREAM" for mode in modes)


def _answer(response: "InvocationResponseTypeDef") -> InvocationAnswer:
    return InvocationAnswer(
        payload=response["Payload"].read().decode("utf-8", errors="replace"),
        function_error=response.get("FunctionError"),
        log_tail=base64.b64decode(response.get("LogResult", "")).decode("utf-8", errors="replace"),
        executed_version=response.get("ExecutedVersion", ""),
        request_id=response["ResponseMetadata"].get("RequestId", ""),
    )


def _passing(error: ClientError) -> bool:
    status = error.response["ResponseMetadata"]["HTTPStatusCode"]
    return _waits(error) or _code(error) in _PASSING or status >= _SERVER_ERROR


def _waits(error: ClientError) -> bool:
    """Return whether the function did not run: a throttle, or a version that is not active yet."""
    return _code(error) in _THROTTLES | _NOT_YET_ACTIVE


def _by_reservation(error: ClientError) -> bool:
    """Return whether the function's own reserved concurrency is used up."""
    return error.response.get("Reason") == "ReservedFunctionConcurrentInvocationLimitExceeded"


def _why(error: ClientError) -> str:
    """Return what Lambda says of a throttle, with the reason that it gives beside its message."""
    reason = error.response.get("Reason")
    return f"{_message(error)} ({reason})" if reason else _message(error)


def _translated(error: ClientError, what: str) -> Exception:
    translations: dict[str, type[Exception]] = {
        "AccessDeniedException": FunctionForbidden,
        "ResourceNotFoundException": FunctionNotFound,
        "ResourceConflictException": UpdateInProgress,
        "PreconditionFailedException": RevisionMismatch,
    }
    kind = translations.get(_code(error))
    return kind(f"{what}: {_message(error)}") if kind else error


def _code(error: ClientError) -> str:
    return str(error.response["Error"]["Code"])


def _message(error: ClientError) -> str:
    return str(error.response["Error"].get("Message", error))


def _region(function: str) -> str | None:
    reference = parse_function_reference(function)
    return reference.region if reference else None
