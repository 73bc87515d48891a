"""The IAM actions and resources that an API call needs permission for."""

import re
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, unquote

from moto.backends import get_backend

from power_tuner_local.iam.policies import Request
from power_tuner_local.lambda_service.names import read_function_name

if TYPE_CHECKING:
    from collections.abc import Iterator

    from power_tuner_local.gateway.api_calls import ApiCall

_S3_ACTIONS = {
    "HeadObject": "GetObject",
    "CopyObject": "PutObject",
    "CreateMultipartUpload": "PutObject",
    "UploadPart": "PutObject",
    "CompleteMultipartUpload": "PutObject",
    "ListObjects": "ListBucket",
    "ListObjectsV2": "ListBucket",
    "HeadBucket": "ListBucket",
    "ListObjectVersions": "ListBucketVersions",
    "DeleteObjects": "DeleteObject",
    "ListBuckets": "ListAllMyBuckets",
}
_S3_ON_BUCKET = frozenset({"ListBucket", "ListBucketVersions", "CreateBucket", "DeleteBucket"})
# The resource of these actions includes the version or alias; that of all others is the function.
_QUALIFIED = frozenset({"InvokeFunction", "GetFunction", "GetFunctionConfiguration", "DeleteFunction"})
_TRANSACTION_ACTIONS = {"Put": "PutItem", "Update": "UpdateItem", "Delete": "DeleteItem", "Get": "GetItem"}


class Authorization:
    """Maps API calls in one account and region to the permissions that they require."""

    def __init__(self, region: str, account_id: str) -> None:
        self._region = region
        self._account_id = account_id

    def required(self, call: "ApiCall") -> "list[Request]":
        """Return the actions and resources that a call requires permission for."""
        by_service = {
            "lambda": self._lambda,
            "dynamodb": self._dynamodb,
            "s3": self._s3,
            "events": self._events,
            "states": self._states,
            "sqs": self._sqs,
            "ssm": self._ssm,
            "logs": self._logs,
            "sns": self._sns,
            "kinesis": self._kinesis,
            "secretsmanager": self._secretsmanager,
            "cloudformation": self._cloudformation,
            "sts": _nothing,  # GetCallerIdentity cannot be denied
        }
        return list(by_service.get(call.service, _on_everything)(call))

    def map_run(self, machine_arn: str) -> Request:
        """Return the permission that starting the children of a Distributed Map requires."""
        return Request("states:StartExecution", machine_arn)

    def _arn(self, service: str, resource: str) -> str:
        return f"arn:aws:{service}:{self._region}:{self._account_id}:{resource}"

    def _lambda(self, call: "ApiCall") -> list[Request]:
        action = "InvokeFunction" if call.action in {"Invoke", "InvokeAsync"} else call.action
        _, tagged, arn = unquote(call.path).partition("/tags/")
        if tagged:
            return [Request(f"lambda:{action}", arn)]
        if "/layers" in call.path:
            return [self._layer(call)]
        if not call.resource or "/functions" not in call.path:
            return [Request(f"lambda:{action}", "*")]
        text = unquote(call.resource)
        named = read_function_name(text, call.parameter("Qualifier"))
        arn = self._arn("lambda", f"function:{named.name}")
        if text.startswith("arn:"):
            arn = ":".join(text.split(":")[:7])
        if named.qualifier and action in _QUALIFIED:
            arn = f"{arn}:{named.qualifier}"
        return [Request(f"lambda:{action}", arn)]

    def _layer(self, call: "ApiCall") -> Request:
        """Return the permission for a layer, or for one of its versions."""
        if call.action == "GetLayerVersionByArn":
            return Request("lambda:GetLayerVersion", call.parameter("Arn") or "*")
        if not call.resource or call.action.startswith("List"):
            return Request(f"lambda:{call.action}", "*")
        name = unquote(call.resource)
        arn = name if name.startswith("arn:") else self._arn("lambda", f"layer:{name}")
        version = re.search(r"/versions/(\d+)", call.path)
        return Request(f"lambda:{call.action}", f"{arn}:{version[1]}" if version else arn)

    def _dynamodb(self, call: "ApiCall") -> "Iterator[Request]":
        document = call.json()
        for entry in _as_list(document.get("TransactItems")):
            for kind, item in entry.items():
                action = _TRANSACTION_ACTIONS.get(kind, "ConditionCheckItem")
                yield Request(f"dynamodb:{action}", self._table(item["TableName"]))
        tables = document.get("RequestItems")
        for name in tables if isinstance(tables, dict) else []:
            yield Request(f"dynamodb:{call.action}", self._table(name))
        if table := document.get("TableName"):
            index = document.get("IndexName")
            arn = self._table(str(table))
            yield Request(f"dynamodb:{call.action}", f"{arn}/index/{index}" if index else arn)

    def _table(self, name: str) -> str:
        return name if name.startswith("arn:") else self._arn("dynamodb", f"table/{name}")

    def _s3(self, call: "ApiCall") -> list[Request]:
        action = _S3_ACTIONS.get(call.action, call.action)
        bucket, _, key = call.path.lstrip("/").partition("/")
        if not bucket:
            return [Request(f"s3:{action}", "*")]
        arn = f"arn:aws:s3:::{bucket}"
        if key and action not in _S3_ON_BUCKET:
            return [Request(f"s3:{action}", f"{arn}/{key}")]
        prefix = call.parameter("prefix")
        return [Request(f"s3:{action}", arn, (("s3:prefix", prefix),) if prefix is not None else ())]

    def _events(self, call: "ApiCall") -> "Iterator[Request]":
        if call.action != "PutEvents":
            yield Request(f"events:{call.action}", "*")
        for entry in _as_list(call.json().get("Entries")) if call.action == "PutEvents" else []:
            bus = entry.get("EventBusName") or "default"
            arn = bus if bus.startswith("arn:") else self._arn("events", f"event-bus/{bus}")
            about = {"events:source": entry.get("Source"), "events:detail-type": entry.get("DetailType")}
            yield Request("events:PutEvents", arn, tuple((key, str(value)) for key, value in about.items() if value))

    def _states(self, call: "ApiCall") -> list[Request]:
        document = call.json()
        arn = document.get("executionArn") or document.get("stateMachineArn") or document.get("mapRunArn")
        return [Request(f"states:{call.action}", str(arn or "*"))]

    def _sqs(self, call: "ApiCall") -> list[Request]:
        document = call.json()
        queue = str(document.get("QueueUrl", "")).rpartition("/")[2] or str(document.get("QueueName", ""))
        return [Request(f"sqs:{call.action}", self._arn("sqs", queue))]

    def _logs(self, call: "ApiCall") -> list[Request]:
        group = str(call.json().get("logGroupName") or "")
        return [Request(f"logs:{call.action}", self._arn("logs", f"log-group:{group}") if group else "*")]

    def _ssm(self, call: "ApiCall") -> list[Request]:
        name = str(call.json().get("Name") or "")
        return [Request(f"ssm:{call.action}", self._arn("ssm", f"parameter/{name.lstrip('/')}") if name else "*")]

    def _sns(self, call: "ApiCall") -> list[Request]:
        asked = parse_qs(call.body.decode("utf-8", "replace"))
        (arn,) = asked.get("TopicArn") or asked.get("TargetArn") or ["*"]
        return [Request(f"sns:{call.action}", arn)]

    def _kinesis(self, call: "ApiCall") -> list[Request]:
        document = call.json()
        name = document.get("StreamName")
        arn = document.get("StreamARN") or (self._arn("kinesis", f"stream/{name}") if name else "*")
        return [Request(f"kinesis:{call.action}", str(arn))]

    def _secretsmanager(self, call: "ApiCall") -> list[Request]:
        named = str(call.json().get("SecretId") or "")
        found = get_backend("secretsmanager")[self._account_id][self._region].secrets.get(named)
        arn = found.arn if found is not None else self._arn("secretsmanager", f"secret:{named}") if named else "*"
        return [Request(f"secretsmanager:{call.action}", arn)]

    def _cloudformation(self, call: "ApiCall") -> list[Request]:
        asked = parse_qs(call.body.decode("utf-8", "replace"))
        stack = asked.get("StackName", [""])[0]
        arn = stack if stack.startswith("arn:") else self._arn("cloudformation", f"stack/{stack}/*")
        return [Request(f"cloudformation:{call.action}", arn if stack else "*")]


def _nothing(_call: "ApiCall") -> list[Request]:
    return []


def _on_everything(call: "ApiCall") -> list[Request]:
    return [Request(f"{call.service}:{call.action}", "*")]


def _as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
