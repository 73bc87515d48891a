"""Parameters: Parameter Store and its stand-in keep the same promises."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.exceptions import ClientError
from botocore.stub import Stubber

from fakes import FakeParameters
from power_tuner.aws.parameters import SsmParameters
from power_tuner.ports import ParameterRefused, Parameters

if TYPE_CHECKING:
    from collections.abc import Callable

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


@pytest.mark.parametrize("name", ["/aws/thumbnailer", "/aws", "AwsThumbnailer", "/ssm/thumbnailer", "ssm-thumbnailer"])
def test_a_reserved_name_is_refused(parameters: Parameters, name: str) -> None:
    """Parameter Store keeps some names for AWS."""
    with pytest.raises(ParameterRefused, match=f"the parameter {name} cannot be used"):
        parameters.put(name, "512")


def test_an_empty_value_is_refused(parameters: Parameters) -> None:
    """And the one that was there stays."""
    parameters.put(NAME, "1024")
    with pytest.raises(ParameterRefused, match=f"the parameter {NAME} cannot be used"):
        parameters.put(NAME, "")

    assert "1024" == parameters.get(NAME)


@dataclass
class Forbidden:
    """A parameter that this app may not use, and its store."""

    parameters: Parameters
    name: str


@pytest.fixture(params=["fake", "SSM"])
def forbidden(request: pytest.FixtureRequest) -> Forbidden:
    if request.param == "fake":
        return Forbidden(FakeParameters(), "/refused/thumbnailer")
    request.getfixturevalue("mocked_aws")
    client = boto3.client("ssm")

    def refuse(model: Any, **_: Any) -> Any:
        raise ClientError({"Error": {"Code": "AccessDeniedException", "Message": "not yours"}}, model.name)

    client.meta.events.register("before-call.ssm", refuse)
    return Forbidden(SsmParameters(client), NAME)


def test_a_forbidden_parameter_is_told(forbidden: Forbidden) -> None:
    """Neither read nor written, and said so by name."""
    told = f"the parameter {forbidden.name} cannot be used"
    with pytest.raises(ParameterRefused, match=told):
        forbidden.parameters.get(forbidden.name)
    with pytest.raises(ParameterRefused, match=told):
        forbidden.parameters.put(forbidden.name, "512")


def test_a_forbidden_parameter_is_not_deleted(forbidden: Forbidden) -> None:
    """Whoever may not read it has no business to delete it: that is an error of the app."""
    with pytest.raises((ClientError, PermissionError), match="AccessDeniedException"):
        forbidden.parameters.delete(forbidden.name)


@pytest.mark.usefixtures("mocked_aws")
@pytest.mark.parametrize("operation", ["get_parameter", "put_parameter"])
@pytest.mark.parametrize("code", ["AccessDeniedException", "ValidationException", "ParameterPatternMismatchException"])
def test_a_refusal_says_what_to_do(operation: str, code: str) -> None:
    """By name, in the words of Parameter Store, with what its name has to begin with."""
    expected = (
        f"the parameter {NAME} cannot be used: not authorized. Its name has to begin with the stack's "
        "ssmParameterPrefix."
    )
    with pytest.raises(ParameterRefused) as caught:
        _use(operation, code)

    assert expected == str(caught.value)


@pytest.mark.usefixtures("mocked_aws")
def test_a_refusal_without_a_message_is_told_by_itself() -> None:
    """Not every refusal has one."""
    client: Any = boto3.client("ssm")
    error = ClientError({"Error": {"Code": "AccessDeniedException"}}, "GetParameter")

    def fail(**_: Any) -> None:
        raise error

    client.get_parameter = fail
    with pytest.raises(ParameterRefused, match=r"AccessDeniedException.*GetParameter"):
        SsmParameters(client).get(NAME)


@pytest.mark.usefixtures("mocked_aws")
@pytest.mark.parametrize("operation", ["get_parameter", "put_parameter", "delete_parameter"])
def test_other_errors_stay_what_they_are(operation: str) -> None:
    """A throttle passes by itself, and is no refusal."""
    with pytest.raises(ClientError, match="ThrottlingException"):
        _use(operation, "ThrottlingException")


@pytest.mark.usefixtures("mocked_aws")
def test_a_parameter_is_plain_text() -> None:
    """No list and no secret, so that a template can read it; one that is there is written over."""
    client: Any = boto3.client("ssm")
    with Stubber(client) as stubber:
        request = {"Name": NAME, "Value": "512", "Type": "String", "Overwrite": True}
        stubber.add_response("put_parameter", {}, request)
        SsmParameters(client).put(NAME, "512")

        stubber.assert_no_pending_responses()


def _use(operation: str, code: str) -> None:
    client: Any = boto3.client("ssm")
    parameters = SsmParameters(client)
    calls: dict[str, Callable[[], object]] = {
        "get_parameter": lambda: parameters.get(NAME),
        "put_parameter": lambda: parameters.put(NAME, "512"),
        "delete_parameter": lambda: parameters.delete(NAME),
    }
    with Stubber(client) as stubber:
        stubber.add_client_error(operation, code, "not authorized")
        calls[operation]()
