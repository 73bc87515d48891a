"""Make a thumbnail of a picture in S3, and note its size in DynamoDB."""

import io
import os
from typing import Any

import boto3
from PIL import Image

S3 = boto3.client("s3")
SIZES = boto3.resource("dynamodb").Table(os.environ["SIZES"])


def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Shrink the picture that the event names."""
    bucket, key = os.environ["PICTURES"], event["key"]
    small, written = Image.open(S3.get_object(Bucket=bucket, Key=key)["Body"]), io.BytesIO()
    small.thumbnail((64, 64))
    small.save(written, "PNG")
    S3.put_object(Bucket=bucket, Key=f"small/{key}", Body=written.getvalue())
    SIZES.put_item(Item={"id": key, "width": small.width, "bytes": len(written.getvalue())})
    return {"width": small.width}
