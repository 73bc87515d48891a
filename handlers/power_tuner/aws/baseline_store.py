"""Baselines as DynamoDB items."""

import json
from typing import TYPE_CHECKING, Any

from power_tuner.domain.drift import Baseline

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

SORT_KEY = "BASELINE"


class DynamoBaselines:
    """One baseline item per target.

    Args:
        client: DynamoDB.
        table: the app's table.
    """

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._client = client
        self._table = table

    def get(self, target_arn: str) -> Baseline | None:
        """Read a target's baseline, None when it has none."""
        item = self._client.get_item(TableName=self._table, Key=_key(target_arn), ConsistentRead=True).get("Item")
        return Baseline.from_dict(json.loads(item["baseline"]["S"])) if item else None

    def put(self, target_arn: str, baseline: Baseline) -> None:
        """Write a target's baseline, over an earlier one."""
        text = json.dumps(baseline.to_dict(), separators=(",", ":"))
        self._client.put_item(TableName=self._table, Item={**_key(target_arn), "baseline": {"S": text}})


def _key(target_arn: str) -> dict[str, Any]:
    return {"PK": {"S": f"FUNCTION#{target_arn}"}, "SK": {"S": SORT_KEY}}
