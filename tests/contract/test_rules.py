"""Every event rule of the template matches its examples in events/examples, and nothing that it must not."""

import copy
import functools
import json
from pathlib import Path
from typing import Any

import pytest

from event_contracts import example
from power_tuner_local.cloudformation import template_text
from power_tuner_local.eventbridge.patterns import matches

ROOT = Path(__file__).parents[2]
ACCOUNT = "123456789012"
OWN_ROLES = ("Publisher", "CleanUpBranch", "Cleaner", "CleanUpOnError", "Janitor", "Optimizer", "Canary")


@functools.cache
def read_template() -> dict[str, Any]:
    """Read the template, its short forms (!GetAtt) written out."""
    parsed: dict[str, Any] = template_text.read((ROOT / "template.yaml").read_text(encoding="utf-8"))
    return parsed


def pattern(function: str, event: str) -> dict[str, Any]:
    """Read a rule's pattern; a role of the template stands as its ARN."""
    template = read_template()
    found = template["Resources"][function]["Properties"]["Events"][event]["Properties"]["Pattern"]
    text = json.dumps(found, default=str)
    found = json.loads(text, object_hook=_arn)
    assert isinstance(found, dict)
    return found


def _arn(value: dict[str, Any]) -> Any:
    if "Fn::GetAtt" in value:
        return role_arn(value["Fn::GetAtt"][0])
    if "Fn::If" in value:
        return value["Fn::If"][1]
    return ACCOUNT if value == {"Ref": "AWS::AccountId"} else value


def role_arn(name: str) -> str:
    return f"arn:aws:iam::123456789012:role/power-tuner-{name}-1A2B3C"


def changed(name: str, **changes: Any) -> dict[str, Any]:
    """Return an example with other values, each named by its path with ``__`` between."""
    event = copy.deepcopy(example(name))
    for path, value in changes.items():
        *folders, last = path.split("__")
        at = event
        for folder in folders:
            at = at[folder]
        at[last] = value
    return event


def as_user() -> dict[str, Any]:
    """Return a deployment by an IAM user, who has no session."""
    user = {"type": "IAMUser", "arn": "arn:aws:iam::123456789012:user/ada", "userName": "ada"}
    return changed("deployment-update-code", detail__userIdentity=user)


def by_role(name: str) -> dict[str, Any]:
    event = changed("deployment-update-code")
    event["detail"]["userIdentity"]["sessionContext"]["sessionIssuer"]["arn"] = role_arn(name)
    return event


@pytest.mark.parametrize(
    ("rule", "event"),
    [
        ("FunctionDeployed", example("deployment-update-code")),
        ("FunctionDeployed", example("deployment-create-function")),
        ("FunctionDeployed", example("deployment-publish-version")),
        ("FunctionDeployed", example("deployment-update-configuration")),
        ("FunctionDeployed", example("deployment-update-alias")),
        *(
            ("FunctionDeployed", changed("deployment-update-code", detail__eventName=name))
            for name in (
                "UpdateFunctionCode",
                "UpdateFunctionConfiguration",
                "CreateFunction",
                "PublishVersion",
                "UpdateAlias",
                "CreateFunction20150331",
            )
        ),
        ("FunctionDeployed", as_user()),
        ("TrafficShifted", example("deployment-codedeploy")),
        ("StackDeployed", example("deployment-stack")),
        ("StackDeployed", changed("deployment-stack", detail={"status-details": {"status": "CREATE_COMPLETE"}})),
        *(
            ("StackDeployed", changed("deployment-stack", detail={"status-details": {"status": status}}))
            for status in ("UPDATE_ROLLBACK_COMPLETE", "IMPORT_COMPLETE")
        ),
        ("FunctionStateChanged", example("deployment-function-state")),
    ],
)
def test_a_deployment_is_heard(rule: str, event: dict[str, Any]) -> None:
    """The rule matches the event in AWS's shape."""
    assert matches(pattern("DeploymentsFunction", rule), event)


@pytest.mark.parametrize(
    ("rule", "event"),
    [
        ("FunctionDeployed", changed("deployment-update-code", account="210987654321")),
        ("TrafficShifted", changed("deployment-codedeploy", account="210987654321")),
        ("StackDeployed", changed("deployment-stack", account="210987654321")),
        ("FunctionStateChanged", changed("deployment-function-state", account="210987654321")),
        ("FunctionDeployed", changed("deployment-update-code", detail__errorCode="AccessDenied")),
        ("FunctionDeployed", changed("deployment-update-code", detail__requestParameters__dryRun=True)),
        (
            "FunctionDeployed",
            changed("deployment-update-code", detail__eventName="CreateFunctionUrlConfig"),
        ),
        ("FunctionDeployed", changed("deployment-update-code", detail__eventName="Invoke")),
        *(("FunctionDeployed", by_role(f"{role}FunctionRole")) for role in OWN_ROLES),
        ("TrafficShifted", changed("deployment-codedeploy", detail__state="FAILURE")),
        ("StackDeployed", changed("deployment-stack", detail={"status-details": {"status": "UPDATE_IN_PROGRESS"}})),
        ("StackDeployed", changed("deployment-stack", detail={"status-details": {"status": "ROLLBACK_COMPLETE"}})),
        ("FunctionStateChanged", example("deployment-update-code")),
    ],
)
def test_what_is_no_deployment_is_not_heard(rule: str, event: dict[str, Any]) -> None:
    """Refused calls, dry runs, our own updates, failed deployments."""
    assert not matches(pattern("DeploymentsFunction", rule), event)


def test_every_function_that_changes_targets_is_known_as_our_own() -> None:
    """Who gets the right to change a function is in the list of those whose changes start no run."""
    template = read_template()
    changing = {
        name
        for name, resource in template["Resources"].items()
        if resource["Type"] == "AWS::Serverless::Function"
        and {"UpdateFunctionConfiguration", "PublishVersion"} & _lambda_actions(resource)
    }
    (_, ours) = pattern("DeploymentsFunction", "FunctionDeployed")["detail"]["$or"]
    known = ours["userIdentity"]["sessionContext"]["sessionIssuer"]["arn"][0]["anything-but"]

    assert changing
    assert {role_arn(f"{name}Role") for name in changing} <= set(known)


def _lambda_actions(resource: dict[str, Any]) -> set[str]:
    text = json.dumps(resource, default=str)
    return {word.split('"')[0] for word in text.split("lambda:")[1:]}


def test_the_optimizer_hears_only_runs_that_ask_for_it() -> None:
    """A completion event without autoOptimize changes nothing."""
    rule = pattern("OptimizerFunction", "Completed")

    assert matches(rule, changed("power-tuning-completed", detail__autoOptimize=True))
    assert not matches(rule, changed("power-tuning-completed", detail__autoOptimize=False))
    assert not matches(rule, example("power-tuning-failed"))


def test_unverified_events_are_off() -> None:
    """Lambda's own state events are not listened to unless the stack asks for it."""
    template = read_template()
    event = template["Resources"]["DeploymentsFunction"]["Properties"]["Events"]["FunctionStateChanged"]

    assert "off" == template["Parameters"]["lambdaStateEvents"]["Default"]
    assert {"Fn::If": ["ListenToStateEvents", "ENABLED", "DISABLED"]} == event["Properties"]["State"]
