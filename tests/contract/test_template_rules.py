from __future__ import annotations

from pathlib import Path

import pytest
from cfnlint.config import ConfigMixIn
from cfnlint.decode import decode
from cfnlint.rules import Rules
from cfnlint.template import Template

ROOT = Path(__file__).parents[2]
SOUND = (Path(__file__).parent / "fixtures" / "sound.yaml").read_text(encoding="utf-8")

BREAKS = [
    pytest.param(
        "E9100",
        "      CodeUri: handlers/\n      LoggingConfig:\n        LogGroup: !Ref OtherLogs",
        "      Events: {X: {Type: Nothing}}\n      LoggingConfig:\n        LogGroup: !Ref OtherLogs",
        "Event with id [X]",
        id="an event source that SAM does not know",
    ),
    pytest.param("E9101", "OtherRole.Arn", "WorkerRole.Arn", "the role of", id="a shared role"),
    pytest.param(
        "E9101",
        "!GetAtt OtherRole.Arn",
        "arn:aws:iam::123456789012:role/Admin",
        "not in this template",
        id="a role from outside",
    ),
    pytest.param(
        "E9102",
        "service-role/AWSLambdaBasicExecutionRole",
        "AdministratorAccess",
        "AdministratorAccess",
        id="a managed policy",
    ),
    pytest.param(
        "E9103",
        "lambda:GetFunction #",
        "lambda:Get* #",
        "'lambda:Get*' has a wildcard",
        id="a wildcard action",
    ),
    pytest.param(
        "E9103",
        "Action: s3:PutObject # the",
        "NotAction: s3:PutObject # the",
        "NotAction allows",
        id="all actions but one",
    ),
    pytest.param(
        "E9104",
        "    ReadAnyFunction: Targets are named at run time, so any function may be read.",
        "    ReadAnyFunction: because",
        "function:*",
        id="a wildcard without a reason",
    ),
    pytest.param("E9104", "${Results.Arn}/results/*", "arn:aws:s3:::*", "'arn:aws:s3:::*'", id="any bucket"),
    pytest.param("E9104", "${Archive}/copy", "${Archive}/*", "${Archive}/*", id="a wildcard on a condition"),
    pytest.param(
        "E9104",
        "  Wildcards:\n",
        "  Wildcards:\n    Gone: This statement has left the template.\n",
        "no statement Gone",
        id="a reason without a wildcard",
    ),
    pytest.param(
        "E9105",
        "lambda:GetFunction # what to restore",
        "lambda:GetFunction",
        "lambda:GetFunction",
        id="an action without a reason",
    ),
    pytest.param(
        "E9105",
        "s3:PutObject # the result",
        "s3:PutObject",
        "s3:PutObject",
        id="a single action without a reason",
    ),
    pytest.param("E9106", "!Ref OtherLogs", "elsewhere", "Other: has no AWS::Logs::LogGroup", id="no log group"),
    pytest.param("E9106", "!Ref OtherLogs", "!Ref WorkerLogs", "the log group of", id="a shared log group"),
    pytest.param(
        "E9106",
        "!GetAtt FlowLogs.Arn",
        "arn:aws:logs:us-east-1:123456789012:log-group:x",
        "Flow: has no",
        id="a state machine without a log group",
    ),
    pytest.param(
        "E9106",
        "  OtherLogs:\n    Type: AWS::Logs::LogGroup\n    Properties:\n      Ret",
        "  OtherLogs:\n    Type: AWS::Logs::LogGroup\n    Properties:\n      NoRet",
        "OtherLogs: has no RetentionInDays",
        id="logs kept for ever",
    ),
    pytest.param("E9107", "Tracing: Active", "Tracing: PassThrough", "set Tracing: Active", id="no tracing"),
    pytest.param(
        "E9107",
        "        Enabled: true\n      Logging",
        "        Enabled: false\n      Logging",
        "Flow: set Tracing",
        id="a state machine without tracing",
    ),
    pytest.param(
        "E9108",
        "      DeadLetterQueue:\n        Type: SQS\n        TargetArn: !GetAtt Failed.Arn\n",
        "",
        "Worker: is invoked asynchronously",
        id="an event handler without a dead-letter queue",
    ),
    pytest.param(
        "E9109",
        "            Pattern: { source: [aws.lambda] }\n            DeadLetterConfig:\n"
        "              Arn: !GetAtt Failed.Arn",
        "            Pattern: { source: [aws.lambda] }",
        "WorkerDeployed: its target",
        id="a rule without a dead-letter queue",
    ),
    pytest.param(
        "E9109",
        "            ScheduleExpression: rate(1 day)\n            DeadLetterConfig:\n"
        "              Arn: !GetAtt Failed.Arn",
        "            ScheduleExpression: rate(1 day)",
        "FlowNightly: its target",
        id="a schedule without a dead-letter queue",
    ),
    pytest.param("E9110", "      BillingMode: PAY_PER_REQUEST\n", "", "PAY_PER_REQUEST", id="a provisioned table"),
    pytest.param(
        "E9110",
        "AttributeName: expiresAt, Enabled: true",
        "AttributeName: expiresAt, Enabled: false",
        "TimeToLive",
        id="a table that forgets nothing",
    ),
    pytest.param(
        "E9110",
        "PointInTimeRecoveryEnabled: true",
        "PointInTimeRecoveryEnabled: false",
        "PointInTime",
        id="a table without recovery",
    ),
    pytest.param("E9110", "SSEEnabled: true }", "SSEEnabled: false }", "SSESpecification", id="a plain table"),
    pytest.param("E9111", "        BlockPublicPolicy: true\n", "", "BlockPublicPolicy", id="a public bucket"),
    pytest.param(
        "E9111",
        "BucketEncryption:\n        ServerSide",
        "Tags: []\n      X:\n        ServerSide",
        "set BucketEncryption",
        id="a plain bucket",
    ),
    pytest.param(
        "E9111",
        "      LifecycleConfiguration:\n        Rules: [{ Status: Enabled, Exp",
        "      X:\n        Rules: [{ Status: Enabled, Exp",
        "set LifecycleConfiguration",
        id="a bucket that forgets nothing",
    ),
    pytest.param("E9111", "Effect: Deny", "Effect: Allow", "aws:SecureTransport", id="plain HTTP"),
    pytest.param("E9112", "      SqsManagedSseEnabled: true\n", "", "SqsManagedSseEnabled", id="a plain queue"),
    pytest.param(
        "E9112",
        "      MessageRetentionPeriod: 1209600\n",
        "",
        "MessageRetentionPeriod",
        id="a queue of default retention",
    ),
]


@pytest.fixture(scope="module")
def rules() -> Rules:
    return Rules.create_from_directory(str(ROOT / "infrastructure" / "lint" / "rules"))


def problems(rules: Rules, text: str, folder: Path) -> list[tuple[str, str]]:
    path = folder / "template.yaml"
    path.write_text(text, encoding="utf-8")
    source, unreadable = decode(str(path))
    assert source is not None, unreadable
    template = Template(str(path), source, ["us-east-1"])
    template.transform()
    found = rules.run(filename=str(path), cfn=template, config=ConfigMixIn(regions=["us-east-1"]))
    return [(match.rule.id, match.message) for match in found]


def test_sound_template_is_accepted(rules: Rules, tmp_path: Path) -> None:
    """A template that follows every rule has no problem."""

    assert [] == problems(rules, SOUND, tmp_path)


@pytest.mark.parametrize(("rule", "sound", "broken", "message"), BREAKS)
def test_each_break_is_found_by_its_rule(
    rules: Rules, tmp_path: Path, rule: str, sound: str, broken: str, message: str
) -> None:
    """One break makes one rule speak, and no other, and the message names the cause."""
    assert sound in SOUND

    found = problems(rules, SOUND.replace(sound, broken, 1), tmp_path)

    assert {rule} == {each for each, _ in found}
    assert any(message in text for _, text in found)


def test_every_rule_has_a_break(rules: Rules) -> None:
    """No rule goes untested."""

    assert set(rules) == {each.values[0] for each in BREAKS}
