"""Count what is named."""

import os
from typing import Any

import boto3

COUNTS = boto3.resource("dynamodb").Table(os.environ["COUNTS"])


def handler(event: dict[str, Any], _context: object) -> dict[str, int]:
    """Add one to a count and return it."""
    counted = COUNTS.update_item(
        Key={"name": event["name"]},
        UpdateExpression="ADD hits :one",
        ExpressionAttributeValues={":one": 1},
        ReturnValues="UPDATED_NEW",
    )
    return {"hits": int(counted["Attributes"]["hits"])}
