"""Concurrent callers lose no write."""

import json
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from integration.local_aws.conftest import ROLE

if TYPE_CHECKING:
    from collections.abc import Callable

    from power_tuner_local import LocalAws

pytestmark = pytest.mark.local_aws
THREADS = 16


@pytest.fixture(scope="module")
def table(aws: "LocalAws") -> str:
    """An empty table."""
    aws.client("dynamodb").create_table(
        TableName="counters",
        KeySchema=[{"AttributeName": "PK", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "PK", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    return "counters"


def test_one_of_many_conditional_writes_wins(aws: "LocalAws", table: str) -> None:
    """Of 16 callers that write on condition that the item does not exist, exactly one succeeds, each time."""
    client = aws.client("dynamodb")
    together = threading.Barrier(THREADS)

    def take(number: int) -> list[int]:
        won = []
        for turn in range(10):
            together.wait()
            try:
                client.put_item(
                    TableName=table,
                    Item={"PK": {"S": f"lease-{turn}"}, "owner": {"N": str(number)}},
                    ConditionExpression="attribute_not_exists(PK)",
                )
            except client.exceptions.ConditionalCheckFailedException:
                continue
            won.append(turn)
        return won

    with ThreadPoolExecutor(THREADS) as pool:
        winners = [turn for won in pool.map(take, range(THREADS)) for turn in won]

    assert list(range(10)) == sorted(winners)


def test_control_plane_calls_are_limited_per_second(aws: "LocalAws") -> None:
    """One second's worth of calls is accepted at once and the next is throttled; without a limit all are accepted."""
    client = aws.client("lambda", config=Config(retries={"total_max_attempts": 1}))
    aws.control_plane.allow(3)
    try:
        answers = [_status(client.list_functions) for _ in range(4)]
        counts = aws.control_plane.taken, aws.control_plane.refused
    finally:
        aws.control_plane.allow(None)

    assert [200, 200, 200, 429] == answers
    assert (3, 1) == counts
    assert [200] * 20 == [_status(client.list_functions) for _ in range(20)]


def _status(act: "Callable[[], Any]") -> int:
    try:
        return int(act()["ResponseMetadata"]["HTTPStatusCode"])
    except ClientError as error:
        return int(error.response["ResponseMetadata"]["HTTPStatusCode"])


def test_updates_add_up(aws: "LocalAws", table: str) -> None:
    """Counters that 16 callers increment at once, each on condition of the value that it read, add up."""
    client = aws.client("dynamodb")

    def increase(_: int) -> int:
        refused = 0
        for _turn in range(10):
            client.update_item(
                TableName=table,
                Key={"PK": {"S": "sum"}},
                UpdateExpression="ADD n :one",
                ExpressionAttributeValues={":one": {"N": "1"}},
            )
        return refused

    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(increase, range(THREADS)))

    item = client.get_item(TableName=table, Key={"PK": {"S": "sum"}})["Item"]
    assert str(10 * THREADS) == item["n"]["N"]


def test_many_children_write_at_once(aws: "LocalAws", table: str) -> None:
    """40 children of a Distributed Map, each with an inner Map, write all their items."""
    put: dict[str, Any] = {
        "Type": "Task",
        "Resource": "arn:aws:states:::dynamodb:putItem",
        "Parameters": {"TableName": table, "Item": {"PK": {"S.$": "States.Format('{}-{}', $.child, $.part)"}}},
        "End": True,
    }
    inner = {
        "Type": "Map",
        "ItemsPath": "$.parts",
        "MaxConcurrency": 2,
        "ItemSelector": {"child.$": "$.child", "part.$": "$$.Map.Item.Value"},
        "ItemProcessor": {"ProcessorConfig": {"Mode": "INLINE"}, "StartAt": "Put", "States": {"Put": put}},
        "End": True,
    }
    outer = {
        "Type": "Map",
        "ItemsPath": "$.children",
        "MaxConcurrency": 10,
        "ItemSelector": {"child.$": "$$.Map.Item.Value", "parts": [1, 2, 3]},
        "ItemProcessor": {
            "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"},
            "StartAt": "Inner",
            "States": {"Inner": inner},
        },
        "End": True,
    }
    states = aws.client("stepfunctions")
    arn = states.create_state_machine(
        name="writers", roleArn=ROLE, definition=json.dumps({"StartAt": "Outer", "States": {"Outer": outer}})
    )["stateMachineArn"]
    children = [f"child{number}" for number in range(40)]
    execution = states.start_execution(stateMachineArn=arn, input=json.dumps({"children": children}))["executionArn"]
    aws.wait_until_idle(30)

    assert "SUCCEEDED" == states.describe_execution(executionArn=execution)["status"]
    keys = {item["PK"]["S"] for item in aws.client("dynamodb").scan(TableName=table)["Items"]}
    assert {f"{child}-{part}" for child in children for part in (1, 2, 3)} <= keys
