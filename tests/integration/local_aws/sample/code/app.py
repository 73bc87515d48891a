"""Handlers of the sample stack."""

import json
import os
from typing import Any

import boto3


def handler(event: Any, context: Any) -> Any:
    """Store the event in the table, and return it."""
    table = boto3.client("dynamodb")
    table.put_item(
        TableName=os.environ["TABLE"],
        Item={"PK": {"S": "EVENT"}, "SK": {"S": context.aws_request_id}, "event": {"S": json.dumps(event)}},
    )
    return event
