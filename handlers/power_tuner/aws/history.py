"""Runs as DynamoDB items."""

import json
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from power_tuner.errors import LeaseLost
from power_tuner.ports import Begun

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table

_BEGUN = "BEGUN"


class DynamoHistory:
    """The items of all runs, in the app's table.

    Args:
        table: the app's table.
        now: returns the epoch second.
        retention_s: how long the note that a run began is kept.
    """

    def __init__(self, table: "Table", now: Callable[[], float], retention_s: int) -> None:
        self._table = table
        self._now = now
        self._retention_s = retention_s

    def note_begun(
        self, run_id: str, target_arn: str | None, started_at: str, origin: Mapping[str, Any] | None = None
    ) -> None:
        """Note that a run began and, once it is known, which target it is about to touch."""
        item = {
            "PK": f"RUN#{run_id}",
            "SK": _BEGUN,
            "targetArn": target_arn,
            "startedAt": started_at,
            "origin": json.dumps(origin) if origin else None,
            "expiresAt": int(self._now()) + self._retention_s,
        }
        if target_arn:
            self._table.put_item(Item=_dynamo(item))
            return
        # A second try of the Initializer knows no target yet; what the first one noted stays.
        try:
            self._table.put_item(Item=_dynamo(item), ConditionExpression="attribute_not_exists(PK)")
        except ClientError as error:
            if not _refused(error):
                raise

    def begun(self, run_id: str) -> Begun | None:
        """Return what a run noted, None when it never came that far."""
        answer = self._table.get_item(Key={"PK": f"RUN#{run_id}", "SK": _BEGUN}, ConsistentRead=True)
        item: Mapping[str, Any] | None = answer.get("Item")
        if not item:
            return None
        return Begun(item.get("targetArn"), item["startedAt"], json.loads(item.get("origin", "{}")))

    def latest(self, target_arn: str, limit: int) -> list[dict[str, Any]]:
        """Return the items of a target's runs, newest first."""
        answer = self._table.query(
            KeyConditionExpression="PK = :target AND begins_with(SK, :run)",
            ExpressionAttributeValues={":target": f"FUNCTION#{target_arn}", ":run": "RUN#"},
            ScanIndexForward=False,
            ConsistentRead=True,
            Limit=limit,
        )
        return [_plain(item) for item in answer["Items"]]

    def record(self, item: Mapping[str, Any], *, over_failure: bool = False) -> None:
        """Write a run's item, over an earlier one of the same run; LeaseLost when that says the run has failed."""
        if over_failure:
            self._table.put_item(Item=_dynamo(item))
            return
        try:
            self._table.put_item(
                Item=_dynamo(item),
                ConditionExpression="attribute_not_exists(PK) OR #status <> :failed",
                ExpressionAttributeNames={"#status": "status"},
                ExpressionAttributeValues={":failed": "failed"},
            )
        except ClientError as error:
            if _refused(error):
                raise LeaseLost(f"Run {item['runId']} was ended while its result was recorded.") from error
            raise

    def record_failure(self, item: Mapping[str, Any]) -> bool:
        """Write a failed run's item; False, and nothing written, when the bus was told of its failure already."""
        try:
            self._table.put_item(Item=_dynamo(item), ConditionExpression="attribute_not_exists(told)")
        except ClientError as error:
            if _refused(error):
                return False
            raise
        return True

    def note_told(self, item: Mapping[str, Any]) -> None:
        """Note on a failed run's item that the bus was told."""
        self._table.update_item(
            Key={"PK": item["PK"], "SK": item["SK"]},
            UpdateExpression="SET told = :yes",
            ExpressionAttributeValues={":yes": True},
        )

    def item(self, target_arn: str, started_at: str, run_id: str) -> dict[str, Any] | None:
        """Return a run's item, None when there is none."""
        key = {"PK": f"FUNCTION#{target_arn}", "SK": f"RUN#{started_at}#{run_id}"}
        found = self._table.get_item(Key=key, ConsistentRead=True).get("Item")
        return _plain(found) if found else None

    def note_rolled_back(self, item: Mapping[str, Any], rolled_back: Mapping[str, Any]) -> None:
        """Note on a run's item that what it applied was taken back."""
        self._table.update_item(
            Key={"PK": item["PK"], "SK": item["SK"]},
            UpdateExpression="SET rolledBack = :what",
            ExpressionAttributeValues={":what": _dynamo(rolled_back)},
        )

    def note_applying(self, run: Mapping[str, Any], applying: Mapping[str, Any]) -> None:
        """Note on a run's item what is about to be applied; LeaseLost when it was applied meanwhile, or is gone."""
        if not self._note(run, "SET applying = :what", "attribute_not_exists(applied)", applying):
            raise LeaseLost(f"What run {run['runId']} decided was applied meanwhile, or its item is gone.")

    def note_applied(self, run: Mapping[str, Any], applied: Mapping[str, Any]) -> None:
        """Note on a run's item what was applied; nothing when there is a note already, or no item."""
        self._note(run, "SET applied = :what REMOVE applying", "attribute_not_exists(applied)", applied)

    def note_applied_told(self, run: Mapping[str, Any]) -> None:
        """Note on a run's item that the bus was told what was applied; nothing when there is no item."""
        self._note(run, "SET appliedTold = :what", "attribute_exists(applied)", True)

    def _note(self, run: Mapping[str, Any], expression: str, condition: str, what: object) -> bool:
        """Change a run's item if there is one and the condition holds; tell whether."""
        try:
            self._table.update_item(
                Key={"PK": f"FUNCTION#{run['target']['arn']}", "SK": f"RUN#{run['startedAt']}#{run['runId']}"},
                UpdateExpression=expression,
                ConditionExpression=f"attribute_exists(PK) AND {condition}",
                ExpressionAttributeValues={":what": json.loads(json.dumps(what), parse_float=Decimal)},
            )
        except ClientError as error:
            if _refused(error):
                return False
            raise
        return True


def _dynamo(item: Mapping[str, Any]) -> dict[str, Any]:
    """Return the item as DynamoDB takes it: no floats, nothing that is None."""
    present = {name: value for name, value in item.items() if value is not None}
    converted: dict[str, Any] = json.loads(json.dumps(present), parse_float=Decimal)
    return converted


def _plain(value: Any) -> Any:
    """Return what DynamoDB gave as JSON can write it."""
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, Mapping):
        return {name: _plain(inner) for name, inner in value.items()}
    return [_plain(inner) for inner in value] if isinstance(value, list) else value


def _refused(error: ClientError) -> bool:
    return error.response["Error"]["Code"] == "ConditionalCheckFailedException"
