"""Whoever can write to the dead-letter queue has nothing done with the rights of whoever replays it."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from e2e.cloud import Cloud, Tuner, wait_for
from e2e.conftest import cloud, target, tuner  # noqa: F401 - fixtures
from power_tuner_cli.cloud import find_stack
from power_tuner_cli.replay import replay_all

pytestmark = pytest.mark.local_aws
MakeTarget = Callable[..., str]
QUICK_RUN = {"num": 1, "powerValues": [128], "strategy": "cost"}
SLOW = """
    import time

    def handler(event, context):
        time.sleep(1)
"""


def put_letters(cloud: Cloud, *letters: str) -> None:  # noqa: F811
    for letter in letters:
        cloud.client("sqs").send_message(QueueUrl=queue_url(cloud), MessageBody=letter)


def queue_url(cloud: Cloud) -> str:  # noqa: F811
    urls: list[str] = cloud.client("sqs").list_queues()["QueueUrls"]
    return next(url for url in urls if "DeadLetters" in url)


def replayed(cloud: Cloud) -> list[dict[str, Any]]:  # noqa: F811
    return replay_all(cloud, find_stack(cloud, "power-tuner"))


@pytest.fixture(autouse=True)
def _emptied(cloud: Cloud) -> None:  # noqa: F811
    """Each test begins with an empty queue."""
    client, url = cloud.client("sqs"), queue_url(cloud)
    while messages := client.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
        for message in messages:
            client.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])


def test_an_invented_failure_ends_no_run(cloud: Cloud, tuner: Tuner, target: MakeTarget) -> None:  # noqa: F811
    """A letter that says that a running run was ended: the run goes on, and completes."""
    arn = target(SLOW)
    execution_arn = tuner.start({"lambdaARN": arn, "num": 4, "powerValues": [128]})
    wait_for("it measures", lambda: tuner.state_entered(execution_arn, "Measure"))
    ended = {
        "runId": execution_arn.rpartition(":")[2],
        "executionArn": execution_arn,
        "startedAt": "2026-11-26T12:00:00.000Z",
        "error": {"Error": "Execution.ABORTED", "Cause": "invented"},
    }
    put_letters(cloud, json.dumps(ended))

    (letter,) = replayed(cloud)

    assert "still running" in letter["failure"]
    assert "SUCCEEDED" == tuner.wait(execution_arn)["status"]


def test_a_letter_cannot_say_what_was_decided(cloud: Cloud, tuner: Tuner, target: MakeTarget) -> None:  # noqa: F811
    """A completion event with a policy of its own, as a letter: the function keeps its memory."""
    arn = target(memory_mb=512)
    run_id = tuner.tune({"lambdaARN": arn, **QUICK_RUN})["name"]
    detail = {"runId": run_id, "decision": {"power": 10_240}, "policy": {"apply": "latest", "overrideOwner": True}}
    put_letters(cloud, json.dumps({"detail-type": "Power Tuning Completed", "detail": detail}))

    (letter,) = replayed(cloud)

    assert ("OptimizerFunction", "") == (letter["function"], letter["failure"])
    assert 512 == cloud.client("lambda").get_function_configuration(FunctionName=arn)["MemorySize"]


def test_malformed_letters_stop_nothing(cloud: Cloud, tuner: Tuner, target: MakeTarget) -> None:  # noqa: F811
    """What is no letter is reported, stays, and hides nothing."""
    run_id = tuner.tune({"lambdaARN": target(), **QUICK_RUN})["name"]
    put_letters(cloud, "{", "[" * 100_000, '"text"', '{"detail-type": "Power Tuning Completed", "detail": 1}')
    put_letters(cloud, json.dumps({"runId": run_id, "replay": True}))

    first, second = replayed(cloud), replayed(cloud)

    assert [run_id] == [each["subject"] for each in first if not each["failure"]]
    assert (5, 4) == (len(first), len(second))


def test_no_other_rule_writes_letters(cloud: Cloud, tuner: Tuner) -> None:  # noqa: F811
    """Whoever may make a rule in the account has its events not delivered into the queue."""
    events, queues = cloud.client("events"), cloud.client("sqs")
    arn = queues.get_queue_attributes(QueueUrl=queue_url(cloud), AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    events.put_rule(Name="foreign", EventPattern=json.dumps({"source": ["foreign"]}))
    events.put_targets(Rule="foreign", Targets=[{"Id": "letters", "Arn": arn}])
    detail = json.dumps({"runId": "run-1", "executionArn": f"{tuner.machine_arn}:run-1", "error": {}})

    events.put_events(Entries=[{"Source": "foreign", "DetailType": "Power Tuning Completed", "Detail": detail}])
    cloud.settle()

    assert [] == queues.receive_message(QueueUrl=queue_url(cloud)).get("Messages", [])
