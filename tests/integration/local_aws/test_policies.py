"""Policies beside those of a role: of queues and buses, permissions boundaries, and conditions."""

import json
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from power_tuner_local.iam.policies import Request, allows, resource_effects

if TYPE_CHECKING:
    from power_tuner_local import LocalAws

ACCOUNT = "123456789012"
QUEUE = f"arn:aws:sqs:us-east-1:{ACCOUNT}:q"


def document(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def add_role(aws: "LocalAws", name: str, *, boundary: str | None = None) -> None:
    """Make a role that may do everything with queues and events, within a boundary."""
    iam = aws.client("iam")
    more = {}
    if boundary:
        policy = iam.create_policy(PolicyName=f"{name}-boundary", PolicyDocument=boundary)
        more["PermissionsBoundary"] = policy["Policy"]["Arn"]
    iam.create_role(RoleName=name, AssumeRolePolicyDocument="{}", **more)
    everything = document({"Sid": "All", "Effect": "Allow", "Action": ["sqs:*", "events:*"], "Resource": "*"})
    iam.put_role_policy(RoleName=name, PolicyName="own", PolicyDocument=everything)


def refusal(call: Any, **request: Any) -> str:
    with pytest.raises(ClientError) as caught:
        call(**request)
    return str(caught.value)


@pytest.mark.parametrize(
    ("name", "boundary", "why"),
    [
        (
            "denied",
            document({"Effect": "Deny", "Action": "sqs:*", "Resource": "*"}),
            "with an explicit deny in a permissions boundary",
        ),
        (
            "outside",
            document({"Effect": "Allow", "Action": "events:*", "Resource": "*"}),
            "because no permissions boundary allows the sqs:CreateQueue action",
        ),
    ],
)
def test_a_boundary_limits_what_a_role_may_do(aws: "LocalAws", name: str, boundary: str, why: str) -> None:
    """What the role's own policies allow is allowed only within its boundary."""
    add_role(aws, name, boundary=boundary)

    assert why in refusal(aws.client("sqs", role=name).create_queue, QueueName=name)


def test_within_its_boundary_a_role_may_act(aws: "LocalAws") -> None:
    """A boundary grants nothing and takes nothing that it allows."""
    add_role(aws, "within", boundary=document({"Effect": "Allow", "Action": "sqs:*", "Resource": "*"}))

    assert aws.client("sqs", role="within").create_queue(QueueName="within")["QueueUrl"]


def put(aws: "LocalAws", bus: str, source: str, role: str | None = None) -> Any:
    entry = {"EventBusName": bus, "Source": source, "DetailType": "x", "Detail": "{}"}
    client = aws.client("events", role=role) if role else aws.client("events")
    return client.put_events(Entries=[entry])


def test_a_bus_refuses_whom_its_policy_denies(aws: "LocalAws") -> None:
    """A source that is for one role is refused to other roles and to the account's own user; other sources are not."""
    for name in ("app", "else"):
        add_role(aws, name)
    bus = aws.client("events").create_event_bus(Name="guarded")["EventBusArn"]
    own = {
        "Sid": "Own",
        "Effect": "Deny",
        "Principal": "*",
        "Action": "events:PutEvents",
        "Resource": bus,
        "Condition": {
            "StringEquals": {"events:source": "app"},
            "ArnNotEquals": {"aws:PrincipalArn": f"arn:aws:iam::{ACCOUNT}:role/app"},
        },
    }
    aws.client("events").put_permission(EventBusName="guarded", Policy=document(own))

    assert put(aws, "guarded", "app", "app")["FailedEntryCount"] == 0
    assert put(aws, "guarded", "other", "else")["FailedEntryCount"] == 0
    for role in ("else", None):
        with pytest.raises(ClientError, match="with an explicit deny in a resource-based policy"):
            put(aws, "guarded", "app", role)


@pytest.mark.parametrize(
    ("condition", "context", "holds"),
    [
        ({"StringEquals": {"aws:SourceAccount": ACCOUNT}}, {"aws:SourceAccount": ACCOUNT}, True),
        ({"StringEquals": {"aws:SourceAccount": ACCOUNT}}, {"aws:SourceAccount": "2"}, False),
        ({"StringEquals": {"aws:SourceAccount": ACCOUNT}}, {}, False),
        ({"StringEqualsIfExists": {"aws:SourceAccount": ACCOUNT}}, {}, True),
        ({"StringNotEquals": {"aws:SourceAccount": ACCOUNT}}, {}, True),
        ({"ArnEquals": {"aws:SourceArn": "arn:aws:events:*:*:rule/own-*"}}, {"aws:SourceArn": f"{QUEUE}"}, False),
        (
            {"ArnLike": {"aws:SourceArn": "arn:aws:events:*:*:rule/own-*"}},
            {"aws:SourceArn": f"arn:aws:events:us-east-1:{ACCOUNT}:rule/own-1"},
            True,
        ),
        ({"ArnNotLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/app"}}, {"aws:PrincipalArn": "arn:x"}, True),
        ({"StringLike": {"s3:prefix": ["runs/*", "x"]}}, {"s3:prefix": "runs/1"}, True),
        ({"Bool": {"aws:SecureTransport": "false"}}, {"aws:SecureTransport": "true"}, False),
        ({"Null": {"aws:SourceArn": "true"}}, {}, True),
        ({"NumericLessThan": {"s3:max-keys": "10"}}, {"s3:max-keys": "1"}, False),
    ],
)
def test_conditions_are_held_against_the_request(
    condition: dict[str, Any], context: dict[str, str], *, holds: bool
) -> None:
    """Keys are compared whatever their case; an operator that is not known grants nothing."""
    statement = {"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": "*", "Condition": condition}
    request = Request("sqs:SendMessage", QUEUE, tuple((key.upper(), value) for key, value in context.items()))

    assert allows([document(statement)], request) is holds


@pytest.mark.parametrize(
    ("principal", "effects"),
    [
        ("*", {"Allow"}),
        ({"AWS": "*"}, {"Allow"}),
        ({"AWS": ACCOUNT}, {"Allow"}),
        ({"Service": "events.amazonaws.com"}, set()),
        ({"AWS": ["x", ACCOUNT]}, {"Allow"}),
    ],
)
def test_a_statement_means_its_principal(principal: Any, effects: set[str]) -> None:
    """Everybody, an account, or a service."""
    statement = {"Effect": "Allow", "Principal": principal, "Action": "sqs:*", "Resource": "*"}

    found = resource_effects(document(statement), Request("sqs:SendMessage", QUEUE), frozenset({ACCOUNT}))
    assert found == effects
