"""Canaries of production's calls on the local AWS: one promoted, two taken back, one overtaken by a deployment."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from campaign.targets import retried
from e2e.cloud import Cloud, Tuner, bundle, wait_for
from power_tuner.aws.canary_store import DynamoCanaries
from power_tuner.aws.item_table import ItemTable

pytestmark = pytest.mark.local_aws

MakeTarget = Callable[..., str]

# At which memory size it takes longer, or fails, its environment says.
SOURCE = """
    import os
    import time

    def handler(event, context):
        mine = os.environ["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"]
        time.sleep(0.05 if mine == os.environ.get("SLOW") and event.get("production") else 0.01)
        if mine == os.environ.get("FAILS") and event.get("production"):
            raise LookupError("no such order: 17")
        return mine
"""
QUICK = {"weights": [0.4, 0.5], "paceSeconds": 1, "minimalCalls": 15, "slowdown": 1, "errorRise": 0.45, "hours": 0.1}


@contextmanager
def production(cloud: Cloud, arn: str) -> Iterator[None]:
    """Call the alias, four at a time, until the test is over."""
    stopping = threading.Event()

    def call() -> None:
        client = cloud.client("lambda")
        while not stopping.is_set():
            client.invoke(FunctionName=f"{arn}:live", Payload=json.dumps({"production": True}).encode())

    callers = [threading.Thread(target=call) for _ in range(4)]
    for caller in callers:
        caller.start()
    try:
        yield
    finally:
        stopping.set()
        for caller in callers:
            caller.join()


class Canary:
    """A function with an alias, and a decision for 256 MB on trial on it."""

    def __init__(self, cloud: Cloud, tuner: Tuner, arn: str) -> None:
        self._cloud, self._tuner, self.arn = cloud, tuner, arn
        self._lambda = cloud.client("lambda")
        version = self._lambda.publish_version(FunctionName=arn)["Version"]
        self._lambda.create_alias(FunctionName=arn, Name="live", FunctionVersion=version)
        execution = tuner.tune({"lambdaARN": arn, "num": 5, "powerValues": [256, 512], "payload": {}})
        assert execution["status"] == "SUCCEEDED"
        self.run_id = execution["name"]

    def begin(self) -> dict[str, Any]:
        """Ask the Optimizer for it, as power-tuner apply does."""
        names = self._lambda.get_paginator("list_functions").paginate()
        functions = [each["FunctionName"] for page in names for each in page["Functions"]]
        optimizer = next(name for name in functions if name.startswith(f"{self._cloud.stack_name}-OptimizerFunction"))
        asked = {"apply": self.run_id, "alias": "live", "canary": QUICK}
        answer = self._lambda.invoke(FunctionName=optimizer, Payload=json.dumps(asked).encode())
        found: dict[str, Any] = json.loads(answer["Payload"].read())
        return found

    @property
    def alias(self) -> tuple[str, dict[str, float]]:
        """Return where the alias points, and who gets a share."""
        found = self._lambda.get_alias(FunctionName=self.arn, Name="live")
        return found["FunctionVersion"], found.get("RoutingConfig", {}).get("AdditionalVersionWeights", {})

    @property
    def memory_mb(self) -> int:
        """Return what $LATEST has."""
        return int(self._lambda.get_function_configuration(FunctionName=self.arn)["MemorySize"])

    @property
    def stages(self) -> list[tuple[str, float]]:
        """Return the outcome and the weight of each stage."""
        table = ItemTable(self._cloud.client("dynamodb"), self._tuner.table)
        return [(each.outcome, each.weight) for each in DynamoCanaries(table, lambda: 0, 0).stages(self.run_id)]

    @property
    def ended(self) -> str | None:
        """Return how it ended, None while it has not."""
        stages = self.stages
        return stages[-1][0] if stages and stages[-1][0] != "growing" else None

    @property
    def is_left(self) -> bool:
        """Return whether its item or a lease is left."""
        return any(item["SK"] in {"CANARY", "LEASE"} for item in self._tuner.items(self.arn))

    @property
    def reason(self) -> str:
        """Return why it ended."""
        item = self._tuner.run_item(self.arn, self.run_id)
        assert item
        return str(item["applied"]["reason"]["S"])


@pytest.fixture
def canary(cloud: Cloud, tuner: Tuner, target: MakeTarget) -> Callable[..., Canary]:
    def make(**environment: str) -> Canary:
        arn = target(SOURCE, memory_mb=512)
        client = cloud.client("lambda")
        client.update_function_configuration(FunctionName=arn, Environment={"Variables": environment})
        client.get_waiter("function_updated_v2").wait(FunctionName=arn, WaiterConfig={"Delay": 1})
        return Canary(cloud, tuner, arn)

    return make


def test_a_good_version_is_promoted(cloud: Cloud, canary: Callable[..., Canary]) -> None:
    """Its share grows stage by stage, then the alias points to it."""
    good = canary()
    begun = good.begin()
    with production(cloud, good.arn):
        wait_for("the canary ends", lambda: good.ended)
    cloud.settle()

    assert (begun["applied"], begun["mode"]) == (False, "canary")
    assert good.stages == [("growing", 0.4), ("growing", 0.5), ("promoted", 1.0)]
    assert good.alias == (begun["version"], {})
    assert good.memory_mb == 256
    assert not good.is_left


@pytest.mark.parametrize(
    ("environment", "reason"), [({"SLOW": "256"}, "longer"), ({"FAILS": "256"}, "more of its calls fail")]
)
def test_a_worse_version_is_taken_back(
    cloud: Cloud, canary: Callable[..., Canary], environment: dict[str, str], reason: str
) -> None:
    """One that is slower in production than it was when it was measured, and one that fails there."""
    worse = canary(**environment)
    begun = worse.begin()
    with production(cloud, worse.arn):
        wait_for("the canary ends", lambda: worse.ended)
    cloud.settle()

    assert worse.ended == "taken-back"
    assert worse.alias == (begun["previousVersion"], {})
    assert worse.memory_mb == 512
    assert reason in worse.reason
    assert not worse.is_left


def test_a_deployment_ends_it(cloud: Cloud, canary: Callable[..., Canary]) -> None:
    """What was deployed stays; the weight that the canary had set goes, though the deployment left it."""
    overtaken = canary()
    overtaken.begin()
    wait_for("it has a share", lambda: overtaken.alias[1])
    client = cloud.client("lambda")
    client.update_function_code(FunctionName=overtaken.arn, ZipFile=bundle("def handler(event, context): return 2"))
    client.get_waiter("function_updated_v2").wait(FunctionName=overtaken.arn, WaiterConfig={"Delay": 1})
    # the canary may be giving the memory size back
    version = retried(lambda: client.publish_version(FunctionName=overtaken.arn)["Version"])
    client.update_alias(FunctionName=overtaken.arn, Name="live", FunctionVersion=version)
    wait_for("the canary ends", lambda: overtaken.ended)
    cloud.settle()

    assert overtaken.ended == "overtaken"
    assert overtaken.alias == (version, {})
    assert overtaken.memory_mb == 512
    assert "deployed" in overtaken.reason
    assert not overtaken.is_left


def test_a_stop_takes_it_back(cloud: Cloud, tuner: Tuner, canary: Callable[..., Canary]) -> None:
    """Somebody stops its execution: the weight goes at once."""
    stopped = canary()
    begun = stopped.begin()
    wait_for("it has a share", lambda: stopped.alias[1])
    item = next(item for item in tuner.items(stopped.arn) if item["SK"] == "CANARY")
    cloud.client("stepfunctions").stop_execution(executionArn=item["executionArn"])
    wait_for("the canary ends", lambda: stopped.ended)
    cloud.settle()

    assert stopped.alias == (begun["previousVersion"], {})
    assert stopped.memory_mb == 512
    assert "ABORTED" in stopped.reason
    assert not stopped.is_left
