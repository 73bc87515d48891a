"""Events of the default bus: which functions were deployed, and when."""

import time
from typing import Any

import pytest

from event_contracts import example
from power_tuner.automation.deployment import Deployment, read_deployment
from power_tuner.errors import InvalidInput

ARN = "arn:aws:lambda:eu-west-1:123456789012:function:thumbnailer"
NOON_S = 1_795_435_200.0
LIKE = "arn:aws-cn:states:cn-north-1:210987654321:stateMachine:power-tuner"


def read(signal: str, **changes: Any) -> Deployment | None:
    event = example(f"deployment-{signal}")
    return read_deployment({**event, **changes}, like=LIKE)


def call(**detail: Any) -> Deployment | None:
    """Read an API call that CloudTrail tells of."""
    return read("update-code", detail={"eventTime": "2026-11-23T12:00:00Z", **detail})


@pytest.mark.parametrize("signal", ["update-code", "update-configuration", "create-function", "publish-version"])
def test_an_api_call_names_its_function(signal: str) -> None:
    """The answer's ARN, unqualified; the time is that of the call."""
    assert Deployment(NOON_S, (ARN,)) == read(signal, time="2026-11-23T12:34:56Z")


def test_a_bare_name_is_completed() -> None:
    """Without an answer the request's name, in the app's own partition, region and account."""
    asked = {"functionName": "thumbnailer"}

    assert Deployment(NOON_S, ("arn:aws-cn:lambda:cn-north-1:210987654321:function:thumbnailer",)) == (
        call(requestParameters=asked)
    )


@pytest.mark.parametrize(
    "detail",
    [
        {"requestParameters": {"functionName": ARN, "dryRun": True}},
        {"requestParameters": {"functionName": ARN}, "errorCode": "AccessDenied"},
        {"requestParameters": {"functionName": "not a name"}},
        {"requestParameters": {}, "responseElements": {"functionArn": "not a name"}},
        {"requestParameters": {}, "responseElements": {}},
        {"requestParameters": {"functionName": 5}},
    ],
)
def test_what_deployed_nothing_is_no_deployment(detail: dict[str, Any]) -> None:
    """A dry run, a refused call, a name that is none or is not there."""
    assert call(**detail) is None


def test_a_stack_and_a_shift_are_looked_up() -> None:
    """Their events name no function, but where to look."""
    stack_id = example("deployment-stack")["detail"]["stack-id"]

    assert Deployment(NOON_S, stack_id=stack_id) == read("stack")
    assert Deployment(NOON_S, code_deploy_id="d-7ABCDEFGH") == read("codedeploy")


@pytest.mark.parametrize(("signal", "field"), [("stack", "stack-id"), ("codedeploy", "deploymentId")])
@pytest.mark.parametrize("value", [None, 5, ["d-7"]])
def test_an_event_that_says_not_where_to_look_is_refused(signal: str, field: str, value: object) -> None:
    """By the field's name and value."""
    with pytest.raises(InvalidInput) as caught:
        read(signal, detail={field: value})

    assert (f"detail.{field}", value) == (caught.value.field, caught.value.value)
    assert str(caught.value).endswith("Allowed: text, in an event of a deployment.")


def test_any_other_event_names_functions_wherever_it_likes() -> None:
    """In lists and objects, each once, unqualified, in the order of the event; what is no full ARN is none."""
    other = ARN.replace("thumbnailer", "resizer")
    detail = {
        "functions": [f"{other}:7", {"arn": ARN}, 5, None],
        "again": f"{ARN}:$LATEST",
        "partly": "123456789012:function:cropper",
        "text": "see arn:aws:lambda:eu-west-1:123456789012:function:cropper",
        "role": "arn:aws:iam::123456789012:role/cropper",
        "name": "cropper",
    }

    assert Deployment(NOON_S, (other, ARN)) == read("function-state", resources=[], detail=detail)


def test_the_time_of_the_call_goes_before_that_of_the_event() -> None:
    """CloudTrail tells of a call minutes later."""
    late = read("function-state", time="2026-11-23T12:00:09Z")
    called = call(requestParameters={"functionName": ARN}, eventTime="2026-11-23T11:59:00Z")

    assert late
    assert called
    assert (9, -60) == (late.at_s - NOON_S, called.at_s - NOON_S)


@pytest.mark.parametrize(
    ("text", "at_s"),
    [
        ("2026-11-23T12:00:00.250Z", NOON_S + 0.25),
        ("2026-11-23T12:00:00", NOON_S),
        ("2026-11-23T13:00:00+01:00", NOON_S),
    ],
)
def test_a_time_without_a_zone_is_utc(monkeypatch: pytest.MonkeyPatch, text: str, at_s: float) -> None:
    """Wherever this runs."""
    with monkeypatch.context() as patched:
        patched.setenv("TZ", "Asia/Tokyo")
        time.tzset()
        deployment = read("function-state", time=text)
    time.tzset()

    assert Deployment(at_s, (ARN,)) == deployment


@pytest.mark.parametrize("time", [None, "noon", 5, ""])
def test_an_event_without_a_time_is_refused(time: object) -> None:
    """The value is shown, and what is allowed."""
    with pytest.raises(InvalidInput) as caught:
        read("function-state", time=time)

    assert ("time", time) == (caught.value.field, caught.value.value)
    assert str(caught.value).endswith("Allowed: when the event happened, as ISO 8601.")


@pytest.mark.parametrize("event", [None, [], "event"])
def test_what_is_no_event_is_refused(event: Any) -> None:
    """Whatever it is."""
    with pytest.raises(InvalidInput) as caught:
        read_deployment(event, like=LIKE)

    assert ("event", event) == (caught.value.field, caught.value.value)
    assert str(caught.value).endswith("Allowed: an event of EventBridge.")


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"detail": "text"}, "detail"),
        ({"detail": {"eventTime": "2026-11-23T12:00:00Z", "requestParameters": 5}}, "requestParameters"),
        ({"detail": {"eventTime": "2026-11-23T12:00:00Z", "responseElements": ["x"]}}, "responseElements"),
    ],
)
def test_a_part_that_is_no_object_is_refused(changes: dict[str, Any], field: str) -> None:
    """By its name."""
    with pytest.raises(InvalidInput) as caught:
        read("update-code", **changes)

    assert field == caught.value.field
    assert str(caught.value).endswith("Allowed: an object, in an event of a deployment.")


def test_an_event_without_a_detail_names_nothing() -> None:
    """It is understood, and starts nothing."""
    assert Deployment(NOON_S) == read("function-state", resources=[], detail=None)


@pytest.mark.parametrize(
    "more",
    [
        {"layers": []},
        {"runtime": "python3.14"},
        {"environment": {}},
        {"handler": "a.b"},
        {"imageConfig": {}, "timeout": 9},
    ],
)
@pytest.mark.parametrize("date", ["", "20150331v2"])
def test_what_changes_what_runs_is_a_deployment(more: dict[str, Any], date: str) -> None:
    """With or without the date that CloudTrail adds to the name of the call."""
    asked = {"functionName": ARN, "memorySize": 512, **more}

    assert call(eventName=f"UpdateFunctionConfiguration{date}", requestParameters=asked) == Deployment(NOON_S, (ARN,))


@pytest.mark.parametrize(
    "more", [{}, {"memorySize": 512}, {"memorySize": 512, "timeout": 9, "revisionId": "r"}, {"description": "d"}]
)
def test_the_memory_size_alone_is_no_deployment(more: dict[str, Any]) -> None:
    """Nor what else leaves alone what runs."""
    asked = {"functionName": ARN, **more}

    assert call(eventName="UpdateFunctionConfiguration20150331v2", requestParameters=asked) is None


@pytest.mark.parametrize(
    ("more", "is_deployment"),
    [
        ({"functionVersion": "7"}, True),
        ({"functionVersion": "7", "routingConfig": {}}, True),
        ({"functionVersion": "7", "routingConfig": {"additionalVersionWeights": {}}}, True),
        ({"functionVersion": "6", "routingConfig": {"additionalVersionWeights": {"7": 0.1}}}, False),
        ({"routingConfig": {"additionalVersionWeights": {"7": 0.5}}}, False),
        ({"description": "live"}, False),
    ],
)
def test_the_end_of_a_shift_is_a_deployment(more: dict[str, Any], *, is_deployment: bool) -> None:
    """The steps of a canary are not, nor is an alias that stays where it is."""
    asked = {"functionName": "thumbnailer", "name": "live", **more}
    answered = {"functionArn": ARN, "aliasArn": f"{ARN}:live"}
    found = call(eventName="UpdateAlias20150331", requestParameters=asked, responseElements=answered)

    assert (found is not None) == is_deployment


def test_an_event_nested_deep_is_read() -> None:
    """As deep as JSON can be: the functions that it names are found."""
    resources: list[Any] = [ARN]
    for _ in range(900):
        resources = [resources]

    assert Deployment(NOON_S, (ARN,)) == read("function-state", time="2026-11-23T12:00:00Z", resources=resources)


@pytest.mark.parametrize("at", ["0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59", 20261123, None])
def test_a_time_that_is_none_in_utc_is_refused(at: Any) -> None:
    """Also one that is a time in its own zone."""
    with pytest.raises(InvalidInput, match=r"^time: "):
        read("stack", time=at)


@pytest.mark.parametrize("stack_id", ["", "\ud800", "A" * 1025, 7])
def test_a_stack_id_that_cannot_be_one_is_refused(stack_id: Any) -> None:
    """CloudFormation is not asked."""
    with pytest.raises(InvalidInput, match=r"^detail.stack-id: "):
        read("stack", detail={"stack-id": stack_id})
