"""Invoking: what passes by itself is tried again, what does not is not."""

import io
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError, ConnectTimeoutError, ReadTimeoutError
from botocore.response import StreamingBody
from botocore.stub import Stubber

from power_tuner.aws.event_bus import EventBridgeBus, EventNotAccepted
from power_tuner.aws.functions import LambdaFunctions
from power_tuner.ports import FunctionNotFound, InvocationThrottled

ARN = "arn:aws:lambda:eu-west-1:123456789012:function:thumbnailer"


class Lambda:
    """The adapter over a stubbed client, and how long it waited."""

    def __init__(self) -> None:
        self.client = boto3.client("lambda", region_name="eu-west-1")
        self.stub = Stubber(self.client)
        self.slept_s: list[float] = []
        self.regions: list[str | None] = []
        self.functions = LambdaFunctions(self.client_of, self.client_of, self.slept_s.append)

    def client_of(self, region: str | None) -> Any:
        """Return the one client, and note for which region it was wanted."""
        self.regions.append(region)
        return self.client

    def refuses(self, code: str, status: int, times: int = 1) -> None:
        """Let the next calls fail."""
        for _ in range(times):
            self.stub.add_client_error("invoke", code, "no", http_status_code=status)

    def answers(self) -> None:
        """Let the next call succeed."""
        body = StreamingBody(io.BytesIO(b'{"a": 1}'), 8)
        self.stub.add_response("invoke", {"Payload": body, "ExecutedVersion": "3", "StatusCode": 200})

    def invoke(self) -> str:
        """Invoke and return the output."""
        return self.functions.invoke(ARN, "3", "{}", want_log=True).payload


@pytest.fixture
def lambda_api(monkeypatch: pytest.MonkeyPatch) -> Iterator[Lambda]:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "tester")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "local")
    api = Lambda()
    with api.stub:
        yield api


@pytest.mark.parametrize(
    ("code", "status"), [("ServiceException", 500), ("EC2UnexpectedException", 502), ("InternalFailure", 503)]
)
def test_a_server_error_is_tried_twice_more(lambda_api: Lambda, code: str, status: int) -> None:
    """Two failures pass, as the seed promises."""
    lambda_api.refuses(code, status, times=2)
    lambda_api.answers()

    assert '{"a": 1}' == lambda_api.invoke()


def test_the_third_server_error_is_raised(lambda_api: Lambda) -> None:
    """What does not pass is told."""
    lambda_api.refuses("ServiceException", 500, times=3)

    with pytest.raises(ClientError, match="ServiceException"):
        lambda_api.invoke()


@pytest.mark.parametrize(
    "code",
    ["TooManyRequestsException", "ThrottlingException", "EC2ThrottledException", "ResourceConflictException"],
)
def test_a_throttle_is_waited_out(lambda_api: Lambda, code: str) -> None:
    """A throttle costs nothing, so it is tried more often than a failure."""
    lambda_api.refuses(code, 429, times=10)
    lambda_api.answers()

    assert '{"a": 1}' == lambda_api.invoke()
    assert 10 == len(lambda_api.slept_s)


def test_an_endless_throttle_is_told(lambda_api: Lambda, monkeypatch: pytest.MonkeyPatch) -> None:
    """After two minutes of waiting the invocation is given up."""
    monkeypatch.setattr("random.uniform", lambda _low, high: high)
    lambda_api.refuses("TooManyRequestsException", 429, times=40)

    with pytest.raises(InvocationThrottled, match="throttled for 1"):
        lambda_api.invoke()
    assert 120 < sum(lambda_api.slept_s) < 135


@pytest.mark.parametrize("code", ["AccessDeniedException", "InvalidRequestContentException", "KMSDisabledException"])
def test_a_refusal_is_not_tried_again(lambda_api: Lambda, code: str) -> None:
    """What will not pass by itself is raised at once."""
    lambda_api.refuses(code, 403)

    with pytest.raises(ClientError, match=code):
        lambda_api.invoke()
    assert [] == lambda_api.slept_s


def test_a_missing_version_is_not_tried_again(lambda_api: Lambda) -> None:
    """A function or version that is gone stays gone."""
    lambda_api.refuses("ResourceNotFoundException", 404)

    with pytest.raises(FunctionNotFound):
        lambda_api.invoke()


@pytest.mark.parametrize("error", [ConnectTimeoutError(endpoint_url="x"), ReadTimeoutError(endpoint_url="x")])
def test_a_dropped_connection_is_tried_again(
    lambda_api: Lambda, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    """The network may fail twice."""
    attempts: list[int] = []
    invoke = lambda_api.client.invoke

    def flaky(**request: Any) -> Any:
        attempts.append(1)
        if len(attempts) < 3:
            raise error
        return invoke(**request)

    monkeypatch.setattr(lambda_api.client, "invoke", flaky)
    lambda_api.answers()

    assert '{"a": 1}' == lambda_api.invoke()


def test_a_target_is_invoked_in_its_own_region(lambda_api: Lambda) -> None:
    """The ARN tells the region; a bare name means the app's own."""
    for function in (ARN, "thumbnailer"):
        lambda_api.answers()
        lambda_api.functions.invoke(function, None, "{}", want_log=False)

    assert ["eu-west-1", None] == lambda_api.regions


@pytest.fixture
def bus(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[EventBridgeBus, Stubber]]:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "tester")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "local")
    client = boto3.client("events", region_name="eu-west-1")
    with Stubber(client) as stub:
        yield EventBridgeBus(client, "tuning"), stub


def test_an_event_is_put(bus: tuple[EventBridgeBus, Stubber]) -> None:
    """It goes to the app's bus, under the app's name."""
    entry = {
        "EventBusName": "tuning",
        "Source": "power-tuner",
        "DetailType": "Power Tuning Failed",
        "Detail": '{"runId": "run-1"}',
    }
    bus[1].add_response("put_events", {"FailedEntryCount": 0, "Entries": [{"EventId": "1"}]}, {"Entries": [entry]})
    bus[0].emit("Power Tuning Failed", {"runId": "run-1"})

    bus[1].assert_no_pending_responses()


def test_an_event_that_is_not_taken_is_an_error(bus: tuple[EventBridgeBus, Stubber]) -> None:
    """PutEvents answers 200 even when it refuses the entry; that is not overlooked."""
    refused = {"FailedEntryCount": 1, "Entries": [{"ErrorCode": "InternalFailure", "ErrorMessage": "try again"}]}
    bus[1].add_response("put_events", refused)

    with pytest.raises(EventNotAccepted, match="Power Tuning Failed: try again"):
        bus[0].emit("Power Tuning Failed", {})
