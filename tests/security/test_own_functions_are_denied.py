"""Who may start a run must not act as the app itself, nor invoke what only the app may."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from e2e.cloud import Cloud, LocalCloud, Tuner
from e2e.conftest import cloud, target, tuner  # noqa: F401 - fixtures


def own(cloud: Cloud, step: str) -> str:  # noqa: F811
    """Return the ARN of one of the app's functions."""
    pages = cloud.client("lambda").get_paginator("list_functions").paginate()
    arns = (str(function["FunctionArn"]) for page in pages for function in page["Functions"])
    return next(arn for arn in arns if f":function:{cloud.stack_name}-{step}Function-" in arn)


@pytest.mark.parametrize("field", ["lambdaARN", "preProcessorARN", "postProcessorARN"])
@pytest.mark.parametrize("step", ["Optimizer", "CleanUpOnError", "Janitor"])
def test_a_run_names_none_of_the_apps_functions(
    cloud: Cloud,  # noqa: F811
    tuner: Tuner,  # noqa: F811
    target: Callable[..., str],  # noqa: F811
    field: str,
    step: str,
) -> None:
    """Refused before anything is touched; a payload such as {"rollback": RUN} reaches none of them."""
    run = {"lambdaARN": target(), "num": 1, "powerValues": [128], "payload": {"rollback": "run-1"}}
    execution = tuner.tune({**run, field: own(cloud, step)})

    assert (execution["status"], execution["error"]) == ("FAILED", "InvalidInput")
    assert "not one of the tuner's own" in execution["cause"]


@pytest.mark.parametrize("role", ["ExecutorFunction", "DriftFunction"])
@pytest.mark.parametrize("qualifier", ["", ":$LATEST"])
def test_their_roles_are_denied_too(cloud: Cloud, role: str, qualifier: str) -> None:  # noqa: F811
    """Whatever the code does, IAM refuses the invocation."""
    if not isinstance(cloud, LocalCloud):
        pytest.skip("takes on the role of a function: on the local AWS only")
    roles = cloud.client("iam").list_roles()["Roles"]
    name = next(each["RoleName"] for each in roles if each["RoleName"].startswith(f"{cloud.stack_name}-{role}Role"))
    client = cloud.client_of_role("lambda", name)

    with pytest.raises(ClientError, match="explicit deny"):
        client.invoke(FunctionName=own(cloud, "Optimizer") + qualifier, Payload=json.dumps({"rollback": "run-1"}))


def test_without_the_parameter_no_processor_is_invoked(cloud: Cloud, tmp_path: Any) -> None:  # noqa: F811
    """By default the stack names none, so that a run cannot invoke what its starter may not."""
    if not isinstance(cloud, LocalCloud):
        pytest.skip("deploys a second stack: on the local AWS only")
    strict = cloud.with_stack("strict", {"processorResource": ""})
    (tmp_path / "app.py").write_text("def handler(event, context):\n    return 1\n")
    arn, processor = (strict.add_function(tmp_path, name=name) for name in ("measured", "payments"))
    execution = Tuner(strict).tune({"lambdaARN": arn, "num": 1, "powerValues": [128], "preProcessorARN": processor})

    assert (execution["status"], execution["error"]) == ("FAILED", "InvalidInput")
    assert "processorResource" in execution["cause"]
