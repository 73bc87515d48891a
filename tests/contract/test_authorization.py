"""The roles of the expanded template, held against AWS's service-authorization data (policy-sentry ships it)."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from power_tuner_local.cloudformation.sam import expand

TEMPLATE = Path(__file__).parents[2] / "template.yaml"
PARAMETERS = {
    "permissionsBoundary": "arn:aws:iam::123456789012:policy/boundary",
    "payloadS3Bucket": "payloads",
    "processorResource": "arn:aws:lambda:*:*:function:processor-*",
    "lambdaResource": "arn:aws:lambda:*:*:function:my-*",
    "targetTag": "team-a",
    "kmsKeyArn": "arn:aws:kms:us-east-1:123456789012:key/1a2b",
    "payloadKmsKeyArns": "arn:aws:kms:us-east-1:123456789012:key/3c4d",
    "alarmTopic": "arn:aws:sns:us-east-1:123456789012:alarms",
}
_PARAMETERS_IN_ARNS = {**PARAMETERS, "ssmParameterPrefix": "/power-tuner/"}
_AWS = {"Partition": "aws", "Region": "us-east-1", "AccountId": "123456789012", "StackName": "power-tuner"}
_AWS |= {
    "StackId": "arn:aws:cloudformation:us-east-1:123456789012:stack/power-tuner/1a2b",
    "URLSuffix": "amazonaws.com",
}
# How the ARN of a resource begins, by its type.
_ARNS = {
    "AWS::DynamoDB::Table": "arn:aws:dynamodb:us-east-1:123456789012:table/",
    "AWS::S3::Bucket": "arn:aws:s3:::",
    "AWS::Lambda::Function": "arn:aws:lambda:us-east-1:123456789012:function:",
    "AWS::SQS::Queue": "arn:aws:sqs:us-east-1:123456789012:",
    "AWS::Events::EventBus": "arn:aws:events:us-east-1:123456789012:event-bus/",
    "AWS::StepFunctions::StateMachine": "arn:aws:states:us-east-1:123456789012:stateMachine:",
    "AWS::Logs::LogGroup": "arn:aws:logs:us-east-1:123456789012:log-group:",
}


class Grant(NamedTuple):
    """One action of one statement, with the resources as text and the keys of its conditions."""

    role: str
    effect: str
    action: str
    resources: tuple[str, ...]
    keys: frozenset[str]


@pytest.fixture(scope="module")
def resources() -> Mapping[str, Any]:
    """The resources of the expanded template."""
    expanded: dict[str, Any] = expand(TEMPLATE, PARAMETERS, "us-east-1", lambda _: ("bucket", "key"))
    resources: Mapping[str, Any] = expanded["Resources"]
    return resources


@pytest.fixture(scope="module")
def grants(resources: Mapping[str, Any]) -> list[Grant]:
    """Every action that a statement of the template allows or denies."""
    roles = {name: role for name, role in resources.items() if role["Type"] == "AWS::IAM::Role"}
    policies = {name: policy for name, policy in resources.items() if policy["Type"].endswith("Policy")}
    of_roles = [(name, each) for name, role in roles.items() for each in _texts(role["Properties"].get("Policies", []))]
    # The policies of buses, queues and buckets, too.
    others = [(name, _document(policy["Properties"])) for name, policy in policies.items()]
    return [grant for name, policy in (*of_roles, *others) for grant in _grants(name, policy, resources)]


def _document(properties: Mapping[str, Any]) -> dict[str, Any]:
    statement = properties.get("Statement")
    return {"PolicyDocument": {"Statement": statement} if statement else properties["PolicyDocument"]}


def _grants(role: str, policy: Any, resources: Mapping[str, Any]) -> Iterator[Grant]:
    if not isinstance(policy, dict):
        return
    if "Fn::If" in policy:
        for alternative in policy["Fn::If"][1:]:
            yield from _grants(role, alternative, resources)
        return
    for statement in _statements(policy.get("PolicyDocument", {}).get("Statement", [])):
        named = statement.get("Resource", statement.get("NotResource"))
        found = tuple(text for each in _texts(named) for text in _arns(each, resources))
        condition = statement.get("Condition", {})
        keys = frozenset(key for each in condition.get("Fn::If", [None, condition])[1].values() for key in each)
        for action in _texts(statement["Action"]):
            yield Grant(role, statement["Effect"], action, found, keys)


def _statements(value: Any) -> Iterator[dict[str, Any]]:
    for each in _texts(value):
        if "Fn::If" in each:
            yield from _statements([other for other in each["Fn::If"][1:] if "Ref" not in other])
        else:
            yield each


def _texts(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _arns(value: Any, resources: Mapping[str, Any]) -> list[str]:
    """Return what a resource of a statement may become."""
    if isinstance(value, str):
        return [value]
    ((function, argument),) = value.items()
    if value == {"Ref": "AWS::NoValue"}:
        return []
    if function == "Fn::If":
        return [text for each in argument[1:] for text in _arns(each, resources)]
    if function == "Ref":
        return [_named(argument, resources) if argument in resources else PARAMETERS.get(argument, "x")]
    if function == "Fn::GetAtt":
        return [_named(argument[0], resources)]
    text = argument if isinstance(argument, str) else argument[0]
    return [re.sub(r"\$\{([^}]+)\}", lambda found: _substituted(found[1], resources), text)]


def _named(name: str, resources: Mapping[str, Any]) -> str:
    return _ARNS[resources[name]["Type"]] + name.lower()


def _substituted(name: str, resources: Mapping[str, Any]) -> str:
    if name.startswith("AWS::"):
        return _AWS[name.removeprefix("AWS::")]
    resource, _, attribute = name.partition(".")
    is_arn = attribute == "Arn" or resources.get(name, {}).get("Type") == "AWS::StepFunctions::StateMachine"
    if resource in resources:
        return _named(resource, resources) if is_arn else resource.lower()
    return _PARAMETERS_IN_ARNS.get(name, "x")


def _forms(action: str) -> list[dict[str, Any]]:
    """Return the forms of resource that AWS lists for an action, each with its condition keys."""
    from policy_sentry.querying.actions import get_action_data  # noqa: PLC0415 (every worker collects, one asks)

    service, name = action.split(":")
    data = get_action_data(service, name)
    return data[service] if data else []


def _matches(resource: str, form: str) -> bool:
    # the name of a bucket has no slash: an ARN of a bucket is none of an object
    expression = re.sub(r"\\\$\\\{BucketName\\\}", "[^/]+", re.escape(form))
    expression = re.sub(r"\\\$\\\{[^}]+\}", ".+", expression)
    return any(re.fullmatch(expression, resource.replace("*", filling)) for filling in ("x", "x:x", "x/x"))


def test_there_are_grants(grants: list[Grant]) -> None:
    """The template's roles are read."""
    assert len(grants) > 100


def test_each_action_exists(grants: list[Grant]) -> None:
    """A misspelt action grants nothing."""
    assert [] == sorted({grant.action for grant in grants if not _forms(grant.action)})


def _unknown_resources(grants: list[Grant]) -> list[tuple[str, str, str]]:
    """Return the resources that grant nothing: of a form that the action does not know, or not * where it has none."""
    return [
        (grant.role, grant.action, resource)
        for grant in grants
        for resource in grant.resources
        if not any(_matches(resource, form["resource_arn_format"]) for form in _forms(grant.action))
        # a denial on * denies, whatever the action has for resources
        and not (resource == "*" and grant.effect == "Deny")
        and not (resource == "*" and {form["resource_arn_format"] for form in _forms(grant.action)} == {"*"})
    ]


def _unknown_keys(grants: list[Grant]) -> list[tuple[str, str, str]]:
    """Return the condition keys that AWS does not send with the action on these resources."""
    return [
        (grant.role, grant.action, key)
        for grant in grants
        for key in grant.keys
        if not _is_global(key) and not any(_knows(form, key) for form in _forms_of(grant))
    ]


def _is_global(key: str) -> bool:
    """Return whether AWS sends a key with every request; those of tags it sends with some."""
    return key.lower().startswith("aws:") and not re.match("aws:(ResourceTag|RequestTag|TagKeys)", key, re.IGNORECASE)


def _knows(form: Mapping[str, Any], key: str) -> bool:
    known = {re.sub(r"\$\{\w+\}", "", each).lower() for each in form["condition_keys"]}
    return key.lower() in known or f"{key.partition('/')[0]}/".lower() in known


def _forms_of(grant: Grant) -> list[dict[str, Any]]:
    """Return the forms of an action that a statement's resources have, and the one for every resource."""
    return [
        form
        for form in _forms(grant.action)
        if form["resource_arn_format"] == "*"
        or any(each == "*" or _matches(each, form["resource_arn_format"]) for each in grant.resources)
    ]


def test_each_resource_has_a_form_that_its_action_knows(grants: list[Grant]) -> None:
    """An ARN of another form grants nothing; an action without resources is granted on *."""
    assert [] == _unknown_resources(grants)


def test_each_condition_key_is_one_of_its_action(grants: list[Grant]) -> None:
    """A key that AWS does not send with a request makes a statement grant nothing."""
    assert [] == _unknown_keys(grants)


_FUNCTION = "arn:aws:lambda:us-east-1:123456789012:function:a"


@pytest.mark.parametrize(
    ("action", "resource", "is_known"),
    [
        ("lambda:InvokeFunction", _FUNCTION, True),
        ("lambda:InvokeFunction", f"{_FUNCTION}:1", True),
        ("lambda:InvokeFunction", "arn:aws:s3:::a", False),
        ("lambda:PublishVersion", "*", False),
        ("lambda:ListFunctions", "*", True),
        ("lambda:ListFunctions", _FUNCTION, False),
        ("codedeploy:ListDeploymentTargets", "arn:aws:codedeploy:*:*:deploymentgroup:*", False),
        ("s3:GetObject", "arn:aws:s3:::bucket", False),
        ("s3:ListBucket", "arn:aws:s3:::bucket/key", False),
    ],
)
def test_a_resource_that_grants_nothing_is_found(action: str, resource: str, *, is_known: bool) -> None:
    """The check itself: what AWS lists for an action passes, anything else does not."""
    grant = Grant("role", "Allow", action, (resource,), frozenset())

    assert is_known == (not _unknown_resources([grant]))


@pytest.mark.parametrize(
    ("action", "resource", "key", "is_known"),
    [
        ("lambda:PublishVersion", _FUNCTION, "aws:ResourceTag/tuned", True),
        ("lambda:ListFunctions", "*", "aws:ResourceTag/tuned", False),
        ("lambda:PublishVersion", _FUNCTION, "aws:PrincipalArn", True),
        ("lambda:PublishVersion", _FUNCTION, "aws:RequestTag/tuned", False),
        ("lambda:PublishVersion", _FUNCTION, "lambda:Layer", False),
        ("lambda:UpdateFunctionConfiguration", _FUNCTION, "lambda:Layer", True),
        ("events:PutEvents", "arn:aws:events:us-east-1:123456789012:event-bus/a", "events:source", True),
        ("events:PutEvents", "arn:aws:events:us-east-1:123456789012:event-bus/a", "events:creatorAccount", False),
        ("s3:ListBucket", "arn:aws:s3:::bucket", "s3:prefix", True),
        ("s3:PutObject", "arn:aws:s3:::bucket/key", "s3:prefix", False),
    ],
)
def test_a_key_that_is_not_sent_is_found(action: str, resource: str, key: str, *, is_known: bool) -> None:
    """The check itself: keys of tags and of services pass only with the actions that AWS lists them for."""
    grant = Grant("role", "Allow", action, (resource,), frozenset({key}))

    assert is_known == (not _unknown_keys([grant]))


def test_each_role_has_the_boundary(resources: Mapping[str, Any]) -> None:
    """An organization that demands a permissions boundary denies a role without one, and with it the deployment."""
    roles = {name: role for name, role in resources.items() if role["Type"] == "AWS::IAM::Role"}
    boundary = {"Fn::If": ["HasPermissionsBoundary", {"Ref": "permissionsBoundary"}, {"Ref": "AWS::NoValue"}]}
    expected = (boundary, PARAMETERS["permissionsBoundary"])

    assert [] == [name for name, role in roles.items() if role["Properties"].get("PermissionsBoundary") not in expected]


def test_schedules_of_other_accounts_get_no_role(resources: Mapping[str, Any]) -> None:
    """Whoever makes a schedule in another account cannot have it act with a role of this stack."""
    trusts = [
        statement
        for role in resources.values()
        if role["Type"] == "AWS::IAM::Role"
        for statement in role["Properties"]["AssumeRolePolicyDocument"]["Statement"]
        if "scheduler.amazonaws.com" in _texts(statement["Principal"]["Service"])
    ]
    own = {"StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}}

    assert [own, own] == [statement.get("Condition") for statement in trusts]


def test_only_functions_in_a_vpc_manage_network_interfaces(resources: Mapping[str, Any]) -> None:
    """Each role that SAM lets manage them is denied that outside a VPC."""
    named = {
        name
        for name, role in resources.items()
        if any("VPCAccess" in str(arn) for arn in role["Properties"].get("ManagedPolicyArns", []))
    }
    policy = resources["OutsideVpcPolicy"]
    (statement,) = policy["Properties"]["PolicyDocument"]["Statement"]

    roles = [each["Fn::If"][1] if "Fn::If" in each else each for each in policy["Properties"]["Roles"]]
    assert named == {each["Ref"] for each in roles}
    assert ("OutsideVpc", "Deny", ["ec2:*"]) == (policy["Condition"], statement["Effect"], statement["Action"])


# What takes back what a run did to a function must be able to, whatever became of its tags meanwhile. The Canary does
# nothing but what the Optimizer has noted, which needs the tag.
_TAKING_BACK = {f"{name}FunctionRole" for name in ("CleanUpBranch", "Cleaner", "CleanUpOnError", "Janitor", "Canary")}
_TAKEN_BACK_BY_OTHERS = ("PublisherFunctionRole", "lambda:DeleteFunction")
_TARGET_TAG = "aws:ResourceTag/power-tuner-stack"


def _on_targets(grants: list[Grant]) -> list[Grant]:
    target = PARAMETERS["lambdaResource"]
    return [each for each in grants if each.effect == "Allow" and {target, f"{target}:*"} & set(each.resources)]


def test_each_action_on_a_target_needs_its_tag(grants: list[Grant]) -> None:
    """With targetTag every role that begins something has the condition, for each of its actions."""
    begins = [
        each
        for each in _on_targets(grants)
        if each.role not in _TAKING_BACK and (each.role, each.action) != _TAKEN_BACK_BY_OTHERS
    ]

    assert len(begins) > 20
    assert [] == [(each.role, each.action) for each in begins if _TARGET_TAG not in each.keys]


def test_what_takes_back_needs_no_tag(grants: list[Grant]) -> None:
    """A tag that is removed while a run is under way must not keep a test memory size in place."""
    others = [each for each in _on_targets(grants) if each.role in _TAKING_BACK]
    others += [each for each in _on_targets(grants) if (each.role, each.action) == _TAKEN_BACK_BY_OTHERS]

    assert {"CleanUpOnErrorFunctionRole", "JanitorFunctionRole", "PublisherFunctionRole"} < {
        each.role for each in others
    }
    assert [] == [(each.role, each.action) for each in others if each.keys]


def test_aws_sends_the_tag_with_each_action_on_a_target(grants: list[Grant]) -> None:
    """By AWS's own list. What reaches a target otherwise is listed in docs/deploy-modes.md."""
    without = {
        each.action for each in _on_targets(grants) if not any(_knows(form, _TARGET_TAG) for form in _forms_of(each))
    }

    assert set() == without
