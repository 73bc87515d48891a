"""Destinations of asynchronous invocations: dead-letter queue, OnSuccess, OnFailure."""

import json
from typing import TYPE_CHECKING, Any

import boto3

from power_tuner_local.lambda_service.errors import ResourceNotFoundError
from power_tuner_local.lambda_service.names import FunctionName

if TYPE_CHECKING:
    from power_tuner_local.gateway.identity import Keyring
    from power_tuner_local.lambda_service.async_invocations import AsyncResult
    from power_tuner_local.lambda_service.functions import FunctionRegistry
    from power_tuner_local.lambda_service.invocations import Invocation


class Destinations:
    """Delivers results through the public APIs, with the function's role."""

    def __init__(self, registry: "FunctionRegistry", endpoint_url: str, keyring: "Keyring") -> None:
        self._registry = registry
        self._endpoint_url = endpoint_url
        self._keyring = keyring

    def policy(self, invocation: "Invocation") -> dict[str, Any]:
        """Return the event invoke configuration that applies to an invocation."""
        try:
            function = self._registry.find(FunctionName(invocation.configuration.name))
        except ResourceNotFoundError:
            return {}
        qualifier = invocation.invoked_arn.removeprefix(function.arn).lstrip(":") or "$LATEST"
        with function.lock:
            return dict(function.event_invoke.get(qualifier, {}))

    def deliver(self, invocation: "Invocation", result: "AsyncResult", at: str) -> None:
        """Send a final result to the function's destinations."""
        configured = self.policy(invocation).get("DestinationConfig", {})
        side = "OnSuccess" if result.condition == "Success" else "OnFailure"
        if target := configured.get(side, {}).get("Destination"):
            self._send(target, json.dumps(_record(invocation, result, at)), invocation, {})
        dead_letters = invocation.configuration.dead_letter_arn
        if dead_letters and result.condition != "Success":
            attributes = {
                "RequestID": ("String", invocation.request_id),
                "ErrorCode": ("Number", "200"),
                "ErrorMessage": ("String", _message(result)),
            }
            self._send(dead_letters, invocation.payload.decode(), invocation, attributes)

    def _send(self, target: str, body: str, invocation: "Invocation", attributes: dict[str, tuple[str, str]]) -> None:
        service = target.split(":")[2]
        described = {
            name: {"DataType": kind, "StringValue": value} for name, (kind, value) in attributes.items() if value
        }
        match service:
            case "sqs":
                _, _, _, region, account_id, name = target.split(":")
                url = f"https://sqs.{region}.amazonaws.com/{account_id}/{name}"
                trace = {"AWSTraceHeader": {"DataType": "String", "StringValue": invocation.trace}}
                self._client("sqs", invocation).send_message(
                    QueueUrl=url, MessageBody=body, MessageAttributes=described, MessageSystemAttributes=trace
                )
            case "sns":
                self._client("sns", invocation).publish(TopicArn=target, Message=body, MessageAttributes=described)
            case "lambda":
                self._client("lambda", invocation).invoke(FunctionName=target, InvocationType="Event", Payload=body)
            case "events":
                entry = {
                    "Source": "lambda",
                    "DetailType": "Lambda Function Invocation Result",
                    "Resources": [invocation.invoked_arn],
                    "Detail": body,
                    "EventBusName": target.rpartition("/")[2],
                }
                self._client("events", invocation).put_events(Entries=[entry])
            case _:
                raise ValueError(
                    f"cannot deliver the result of {invocation.function_arn} to {target}: "
                    "use SQS, SNS, Lambda or EventBridge"
                )

    def _client(self, service: Any, invocation: "Invocation") -> Any:
        session = boto3.session.Session(
            aws_access_key_id=self._keyring.role_key(invocation.configuration.role),
            aws_secret_access_key="local",  # noqa: S106 (the local AWS checks no signature)
            region_name=invocation.function_arn.split(":")[3],
        )
        return session.client(service, endpoint_url=self._endpoint_url)


def _message(result: "AsyncResult") -> str:
    try:
        document = json.loads(result.payload)
    except ValueError:
        return ""
    return str(document.get("errorMessage", ""))[:1024] if isinstance(document, dict) else ""


def _record(invocation: "Invocation", result: "AsyncResult", at: str) -> dict[str, Any]:
    """Return an invocation record, as destinations receive it."""
    record = {
        "version": "1.0",
        "timestamp": at.replace("+0000", "Z"),
        "requestContext": {
            "requestId": invocation.request_id,
            "functionArn": f"{invocation.function_arn}:{invocation.version}",
            "condition": result.condition,
            "approximateInvokeCount": result.attempts,
        },
        "requestPayload": _json(invocation.payload),
    }
    if not result.attempts:
        return record
    context: dict[str, Any] = {"statusCode": 200, "executedVersion": invocation.version}
    if result.error:
        context["functionError"] = result.error
    return {**record, "responseContext": context, "responsePayload": _json(result.payload)}


def _json(payload: bytes) -> Any:
    try:
        return json.loads(payload)
    except ValueError:
        return None
