"""Make a small picture of one in S3, and note its size in DynamoDB."""

import os
import zlib
from typing import Any

import boto3

S3 = boto3.client("s3")
SIZES = boto3.resource("dynamodb").Table(os.environ["SIZES"])


def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Shrink the picture that the event names."""
    picture = S3.get_object(Bucket=os.environ["PICTURES"], Key=event["key"])["Body"].read()
    small = zlib.compress(picture, 9)
    SIZES.put_item(Item={"id": event["key"], "bytes": len(small), "stage": os.environ["STAGE"]})
    return {"bytes": len(small)}
