"""Deliveries: the input that a target receives of an event, and the call that delivers it."""

import json
import re
import time
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from power_tuner_local.iam.resource_policies import ResourcePolicies
    from power_tuner_local.iam.role_clients import RoleClients
    from power_tuner_local.lambda_service import LambdaService

_PATH_STEP = re.compile(r"\.([\w-]+)|\[(\d+)\]|\['([^']+)'\]")
PLACEHOLDER = re.compile(r"<([\w.-]+)>")


@dataclass(frozen=True, slots=True)
class Delivery:
    """An event on its way to a target.

    Attributes:
        source_arn: The rule or schedule that the event comes from.
        target: The target as in the API: Arn, RoleArn, Input, InputPath, InputTransformer, DeadLetterConfig.
        event: The event.
    """

    source_arn: str
    target: "Mapping[str, Any]"
    event: "Mapping[str, Any]"

    @property
    def target_arn(self) -> str:
        """Return the target's ARN."""
        return str(self.target["Arn"])

    @property
    def action(self) -> str:
        """Return the event's detail type."""
        return str(self.event.get("detail-type", ""))

    @property
    def text(self) -> str:
        """Return the whole event as JSON text."""
        return json.dumps(self.event)

    def input_text(self) -> str:
        """Return the target's input as JSON text."""
        if "Input" in self.target:
            return str(self.target["Input"])
        if path := self.target.get("InputPath"):
            return json.dumps(select(path, self.event))
        if transformer := self.target.get("InputTransformer"):
            return self._transformed(transformer)
        return json.dumps(self.event)

    def _transformed(self, transformer: "Mapping[str, Any]") -> str:
        values = {name: select(path, self.event) for name, path in transformer.get("InputPathsMap", {}).items()}
        values |= {
            "aws.events.rule-arn": self.source_arn,
            "aws.events.rule-name": self.source_arn.rpartition("/")[2],
            "aws.events.event.ingestion-time": self.event["time"],
            # recorded from AWS: without the detail, and the detail type in camel case
            "aws.events.event": {
                "detailType" if key == "detail-type" else key: value
                for key, value in self.event.items()
                if key != "detail"
            },
            "aws.events.event.json": self.event,
        }
        return fill(transformer["InputTemplate"], values)


def select(path: str, document: Any) -> Any:
    """Return the value at a JSON path such as `$.detail.items[0]`; None if there is none.

    >>> select("$.detail.items[0]", {"detail": {"items": ["a"]}})
    'a'
    """
    value = document
    for name, index, quoted in _PATH_STEP.findall(path.removeprefix("$")):
        try:
            value = value[int(index)] if index else value[name or quoted]
        except (KeyError, IndexError, TypeError):
            return None
    return value


def fill(template: str, values: "Mapping[str, Any]") -> str:
    """Return a filled input template: a bare placeholder becomes a JSON value, one inside a string becomes text.

    >>> fill('{"name": <name>, "text": "it is <name>"}', {"name": "Ada"})
    '{"name": "Ada", "text": "it is Ada"}'
    >>> fill('"it is <who>"', {"who": {"name": "Ada"}})
    '"it is {name:Ada}"'

    Raises:
        ValueError: An object or a list stands inside a string of a JSON object, which AWS does not deliver.
    """
    parts: list[str] = []
    end, inside_string = 0, False
    of_object = template.lstrip().startswith("{")
    for found in PLACEHOLDER.finditer(template):
        between = template[end : found.start()]
        inside_string ^= len(re.findall(r'(?<!\\)"', between)) % 2 == 1
        value = values.get(found.group(1))
        value = "" if value is None else value
        parts += [between, _inside_string(value, of_object=of_object) if inside_string else json.dumps(value)]
        end = found.end()
    return "".join([*parts, template[end:]])


def _inside_string(value: Any, *, of_object: bool) -> str:
    """Return a value as text inside a string; recorded from AWS: objects and lists lose their quotes."""
    if isinstance(value, str):
        return json.dumps(value)[1:-1]
    if of_object and isinstance(value, dict | list):
        raise ValueError(f"an input template has {json.dumps(value)} inside a string of its JSON object")
    return json.dumps(value, separators=(",", ":")).replace('"', "")


def queue_url(queue_arn: str) -> str:
    """Return a queue's URL.

    >>> queue_url("arn:aws:sqs:us-east-1:123456789012:letters")
    'https://sqs.us-east-1.amazonaws.com/123456789012/letters'
    """
    _, _, _, region, account_id, name = queue_arn.split(":")
    return f"https://sqs.{region}.amazonaws.com/{account_id}/{name}"


class Targets:
    """Delivers events to the services of one local AWS."""

    def __init__(
        self, clients: "RoleClients", lambda_service: "LambdaService", resource_policies: "ResourcePolicies"
    ) -> None:
        self._clients = clients
        self._lambda = lambda_service
        self._resource_policies = resource_policies

    def deliver(self, delivery: Delivery) -> None:
        """Deliver an event to its target; errors of the target's service propagate."""
        arn = str(delivery.target["Arn"])
        text = delivery.input_text()
        match arn.split(":")[2:3] + arn.split(":")[5:6]:
            case ["lambda", _]:
                if ":rule/" in delivery.source_arn:
                    self._require_admission("lambda:InvokeFunction", arn, delivery)
                self._lambda.invoke_async(arn, text.encode())
            case ["states", _]:
                self._client("stepfunctions", delivery).start_execution(
                    stateMachineArn=arn, name=f"{delivery.event['id']}_{uuid.uuid4()}"[:80], input=text
                )
            case ["sqs", _]:
                if "RoleArn" not in delivery.target:
                    self._require_admission("sqs:SendMessage", arn, delivery)
                self._send(self._client("sqs", delivery), arn, text, delivery)
            case ["sns", _]:
                self._client("sns", delivery).publish(TopicArn=arn, Message=text)
            case ["logs", "log-group"]:
                self._log(arn.split(":")[6], text)
            case ["events", resource] if resource.startswith("event-bus/"):
                self._forward(arn, delivery)
            case _:
                raise ValueError(f"the local AWS delivers no events to {arn}")

    def send_to_dead_letter_queue(self, delivery: Delivery, error: Exception) -> None:
        """Put an undeliverable event into the target's dead-letter queue, if it has one."""
        queue_arn = delivery.target.get("DeadLetterConfig", {}).get("Arn")
        if queue_arn:
            attributes = {
                "RULE_ARN": delivery.source_arn,
                "TARGET_ARN": str(delivery.target["Arn"]),
                "ERROR_CODE": type(error).__name__,
                "ERROR_MESSAGE": str(error) or type(error).__name__,
                "EXHAUSTED_RETRY_CONDITION": "MaximumRetryAttempts",
            }
            # a rule is admitted by the queue's own policy, whatever the target's role may do
            if ":rule/" in delivery.source_arn:
                self._require_admission("sqs:SendMessage", queue_arn, delivery)
            self._send(
                self._clients.client_for("sqs", None), queue_arn, json.dumps(delivery.event), delivery, attributes
            )

    def _require_admission(self, action: str, resource_arn: str, delivery: Delivery) -> None:
        """Raise PermissionError unless a queue's or function's own policy admits EventBridge."""
        refused = self._resource_policies.service_refusal(
            "events.amazonaws.com", action, resource_arn, delivery.source_arn
        )
        if refused:
            raise PermissionError(refused)

    def _send(
        self,
        sqs: Any,
        queue_arn: str,
        text: str,
        delivery: Delivery,
        attributes: "Mapping[str, str] | None" = None,
    ) -> None:
        group = delivery.target.get("SqsParameters", {}).get("MessageGroupId")
        sqs.send_message(
            QueueUrl=queue_url(queue_arn),
            MessageBody=text,
            MessageAttributes={
                name: {"DataType": "String", "StringValue": value} for name, value in (attributes or {}).items()
            },
            **({"MessageGroupId": group} if group else {}),
        )

    def _log(self, group: str, text: str) -> None:
        logs = self._clients.client_for("logs", None)
        stream, now_ms = str(uuid.uuid4()), int(time.time() * 1000)
        logs.create_log_stream(logGroupName=group, logStreamName=stream)
        logs.put_log_events(
            logGroupName=group, logStreamName=stream, logEvents=[{"timestamp": now_ms, "message": text}]
        )

    def _forward(self, bus_arn: str, delivery: Delivery) -> None:
        event = delivery.event
        self._client("events", delivery).put_events(
            Entries=[
                {
                    "EventBusName": bus_arn,
                    "Source": event["source"],
                    "DetailType": event["detail-type"],
                    "Detail": json.dumps(event["detail"]),
                    "Resources": event["resources"],
                }
            ]
        )

    def _client(self, service: str, delivery: Delivery) -> Any:
        return self._clients.client_for(service, delivery.target.get("RoleArn"))
