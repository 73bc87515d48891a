"""Constraints of the service models, in AWS's words."""

from typing import Any

import pytest
from botocore.session import get_session

from power_tuner_local.gateway.constraints import _pattern, violation

CONNECTION = {"Name": "c", "AuthorizationType": "API_KEY", "AuthParameters": {}}


def one(subject: str, constraint: str) -> str:
    return f"1 validation error detected: {subject} failed to satisfy constraint: Member must {constraint}"


@pytest.mark.parametrize(
    ("service", "action", "parameters", "subject", "constraint"),
    [
        (
            "events",
            "PutRule",
            {"Name": "a b"},
            "Value 'a b' at 'name'",
            r"satisfy regular expression pattern: [\.\-_A-Za-z0-9]+",
        ),
        (
            "events",
            "PutRule",
            {"Name": "r" * 65},
            f"Value '{'r' * 65}' at 'name'",
            "have length less than or equal to 64",
        ),
        ("events", "PutRule", {}, "Value null at 'name'", "not be null"),
        (
            "events",
            "PutTargets",
            {"Rule": "r", "Targets": []},
            "Value '[]' at 'targets'",
            "have length greater than or equal to 1",
        ),
        (
            "events",
            "PutTargets",
            {"Rule": "r", "Targets": [{"Id": "a", "Arn": "arn"}, {"Id": "b" * 65, "Arn": "arn"}]},
            f"Value '{'b' * 65}' at 'targets.2.member.id'",
            "have length less than or equal to 64",
        ),
        ("events", "ListRules", {"Limit": 101}, "Value '101' at 'limit'", "have value less than or equal to 100"),
        (
            "events",
            "CreateConnection",
            {**CONNECTION, "AuthorizationType": "NONE"},
            "Value 'NONE' at 'authorizationType'",
            "satisfy enum value set: [BASIC, OAUTH_CLIENT_CREDENTIALS, API_KEY]",
        ),
        (
            "scheduler",
            "GetSchedule",
            {"Name": "a/b"},
            "Value 'a/b' at 'name'",
            "satisfy regular expression pattern: [0-9a-zA-Z-_.]+",
        ),
        (
            "stepfunctions",
            "ListExecutions",
            {"statusFilter": "succeeded"},
            "Value 'succeeded' at 'statusFilter'",
            "satisfy enum value set: [SUCCEEDED, TIMED_OUT, PENDING_REDRIVE, ABORTED, FAILED, RUNNING]",
        ),
    ],
)
def test_a_violation(service: str, action: str, parameters: dict[str, Any], subject: str, constraint: str) -> None:
    """A parameter outside the model's lengths, ranges, patterns and enumerations is named with its value."""
    actual = violation(service, action, parameters)

    assert one(subject, constraint) == actual


def test_a_structure_is_shown_as_java_prints_it() -> None:
    """The entries of a request with too many are in the message, with members that the model does not have."""
    entry = {"Source": "s", "DetailType": "t", "Detail": '{"a": 1}'}

    actual = violation("events", "PutEvents", {"Entries": [entry] * 11})

    printed = (
        'PutEventsRequestEntry(time=null, source=s, resources=null, detailType=t, detail={"a": 1}, '
        "eventBusName=null, traceHeader=null, kmsKeyIdentifier=null, internalMetadata=null)"
    )
    assert one(f"Value '[{', '.join([printed] * 11)}]' at 'entries'", "have length less than or equal to 10") == actual


def test_what_is_valid() -> None:
    """Valid parameters violate nothing; neither does what the model does not have."""
    assert violation("events", "PutRule", {"Name": "nightly.check-1", "State": "ENABLED"}) is None
    assert violation("events", "NoSuchOperation", {"Name": ""}) is None


@pytest.mark.parametrize("service", ["events", "lambda", "scheduler", "stepfunctions"])
def test_every_pattern_of_the_model_can_be_checked(service: str) -> None:
    """The patterns of the models are Java's; each has a form that Python takes."""
    model = get_session().get_service_model(service)
    patterns = {model.shape_for(name).metadata.get("pattern") for name in model.shape_names} - {None}

    assert all(_pattern(each).pattern for each in patterns)
