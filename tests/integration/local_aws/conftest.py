"""The local AWS for the tests of a module; one runs at a time in a process."""

import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from power_tuner_local import LocalAws
from power_tuner_local.lambda_service import LambdaOptions

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from power_tuner_local import Stack

SAMPLE = Path(__file__).parent / "sample" / "template.yaml"
ROLE = "arn:aws:iam::123456789012:role/sample"


@pytest.fixture(scope="module")
def aws() -> "Iterator[LocalAws]":
    """An empty local AWS."""
    with LocalAws(lambda_options=LambdaOptions(settable_clock=True)) as local_aws:
        yield local_aws


@pytest.fixture(scope="module")
def stack(aws: LocalAws) -> "Stack":
    """The sample stack, deployed."""
    return aws.deploy(SAMPLE, stack_name="sample")


@pytest.fixture(scope="module")
def received() -> "Callable[[Any, str, int], list[dict[str, Any]]]":
    """A function that receives messages of a queue until it has a number of them or 10 s have passed."""

    def receive(sqs: Any, url: str, count: int) -> list[dict[str, Any]]:
        messages: list[dict[str, Any]] = []
        deadline = time.monotonic() + 10
        while len(messages) < count and time.monotonic() < deadline:
            found = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, MessageAttributeNames=["All"])
            messages += found.get("Messages", [])
            for message in found.get("Messages", []):
                sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
            time.sleep(0.02)
        return messages

    return receive
