"""Invoking: what passes by itself is tried again, what does not is not."""

import base64
import io
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError, ConnectTimeoutError, ReadTimeoutError
from botocore.response import StreamingBody
from botocore.stub import Stubber

from power_tuner.aws.functions import LambdaFunctions
from power_tuner.ports import FunctionForbidden, FunctionNotFound, InvocationAnswer, InvocationThrottled, SwitchedOff

ARN = "arn:aws:lambda:eu-west-1:123456789012:function:thumbnailer"


class Lambda:
    """The adapter over a stubbed client, and how long it waited."""

    def __init__(self) -> None:
        self.client: Any = boto3.client("lambda")
        self.stub = Stubber(self.client)
        self.stub.activate()
        self.slept_s: list[float] = []
        self.regions: list[str | None] = []
        self.functions = LambdaFunctions(self.no_client, self.client_of, self.slept_s.append)

    def has_control_plane(self) -> None:
        """Give the adapter the same client for the control plane."""
        self.functions = LambdaFunctions(self.client_of, self.client_of, self.slept_s.append)

    def no_client(self, _: str | None) -> Any:
        """Refuse the client of the control plane, which no invocation needs."""
        raise AssertionError

    def client_of(self, region: str | None) -> Any:
        """Return the one client, and note for which region it was wanted."""
        self.regions.append(region)
        return self.client

    def refuses(self, code: str, status: int, times: int = 1) -> None:
        """Let the next calls fail."""
        for _ in range(times):
            self.stub.add_client_error("invoke", code, "no", http_status_code=status)

    def answers(self, payload: bytes = b'{"a": 1}', *, request: Any = None, **members: Any) -> None:
        """Let the next call, which is this request, succeed."""
        body = StreamingBody(io.BytesIO(payload), len(payload))
        response = {"Payload": body, "StatusCode": 200, "ResponseMetadata": {"RequestId": "8f5b"}, **members}
        self.stub.add_response("invoke", response, request)

    def invoke(self, patience_s: float = 120.0) -> str:
        """Invoke and return the output."""
        return self.functions.invoke(ARN, "3", "{}", want_log=True, patience_s=patience_s).payload

    def drops_connections(self, error: Exception, times: int) -> None:
        """Let the next requests fail on their way."""
        left = [error] * times
        invoke = self.client.invoke

        def flaky(**request: Any) -> Any:
            if left:
                raise left.pop()
            return invoke(**request)

        self.client.invoke = flaky


@pytest.fixture
def lambda_api(mocked_aws: None, monkeypatch: pytest.MonkeyPatch) -> Lambda:  # noqa: ARG001 - keeps real credentials away
    """Return Lambda, where each wait is as long as it may be."""
    monkeypatch.setattr("random.uniform", lambda _low, high: high)
    return Lambda()


@pytest.mark.parametrize(
    ("code", "status"),
    [
        ("ServiceException", 500),
        ("EC2UnexpectedException", 502),
        ("InternalFailure", 503),
        ("EFSMountConnectivityException", 408),
        ("EFSMountTimeoutException", 408),
        ("S3FilesMountTimeoutException", 408),
        ("SnapStartTimeoutException", 408),
    ],
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
    [
        "TooManyRequestsException",
        "ThrottlingException",
        "EC2ThrottledException",
        "SnapStartNotReadyException",
        "CodeArtifactUserPendingException",
        "ResourceConflictException",
        "ResourceNotReadyException",
    ],
)
def test_a_throttle_is_waited_out(lambda_api: Lambda, code: str) -> None:
    """A throttle costs nothing, so it is tried more often than a failure, after ever longer pauses up to 10 s."""
    lambda_api.refuses(code, 429, times=10)
    lambda_api.answers()

    assert '{"a": 1}' == lambda_api.invoke()
    assert [0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 6.4, 10.0, 10.0, 10.0] == lambda_api.slept_s


def test_a_pause_may_be_as_short_as_nothing(lambda_api: Lambda, monkeypatch: pytest.MonkeyPatch) -> None:
    """Full jitter: what was throttled together does not come back together."""
    monkeypatch.setattr("random.uniform", lambda low, _high: low)
    lambda_api.refuses("TooManyRequestsException", 429, times=2)
    lambda_api.answers()
    lambda_api.invoke()

    assert [0, 0] == lambda_api.slept_s


def test_an_endless_throttle_is_told(lambda_api: Lambda) -> None:
    """After two minutes of waiting the invocation is given up."""
    lambda_api.refuses("TooManyRequestsException", 429, times=40)

    with pytest.raises(InvocationThrottled, match=r"^throttled for 123 s: no$"):
        lambda_api.functions.invoke(ARN, "3", "{}", want_log=True)
    assert 18 == len(lambda_api.slept_s)


def test_patience_is_the_callers(lambda_api: Lambda, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever can wait better waits as long as it says, and not less."""
    monkeypatch.setattr("random.uniform", lambda _low, _high: 1.0)
    lambda_api.refuses("TooManyRequestsException", 429, times=10)

    with pytest.raises(InvocationThrottled, match="throttled for 4 s"):
        lambda_api.invoke(patience_s=3.0)
    assert [1.0] * 4 == lambda_api.slept_s


def test_throttles_are_no_failures(lambda_api: Lambda) -> None:
    """Whoever was throttled often may still fail twice."""
    for code, status, times in (("ThrottlingException", 429, 3), ("ServiceException", 500, 2)):
        lambda_api.refuses(code, status, times)
    lambda_api.answers()

    assert '{"a": 1}' == lambda_api.invoke()


def test_failures_are_no_throttles(lambda_api: Lambda) -> None:
    """Who has no patience with throttles tries a failure three times all the same."""
    lambda_api.refuses("ServiceException", 500, times=2)
    lambda_api.answers()

    assert '{"a": 1}' == lambda_api.invoke(patience_s=0.0)


@pytest.mark.parametrize(
    ("code", "status"),
    [("AccessDeniedException", 403), ("InvalidRequestContentException", 400), ("ClosedByClient", 499)],
)
def test_a_refusal_is_not_tried_again(lambda_api: Lambda, code: str, status: int) -> None:
    """What will not pass by itself is raised at once."""
    lambda_api.refuses(code, status)

    kind = FunctionForbidden if code == "AccessDeniedException" else ClientError
    with pytest.raises(kind, match="no"):
        lambda_api.invoke()
    assert [] == lambda_api.slept_s


def test_a_missing_version_is_not_tried_again(lambda_api: Lambda) -> None:
    """A function or version that is gone stays gone."""
    lambda_api.refuses("ResourceNotFoundException", 404)

    with pytest.raises(FunctionNotFound, match=f"^{ARN}: no$"):
        lambda_api.invoke()


CONNECTION_ERRORS = [ConnectTimeoutError(endpoint_url="x"), ReadTimeoutError(endpoint_url="x")]


@pytest.mark.parametrize("error", CONNECTION_ERRORS)
def test_a_dropped_connection_is_tried_again(lambda_api: Lambda, error: Exception) -> None:
    """The network may fail twice, and is given time to recover."""
    lambda_api.drops_connections(error, times=2)
    lambda_api.answers()

    assert '{"a": 1}' == lambda_api.invoke()
    assert [0.1, 0.2] == lambda_api.slept_s


@pytest.mark.parametrize("error", CONNECTION_ERRORS)
def test_the_third_dropped_connection_is_raised(lambda_api: Lambda, error: Exception) -> None:
    """The target may have run each time, so it is not tried for ever."""
    lambda_api.drops_connections(error, times=3)

    with pytest.raises(type(error)):
        lambda_api.invoke()
    assert 2 == len(lambda_api.slept_s)


def test_dropped_connections_and_server_errors_count_together(lambda_api: Lambda) -> None:
    """Three attempts are all, whatever they failed for."""
    lambda_api.drops_connections(CONNECTION_ERRORS[0], times=1)
    lambda_api.refuses("ServiceException", 500, times=2)

    with pytest.raises(ClientError, match="ServiceException"):
        lambda_api.invoke()


def test_lambda_is_asked_for_what_is_needed(lambda_api: Lambda) -> None:
    """The payload as UTF-8, a version and the log only when they are wanted."""
    plain = {"FunctionName": ARN, "Payload": '"ä"'.encode()}
    lambda_api.answers(request=plain)
    lambda_api.answers(request={**plain, "Qualifier": "3", "LogType": "Tail"})
    lambda_api.functions.invoke(ARN, None, '"ä"', want_log=False)
    lambda_api.functions.invoke(ARN, "3", '"ä"', want_log=True)

    lambda_api.stub.assert_no_pending_responses()


def test_all_of_an_answer_is_read(lambda_api: Lambda) -> None:
    """Output, error, log and version; bytes that are no text are replaced, as nobody can read them."""
    log = base64.b64encode(b"REPORT \xff").decode()
    lambda_api.answers(b'"\xc3\xa4\xff"', FunctionError="Unhandled", LogResult=log, ExecutedVersion="3")
    expected = InvocationAnswer('"ä\ufffd"', "Unhandled", "REPORT \ufffd", "3", "8f5b")

    assert expected == lambda_api.functions.invoke(ARN, "3", "{}", want_log=True)


def test_what_lambda_leaves_out_is_empty(lambda_api: Lambda) -> None:
    """No error is None; no log and no version are no text."""
    lambda_api.answers(b"")

    assert InvocationAnswer("", None, "", "", "8f5b") == lambda_api.functions.invoke(ARN, None, "{}", want_log=False)


def test_a_target_is_invoked_in_its_own_region(lambda_api: Lambda) -> None:
    """The ARN tells the region; a bare name means the app's own."""
    for function in (ARN, "thumbnailer"):
        lambda_api.answers()
        lambda_api.functions.invoke(function, None, "{}", want_log=False)

    assert ["eu-west-1", None] == lambda_api.regions


RESERVED = {"Reason": "ReservedFunctionConcurrentInvocationLimitExceeded"}


def throttled_by_reservation(lambda_api: Lambda) -> None:
    lambda_api.stub.add_client_error(
        "invoke", "TooManyRequestsException", "Rate Exceeded.", http_status_code=429, modeled_fields=RESERVED
    )


def test_a_function_that_is_switched_off_is_not_waited_for(lambda_api: Lambda) -> None:
    """Its reserved concurrency is 0: the first throttle says whose limit it is, and one look tells that it is none."""
    throttled_by_reservation(lambda_api)
    lambda_api.has_control_plane()
    lambda_api.stub.add_response("get_function_concurrency", {"ReservedConcurrentExecutions": 0}, {"FunctionName": ARN})

    with pytest.raises(SwitchedOff, match="its reserved concurrency is 0"):
        lambda_api.invoke()
    assert lambda_api.slept_s == []


def test_a_reserved_concurrency_that_is_used_up_is_waited_for(lambda_api: Lambda) -> None:
    """Others are invoking the function; soon it is our turn."""
    throttled_by_reservation(lambda_api)
    lambda_api.has_control_plane()
    lambda_api.stub.add_response("get_function_concurrency", {"ReservedConcurrentExecutions": 1}, {"FunctionName": ARN})
    lambda_api.answers()

    assert lambda_api.invoke() == '{"a": 1}'
