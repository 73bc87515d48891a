"""Tell a queue of each order that is paid."""

import json
import os
from typing import Any

import boto3
import isodate

SQS = boto3.client("sqs")


def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Send the paid orders of a batch on, with the time that their delivery may take."""
    days = isodate.parse_duration("P3D").days
    for record in event["Records"]:
        order = json.loads(record["body"]) | {"days": days}
        SQS.send_message(QueueUrl=os.environ["PAID"], MessageBody=json.dumps(order))
    return {"sent": len(event["Records"])}
