"""Parameters: Parameter Store and its stand-in keep the same promises."""

from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from botocore.stub import Stubber

from fakes import FakeParameters
from power_tuner.aws.parameters import SsmParameters
from power_tuner.ports import ParameterRefused, Parameters

NAME = "/power-tuner/thumbnailer"


@pytest.fixture(params=["fake", "SSM"])
def parameters(request: pytest.FixtureRequest) -> Parameters:
    if request.param == "fake":
        return FakeParameters()
    request.getfixturevalue("mocked_aws")
    client = boto3.client("ssm")
    return SsmParameters(client)


def test_a_parameter_is_made_changed_and_deleted(parameters: Parameters) -> None:
    """Each time what is read is what was written; that it is gone already is fine."""
    seen = [parameters.get(NAME)]
    for value in ("1024", "512", "512"):
        parameters.put(NAME, value)
        seen.append(parameters.get(NAME))
    for _ in range(2):
        parameters.delete(NAME)
        seen.append(parameters.get(NAME))

    assert [None, "1024", "512", "512", None, None] == seen


@pytest.mark.parametrize("operation", ["get_parameter", "put_parameter"])
def test_a_parameter_that_may_not_be_used_is_told(mocked_aws: None, operation: str) -> None:  # noqa: ARG001
    """By name, with what its name has to begin with."""
    with pytest.raises(ParameterRefused, match=f"the parameter {NAME} cannot be used: .*ssmParameterPrefix"):
        _use(operation, "AccessDeniedException")


def test_other_errors_stay_what_they_are(mocked_aws: None) -> None:  # noqa: ARG001
    """A throttle passes by itself, and is no refusal."""
    with pytest.raises(ClientError, match="ThrottlingException"):
        _use("get_parameter", "ThrottlingException")


def _use(operation: str, code: str) -> None:
    client: Any = boto3.client("ssm")
    parameters = SsmParameters(client)
    with Stubber(client) as stubber:
        stubber.add_client_error(operation, code, "not authorized")
        if operation == "get_parameter":
            parameters.get(NAME)
        else:
            parameters.put(NAME, "512")
