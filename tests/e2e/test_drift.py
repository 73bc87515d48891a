"""A function that became slower is found by its schedule, and tuned again."""

from collections.abc import Callable, Iterator
from textwrap import dedent

import pytest

from e2e.cloud import Cloud, Tuner, open_cloud, wait_for
from power_tuner.automation.profile import MEASURE, Profile

pytestmark = pytest.mark.local_aws

MakeTarget = Callable[..., str]
# A dependency that became slow: the code is the same, only what it waits for is not.
WAITING = """
    import os
    import time
    import urllib.request

    def handler(event, context):
        with urllib.request.urlopen(os.environ["DEPENDENCY"]) as answer:
            time.sleep(float(answer.read()))
"""


@pytest.fixture(scope="module")
def cloud() -> Iterator[Cloud]:
    """An AWS where no other file has tuned a function."""
    with open_cloud() as opened:
        yield opened


def test_a_function_that_became_slower_is_tuned_again(cloud: Cloud, tuner: Tuner, target: MakeTarget) -> None:
    """The first check takes the baseline, the second finds nothing, the third finds drift; a run starts by itself."""
    store = cloud.client("s3")
    store.create_bucket(Bucket="dependency")
    store.put_object(Bucket="dependency", Key="wait", Body=b"0.05")
    url = store.generate_presigned_url("get_object", Params={"Bucket": "dependency", "Key": "wait"})
    arn = target(dedent(WAITING), environment={"DEPENDENCY": url})
    run_input = {"num": 2, "powerValues": [512]}
    tuner.enroll(Profile(arn, run_input, drift_mode=MEASURE))
    first = tuner.tune({"lambdaARN": arn, **run_input})
    assert "SUCCEEDED" == first["status"]

    for _ in range(2):
        cloud.run_fleet()
        cloud.settle()
    assert 1 == len([item for item in tuner.items(arn) if item.get("status")])
    store.put_object(Bucket="dependency", Key="wait", Body=b"0.08")
    cloud.run_fleet()

    def again() -> list[str]:
        return [item["trigger"] for item in tuner.items(arn) if item.get("trigger") == "drift"]

    assert ["drift"] == wait_for("a run starts by itself", again)
