"""What a run left behind: its item in DynamoDB, its documents in S3."""

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from power_tuner_cli.cloud import Cloud, TunerStack
from power_tuner_cli.errors import CliError
from power_tuner_cli.exit_codes import ExitCode

_RUN_INDEX = "by-run"
_INDEX_PATIENCE_S = 10.0


@dataclass(frozen=True, slots=True)
class RunResults:
    """Where a run's results are, and the result document.

    Attributes:
        item: The run's item in DynamoDB; None for a run that was refused before it began.
        document: The result document; None for a run that failed early.
    """

    table_name: str
    bucket_name: str
    run_id: str
    item: Mapping[str, Any] | None = None
    document: Mapping[str, Any] | None = None

    def uri(self, key: str) -> str:
        """Name an object of the run."""
        return f"s3://{self.bucket_name}/{key}"

    def places(self) -> dict[str, Any]:
        """Name everything that the run stored."""
        places: dict[str, Any] = {"samples": self.uri(f"runs/{self.run_id}/samples/")}
        item = self.item or {}
        for name, attribute in (("result", "resultKey"), ("report", "reportKey")):
            if item.get(attribute):
                places[name] = self.uri(item[attribute])
        if item:
            places["item"] = {"table": self.table_name, "PK": item["PK"], "SK": item["SK"]}
        return places


def fetch_results(cloud: Cloud, stack: TunerStack, run_id: str, *, wait: bool = True) -> RunResults:
    """Fetch a run's item and result document; what does not exist is None."""
    item = find_item(cloud, stack, run_id, patience_s=_INDEX_PATIENCE_S if wait else 0.0)
    document = None
    if item and item.get("resultKey"):
        document = json.loads(read_object(cloud, stack, item["resultKey"]))
    return RunResults(stack.table_name, stack.bucket_name, run_id, item, document)


def find_item(cloud: Cloud, stack: TunerStack, run_id: str, *, patience_s: float = 0.0) -> Mapping[str, Any] | None:
    """Find a run's item by its id, waiting for the index, which is eventually consistent."""
    table = cloud.client("dynamodb")
    deadline = time.monotonic() + patience_s
    while True:
        found = table.query(
            TableName=stack.table_name,
            IndexName=_RUN_INDEX,
            KeyConditionExpression="runId = :run",
            ExpressionAttributeValues={":run": {"S": run_id}},
        )["Items"]
        runs = [item for item in map(plain_item, found) if str(item.get("SK", "")).startswith("RUN#")]
        if runs:
            return runs[0]
        if time.monotonic() >= deadline:
            return None
        time.sleep(0.3)


def list_items(cloud: Cloud, stack: TunerStack, function_arn: str, limit: int) -> list[Mapping[str, Any]]:
    """List a function's runs, newest first."""
    table = cloud.client("dynamodb")
    found = table.query(
        TableName=stack.table_name,
        KeyConditionExpression="PK = :function AND begins_with(SK, :run)",
        ExpressionAttributeValues={":function": {"S": f"FUNCTION#{function_arn}"}, ":run": {"S": "RUN#"}},
        ScanIndexForward=False,
        Limit=limit,
    )
    return [plain_item(item) for item in found["Items"]]


def read_object(cloud: Cloud, stack: TunerStack, key: str) -> bytes:
    """Read an object of the tuner's bucket.

    Raises:
        CliError: It is not there; results expire.
    """
    client = cloud.client("s3")
    try:
        return bytes(client.get_object(Bucket=stack.bucket_name, Key=key)["Body"].read())
    except client.exceptions.NoSuchKey:
        raise CliError(
            f"s3://{stack.bucket_name}/{key} is not there: results expire after the stack's retention.",
            ExitCode.RUN_FAILED,
        ) from None


def plain_item(item: Mapping[str, Any]) -> dict[str, Any]:
    """Turn a DynamoDB item into plain JSON values."""
    from boto3.dynamodb.types import TypeDeserializer

    deserialize = TypeDeserializer().deserialize
    return {name: _plain(deserialize(value)) for name, value in item.items()}


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, dict):
        return {name: _plain(inner) for name, inner in value.items()}
    if isinstance(value, list | set):
        return [_plain(inner) for inner in value]
    return value
