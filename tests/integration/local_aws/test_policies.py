"""Policies beside those of a role: of queues and buses, permissions boundaries, and conditions."""

import json
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from power_tuner_local.iam.policies import Request, allows, resource_effects

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from power_tuner_local import LocalAws

    Receive = Callable[[Any, str, int], list[dict[str, Any]]]

ACCOUNT = "123456789012"
QUEUE = f"arn:aws:sqs:us-east-1:{ACCOUNT}:q"


def document(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def add_role(aws: "LocalAws", name: str, *statements: dict[str, Any], boundary: str | None = None) -> None:
    """Make a role that may do what statements allow, or else everything with queues and events, within a boundary."""
    iam = aws.client("iam")
    more = {}
    if boundary:
        policy = iam.create_policy(PolicyName=f"{name}-boundary", PolicyDocument=boundary)
        more["PermissionsBoundary"] = policy["Policy"]["Arn"]
    iam.create_role(RoleName=name, AssumeRolePolicyDocument="{}", **more)
    everything = {"Sid": "All", "Effect": "Allow", "Action": ["sqs:*", "events:*"], "Resource": "*"}
    iam.put_role_policy(RoleName=name, PolicyName="own", PolicyDocument=document(*(statements or (everything,))))


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


def add_function(aws: "LocalAws", folder: "Path", name: str, **tags: str) -> str:
    (folder / "app.py").write_text("def handler(event, context):\n    return 1\n", encoding="utf-8")
    arn = aws.add_function(folder, name=name)
    aws.client("lambda").tag_resource(Resource=arn, Tags={"is": name, **tags})
    return arn


def test_a_tag_says_which_functions_a_role_may_change(aws: "LocalAws", tmp_path: "Path") -> None:
    """A condition on aws:ResourceTag holds for functions with that tag, named in any way, and for their versions."""
    tuned = {"StringEquals": {"aws:ResourceTag/tuned": "on"}}
    add_role(aws, "by-tag", {"Effect": "Allow", "Action": "lambda:*", "Resource": "*", "Condition": tuned})
    add_function(aws, tmp_path, "tagged", tuned="on")
    add_function(aws, tmp_path, "untagged", tuned="off")
    functions = aws.client("lambda", role="by-tag")

    assert functions.publish_version(FunctionName="tagged")["Version"] == "1"
    assert functions.invoke(FunctionName="tagged", Qualifier="1")["StatusCode"] == 200
    assert "lambda:PublishVersion" in refusal(functions.publish_version, FunctionName="untagged")
    assert "not authorized" in refusal(functions.publish_version, FunctionName="missing")


def test_a_functions_own_policy_admits_a_role(aws: "LocalAws", tmp_path: "Path") -> None:
    """A role of the account that a function's policy names may invoke it without a policy of its own, and no other."""
    add_function(aws, tmp_path, "admitting")
    for name in ("admitted", "stranger"):
        add_role(aws, name)
    aws.client("lambda").add_permission(
        FunctionName="admitting",
        StatementId="role",
        Action="lambda:InvokeFunction",
        Principal=f"arn:aws:iam::{ACCOUNT}:role/admitted",
    )

    assert aws.client("lambda", role="admitted").invoke(FunctionName="admitting")["StatusCode"] == 200
    assert "not authorized" in refusal(aws.client("lambda", role="stranger").invoke, FunctionName="admitting")


def test_a_rule_needs_the_functions_permission(aws: "LocalAws", tmp_path: "Path", received: "Receive") -> None:
    """An event for a function whose policy does not admit the rule goes to the dead letters; else it is delivered."""
    events, sqs, functions = aws.client("events"), aws.client("sqs"), aws.client("lambda")
    arn = add_function(aws, tmp_path, "called")
    letters = sqs.create_queue(QueueName="letters")["QueueUrl"]
    letters_arn = f"arn:aws:sqs:us-east-1:{ACCOUNT}:letters"
    anybody = {"Effect": "Allow", "Principal": "*", "Action": "sqs:SendMessage", "Resource": letters_arn}
    sqs.set_queue_attributes(QueueUrl=letters, Attributes={"Policy": document(anybody)})
    rule = events.put_rule(Name="calls", EventPattern=json.dumps({"source": ["caller"]}))["RuleArn"]
    target = {"Id": "1", "Arn": arn, "DeadLetterConfig": {"Arn": letters_arn}}
    events.put_targets(Rule="calls", Targets=[target])

    put(aws, "default", "caller")
    (letter,) = received(sqs, letters, 1)
    functions.add_permission(
        FunctionName="called",
        StatementId="rule",
        Action="lambda:InvokeFunction",
        Principal="events.amazonaws.com",
        SourceArn=rule,
    )
    put(aws, "default", "caller")
    aws.wait_until_idle(10)

    assert "lambda:InvokeFunction" in letter["MessageAttributes"]["ERROR_MESSAGE"]["StringValue"]
    assert sqs.receive_message(QueueUrl=letters).get("Messages", []) == []
