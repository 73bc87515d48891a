"""Queues for what a test wants to hear."""

import json
from typing import Any


def make_queue(sqs: Any, name: str, arn: str) -> str:
    """Make a queue that any rule of EventBridge may send to, and return its URL.

    Args:
        sqs: a client.
        name: of the queue.
        arn: of the queue.
    """
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "events.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": arn,
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    url: str = sqs.create_queue(QueueName=name, Attributes={"Policy": policy})["QueueUrl"]
    return url
