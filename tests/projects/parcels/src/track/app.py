"""Notes a parcel, and tells who waits for it."""

import os
from typing import Any

import boto3


def handler(event: dict[str, Any], _context: object) -> str:
    """Write to the table and to the queue of the environment."""
    boto3.resource("dynamodb").Table(os.environ["TABLE"]).put_item(Item={"id": event.get("id", "1")})
    boto3.client("sqs").send_message(QueueUrl=os.environ["QUEUE"], MessageBody=os.environ["STAGE"])
    return os.environ["LIMIT"]
