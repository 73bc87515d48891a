"""A deployment in words."""

from pathlib import Path

import pytest

from power_tuner_cli.deployment.progress import Ending
from power_tuner_cli.deployment.stack_change import Plan, ResourceChange, Standing
from power_tuner_cli.deployment.template import Template
from power_tuner_cli.deployment.words import failure_lines, plan_lines

TEMPLATE = Template.read(Path(__file__).parents[3] / "template.yaml")
STANDING = Standing("power-tuner", "arn:stack", "UPDATE_COMPLETE", {"mode": "measure"}, {})
TABLE, BUCKET = "AWS::DynamoDB::Table", "AWS::S3::Bucket"


def lines(*changes: ResourceChange, mode: str = "measure") -> list[str]:
    plan = Plan("arn:change-set", "arn:stack", creates=False, changes=[*changes])
    return list(plan_lines(plan, STANDING, TEMPLATE, {"mode": mode}))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (ResourceChange("Modify", "Table", TABLE, "t-1", "yes"), "Table (t-1) is replaced. It holds history"),
        (ResourceChange("Modify", "Table", TABLE, "t-1", "maybe"), "Table (t-1) may be replaced. It holds history"),
        (ResourceChange("Remove", "Bucket", BUCKET, "b-1"), "Bucket (b-1) is removed. It holds samples"),
    ],
    ids=lambda each: each.name if isinstance(each, ResourceChange) else "",
)
def test_what_holds_data_is_not_replaced_in_silence(change: ResourceChange, words: str) -> None:
    """A new table or bucket is warned of, with the name of the old one."""

    assert [line for line in lines(change) if line.startswith(f"WARNING: {words}")]


def test_what_is_replaced_without_data_is_named_only() -> None:
    """A function that is replaced, or perhaps, is listed apart from those that change."""
    told = lines(
        ResourceChange("Modify", "A", "AWS::Lambda::Function", replaced="yes"),
        ResourceChange("Modify", "B", "AWS::Lambda::Function", replaced="maybe"),
        ResourceChange("Modify", "C", "AWS::IAM::Policy"),
    )

    assert told[:6] == [
        "It changes 1 policy or permission.",
        "  C (AWS::IAM::Policy)",
        "It changes, and perhaps replaces, 1 function.",
        "  B (AWS::Lambda::Function)",
        "It replaces 1 function.",
        "  A (AWS::Lambda::Function)",
    ]
    assert not [line for line in told if "WARNING" in line]


def test_an_update_tells_only_the_rights_that_change() -> None:
    """Rights that stay are not told again."""

    assert not [line for line in lines() if "lambda:" in line]
    assert "    lambda:CreateAlias, lambda:DeleteAlias, lambda:GetAlias, lambda:ListTags, lambda:UpdateAlias" in lines(
        mode="apply"
    )


@pytest.mark.parametrize(
    ("reason", "advice"),
    [
        ("User: arn is not authorized to perform: iam:CreateRole", "sign in with a role that may do this"),
        ("power-tuner already exists in stack arn", "something else has this name"),
        ("Account has reached the quota", "ask for a higher quota"),
        ("whatever", "repair the cause above"),
    ],
)
def test_a_failure_says_what_to_do(reason: str, advice: str) -> None:
    """The advice follows from the reason of the resource that failed first."""
    ending = Ending("UPDATE_ROLLBACK_COMPLETE", "Table", TABLE, reason)
    told = list(failure_lines(ending, creates=False, stack_name="power-tuner"))

    assert told[0] == "The deployment failed at Table (AWS::DynamoDB::Table):"
    assert told[1].strip() == reason
    assert told[2] == "The stack is what it was before."
    assert told[3].startswith(f"What to do: {advice}")
