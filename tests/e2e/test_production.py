"""Production's own REPORT lines: they set the floor, tell the share of cold calls, and are the bill."""

import base64
import json
import re
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from e2e.cloud import Cloud, Tuner, open_cloud, wait_for
from power_tuner.operations.tuned_fleet import tuned_fleet
from power_tuner.tuning.earlier_calls import production_calls
from power_tuner.tuning.pricing import prices_for
from power_tuner.tuning.real_bill import DAYS_PER_MONTH
from power_tuner.tuning.run_plan import RunPlan
from power_tuner_cli.cloud import find_stack, open_app

pytestmark = pytest.mark.local_aws

MakeTarget = Callable[..., str]
# Needs as much memory as its payload says.
NEEDY = """
    import time

    def handler(event, context):
        held = b"x" * (event.get("mb", 1) << 20)
        time.sleep(0.02)
        return len(held)
"""
BILLED = re.compile(r"\tBilled Duration: (\d+) ms")


@pytest.fixture(scope="module")
def cloud() -> Iterator[Cloud]:
    """An AWS where no other file has tuned a function."""
    with open_cloud() as opened:
        yield opened


class Traffic:
    """Production, as its callers play it; it keeps what each REPORT line says."""

    def __init__(self, cloud: Cloud, arn: str) -> None:
        self.arn = arn
        self.client = cloud.client("lambda")
        self.logs: list[str] = []

    def call(self, mb: int) -> None:
        """Invoke once."""
        payload = json.dumps({"mb": mb})
        answer = self.client.invoke(FunctionName=self.arn, Payload=payload, LogType="Tail")
        self.logs.append(base64.b64decode(answer["LogResult"]).decode())

    def play(self) -> None:
        """Let three callers begin at once, then one go on: 30 calls, of which one needs 140 MB."""
        with ThreadPoolExecutor(3) as callers:
            list(callers.map(self.call, [1, 1, 1]))
        for number in range(27):
            self.call(140 if number == 9 else 1)

    @property
    def cold_share(self) -> float:
        """Return the share of the calls whose REPORT has an Init Duration."""
        return sum("\tInit Duration: " in log for log in self.logs) / len(self.logs)

    def bill(self, memory_mb: int) -> float:
        """Return what all REPORT lines together are billed."""
        prices = prices_for("us-east-1", "arm64")
        return sum(
            prices.invocations(memory_mb, int(match[1]))
            for log in self.logs
            if (match := BILLED.search(log)) is not None
        )


def tune(tuner: Tuner, arn: str, **run_input: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """Tune with a small payload and return the item and the result document."""
    execution = tuner.tune({"lambdaARN": arn, "payload": {"mb": 1}, **run_input})
    assert execution["status"] == "SUCCEEDED", execution.get("cause")
    item = tuner.run_item(arn, execution["name"])
    assert item
    return item, tuner.document(item["resultKey"])


def test_production_sets_the_floor_and_is_the_bill(cloud: Cloud, tuner: Tuner, target: MakeTarget) -> None:
    """The payload fits into 128 MB, production does not: 128 MB is not even tried, and a sweep there is not applied."""
    arn = target(NEEDY, memory_mb=512, timeout_s=120)
    traffic = Traffic(cloud, arn)
    traffic.play()
    cloud.settle()

    item, result = tune(tuner, arn, powerValues=[128, 256, 512])

    assert result["floor"]["peakMemoryMb"] > 140
    assert [each["powerValue"] for each in result["floor"]["notOffered"]] == [128]
    assert {branch["powerValue"] for branch in result["branches"]} <= {256, 512}
    assert result["decision"]["power"] in {256, 512}
    plan = RunPlan.from_dict(tuner.document(f"runs/{item['runId']}/plan.json"))
    calls = production_calls(plan)
    assert calls
    assert calls[0] == 512
    # Of the 30 calls those were warm that told no initialization.
    assert len(calls[1]) == round(len(traffic.logs) * (1 - traffic.cold_share))
    assert min(calls[1]) > 20
    assert result["coldStarts"]["share"] == pytest.approx(traffic.cold_share)
    assert result["realBill"]["invocations"] == len(traffic.logs)
    assert float(item["productionCallUsd"]) == pytest.approx(traffic.bill(512) / len(traffic.logs), rel=0.03)

    # The local AWS counts no invocations of functions.
    counted = {"MetricName": "Invocations", "Dimensions": [{"Name": "FunctionName", "Value": arn.split(":")[-1]}]}
    metrics = [{**counted, "Timestamp": datetime.now(UTC) - timedelta(hours=2), "Value": float(len(traffic.logs))}]
    cloud.client("cloudwatch").put_metric_data(Namespace="AWS/Lambda", MetricData=metrics)
    (function,) = tuned_fleet(open_app(cloud, find_stack(cloud, cloud.stack_name)), 1).functions
    assert function.saving
    assert function.saving.cost_before == pytest.approx(traffic.bill(512) * DAYS_PER_MONTH, rel=0.03)

    swept, document = tune(tuner, arn, num=2, powerValues=[128], autoOptimize=True)

    assert "Beware" in document["sentence"]
    wait_for("the Optimizer has judged it", lambda: tuner.applied(arn, swept["runId"]))
    assert cloud.client("lambda").get_function_configuration(FunctionName=arn)["MemorySize"] == 512
