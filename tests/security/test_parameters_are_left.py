"""Whoever names a parameter in a profile can neither overwrite what is no memory size nor have it told."""

import json
import re
import uuid
from collections.abc import Callable
from typing import Any

import pytest

from e2e.cloud import ROOT, Cloud, Tuner, wait_for
from e2e.conftest import cloud, target, tuner  # noqa: F401 - fixtures
from e2e.test_deployments import deployed, enroll, heard, one_run, put  # noqa: F401 - a fixture
from power_tuner.automation.policy import Policy
from power_tuner_local.cloudformation.sam import expand

pytestmark = pytest.mark.local_aws
MakeTarget = Callable[..., str]
RUN = {"num": 1, "powerValues": [128], "strategy": "cost"}


def tuned(cloud: Cloud, tuner: Tuner, arn: str, parameter: str) -> dict[str, Any]:  # noqa: F811
    """Deploy a function whose profile has its decision written to a parameter; return what was done with it."""
    enroll(tuner, arn, policy=Policy("ssm", parameter=parameter), run_input=RUN)
    put(cloud, deployed(arn))
    run_id = one_run(tuner, arn, "completed")["runId"]
    wait_for("the decision is dealt with", lambda: tuner.applied(arn, run_id))
    cloud.settle()
    applied: dict[str, Any] = (tuner.run_item(arn, run_id) or {})["applied"]
    return applied


@pytest.mark.parametrize("value", ["hunter2", "10241", "512.0"])
def test_a_parameter_that_is_no_memory_size_is_left(
    cloud: Cloud,  # noqa: F811
    tuner: Tuner,  # noqa: F811
    target: MakeTarget,  # noqa: F811
    heard: Callable[[], list[dict[str, Any]]],  # noqa: F811
    value: str,
) -> None:
    """It keeps its value, and no event and no item has it."""
    name = f"/power-tuner/{uuid.uuid4().hex}"
    cloud.client("ssm").put_parameter(Name=name, Value=value, Type="String", Tier="Advanced")
    arn = target()

    applied = tuned(cloud, tuner, arn, name)

    assert cloud.client("ssm").get_parameter(Name=name)["Parameter"]["Value"] == value
    assert value not in json.dumps([applied, tuner.items(arn)])
    assert "holds something else than a memory size" in (told := json.dumps(heard()))
    assert value not in told


def test_the_prefix_cannot_be_every_parameter() -> None:
    """A stack that could write any parameter of the account is refused by the template."""
    expanded = expand(ROOT / "template.yaml", {}, "us-east-1", lambda _: ("bucket", "key"))
    allowed = re.compile(expanded["Parameters"]["ssmParameterPrefix"]["AllowedPattern"])

    assert [] == [prefix for prefix in ("/", "//", "", "*", "/*/", "/a/*") if allowed.fullmatch(prefix)]
    assert allowed.fullmatch("/power-tuner/")
