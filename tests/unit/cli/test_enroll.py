"""`power-tuner enroll`, `unenroll` and `enrolled`."""

import json
import re
from typing import Any

import pytest
from botocore.stub import ANY
from msgspec import to_builtins

from power_tuner.automation.policy import Policy
from power_tuner.automation.profile import Profile
from power_tuner.aws import keys
from power_tuner.aws.item_table import to_attributes
from power_tuner_cli.exit_codes import ExitCode
from power_tuner_cli.run_options import OF_A_PROFILE, OF_A_RUN
from unit.cli.conftest import PowerTuner
from unit.cli.stubbed_aws import BUCKET, TABLE, StubbedAws

ARN = "arn:aws:lambda:eu-west-1:123456789012:function:thumbnailer"
KEY = {name: {"S": text} for name, text in keys.profile(ARN).items()}

CONFIGURATION = {
    "FunctionArn": ARN,
    "Version": "$LATEST",
    "MemorySize": 512,
    "Timeout": 30,
    "CodeSha256": "code-1",
    "RevisionId": "revision-1",
}


def expect_put(aws: StubbedAws, **parameters: str) -> list[dict[str, Any]]:
    """Expect a profile to be written; what is written is in the list afterwards."""
    aws.has_stack(**parameters)
    aws.stub("lambda").add_response("get_function_configuration", CONFIGURATION, {"FunctionName": ARN})
    aws.stub("dynamodb").add_response("put_item", {}, {"TableName": TABLE, "Item": ANY})
    written: list[dict[str, Any]] = []

    def note(params: dict[str, Any], **_: Any) -> None:
        written.append(json.loads(params["Item"]["profile"]["S"]))

    aws.client("dynamodb").meta.events.register_first("before-parameter-build.dynamodb.PutItem", note)
    return written


def has_profile(aws: StubbedAws, profile: Profile) -> None:
    item = {**KEY, "profile": {"S": json.dumps(to_builtins(profile))}}
    aws.stub("dynamodb").add_response("get_item", {"Item": item})


def test_a_function_is_enrolled(aws: StubbedAws, power_tuner: PowerTuner) -> None:
    """The options become the profile that the table keeps, and the document that is shown."""
    written = expect_put(aws)

    finished = power_tuner(
        *("enroll", "thumbnailer", "--payload", '{"size": 3}', "--strategy", "balanced", "--num", "20"),
        *("--apply", "alias", "--alias", "prod", "--minimum-gain", "5", "--cool-down", "60", "--json"),
    )

    expected = Profile(
        ARN,
        {"payload": {"size": 3}, "strategy": "balanced", "num": 20},
        Policy("alias", alias="prod", minimum_gain=0.05),
        cool_down_s=60,
    )
    assert [to_builtins(expected)] == written
    assert to_builtins(expected) == json.loads(finished.stdout)


def test_a_profile_takes_all_that_a_run_takes(aws: StubbedAws, power_tuner: PowerTuner) -> None:
    """But for what its policy says, and for a dry run."""
    written = expect_put(aws)

    power_tuner(
        *("enroll", "thumbnailer", "--payload-s3", "s3://photos/event.json", "--strategy", "slo"),
        *("--max-duration-ms", "250", "--statistic", "p99", "--tolerance", "0.1", "--confidence", "high"),
        *("--max-invocations", "200", "--max-cost-usd", "0.5", "--max-duration-seconds", "600"),
        *("--discard-top-bottom", "0.1", "--sleep-between-runs-ms", "40", "--allowed-exception", "NotFound"),
        *("--pre-processor", "before", "--post-processor", "after", "--disable-payload-logs", "--parallel"),
    )

    assert {
        "payloadS3": "s3://photos/event.json",
        "strategy": "slo",
        "maxDurationMs": 250.0,
        "statistic": "p99",
        "tolerance": 0.1,
        "confidence": "high",
        "maxInvocations": 200,
        "maxCostUsd": 0.5,
        "maxDurationSeconds": 600,
        "discardTopBottom": 0.1,
        "sleepBetweenRunsMs": 40.0,
        "allowedExceptions": ["NotFound"],
        "preProcessorARN": "before",
        "postProcessorARN": "after",
        "disablePayloadLogs": True,
        "parallelInvocation": True,
    } == written[0]["input"]


def test_a_profile_takes_nothing_else() -> None:
    """What its policy says has options of its own."""
    not_taken = {field.name for field in OF_A_RUN} - {field.name for field in OF_A_PROFILE}

    assert {"autoOptimize", "autoOptimizeAlias", "autoOptimizeCanary", "dryRun"} == not_taken


def test_what_happens_next_is_told(aws: StubbedAws, power_tuner: PowerTuner) -> None:
    """By default nothing is changed, and the command says so."""
    expect_put(aws)

    finished = power_tuner("enroll", "thumbnailer", "--num", "5")

    assert "recorded and sent as an event; nothing is changed unless" in finished.stderr.replace("\n", " ")


@pytest.mark.parametrize(
    ("mode", "options", "told"),
    [
        ("measure", [], "deployed with mode=measure, which tunes nothing by itself"),
        ("measure", ["--apply", "propose"], "deployed with mode=measure, which tunes nothing by itself"),
        ("advise", ["--apply", "latest"], "--apply: 'latest' is not accepted. Allowed: never or propose; this stack"),
        ("advise", ["--apply", "alias", "--alias", "live"], "--apply: 'alias' is not accepted."),
    ],
)
def test_nothing_is_enrolled_that_the_stack_would_not_do(
    aws: StubbedAws, power_tuner: PowerTuner, mode: str, options: list[str], told: str
) -> None:
    """The mode of the stack is told before anything is written."""
    aws.has_stack(mode=mode)

    finished = power_tuner("enroll", "thumbnailer", "--num", "5", *options)

    assert finished.exit_code == ExitCode.BAD_INPUT
    assert told in " ".join(finished.stderr.split())


def test_a_stack_that_advises_enrols(aws: StubbedAws, power_tuner: PowerTuner) -> None:
    """With what it may do: proposals, or nothing."""
    written = expect_put(aws, mode="advise")

    power_tuner("enroll", "thumbnailer", "--num", "5", "--apply", "propose")

    assert written[0]["policy"]["apply"] == "propose"


def test_a_large_payload_goes_to_s3(aws: StubbedAws, power_tuner: PowerTuner, tmp_path: Any) -> None:
    """An item holds 400 KB; a larger payload is an object that the profile names."""
    (tmp_path / "event.json").write_text(json.dumps("x" * 300_000))
    written = expect_put(aws)
    aws.stub("s3").add_response("put_object", {}, {"Bucket": BUCKET, "Key": ANY, "Body": ANY, "ContentType": ANY})

    power_tuner("enroll", "thumbnailer", "--num", "5", "--payload-file", str(tmp_path / "event.json"))

    uri = written[0]["input"]["payloadS3"]
    assert uri.startswith(f"s3://{BUCKET}/profiles/thumbnailer-")
    assert "payload" not in written[0]["input"]


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["--apply", "always"], "--apply: 'always' is not accepted"),
        (["--apply", "alias"], "--alias: nothing was given"),
        (["--apply", "ssm"], "--parameter: nothing was given"),
        (["--strategy", "fastest"], "--strategy: 'fastest' is not accepted"),
        (["--strategy", "slo"], "--max-duration-ms: nothing was given"),
        (["--cool-down", "-1"], "--cool-down: -1 is not accepted"),
        (["--drift-mode", "guess"], "--drift-mode: 'guess' is not accepted"),
        (
            ["--minimum-gain", "200"],
            "--minimum-gain: 200.0 is not accepted. Allowed: a percentage from 0 and below 100",
        ),
        (["--drift-threshold", "0"], "--drift-threshold: 0.0 is not accepted. Allowed: a percentage above 0"),
    ],
)
def test_a_wrong_option_is_told_before_aws_is_asked(power_tuner: PowerTuner, options: list[str], told: str) -> None:
    """The option, the value and what is allowed; no call was made, for none was stubbed."""
    finished = power_tuner("enroll", "thumbnailer", *options)

    assert ExitCode.BAD_INPUT == finished.exit_code
    assert told in finished.stderr


def test_an_unknown_function_is_told(aws: StubbedAws, power_tuner: PowerTuner) -> None:
    """A misspelt name would never be tuned."""
    aws.has_stack()
    aws.stub("lambda").add_client_error("get_function_configuration", "ResourceNotFoundException")

    finished = power_tuner("enroll", "thumbnailer", "--num", "5")

    assert (ExitCode.BAD_INPUT, True) == (finished.exit_code, f"There is no function {ARN}" in finished.stderr)


def test_a_function_is_taken_out(aws: StubbedAws, power_tuner: PowerTuner) -> None:
    """The profile goes, and its payload in S3 with it."""
    aws.has_stack()
    has_profile(aws, Profile(ARN, {"num": 5, "payloadS3": f"s3://{BUCKET}/profiles/thumbnailer-1.json"}))
    aws.stub("dynamodb").add_response("delete_item", {}, {"TableName": TABLE, "Key": KEY})
    aws.stub("s3").add_response("delete_object", {}, {"Bucket": BUCKET, "Key": "profiles/thumbnailer-1.json"})

    finished = power_tuner("unenroll", "thumbnailer", "--json")

    assert {"targetArn": ARN, "enrolled": False} == json.loads(finished.stdout)
    aws.stub("s3").assert_no_pending_responses()


def test_what_is_not_enrolled_cannot_be_taken_out(aws: StubbedAws, power_tuner: PowerTuner) -> None:
    """A misspelt name is told."""
    aws.has_stack()
    aws.stub("dynamodb").add_response("get_item", {})

    finished = power_tuner("unenroll", "thumbnailer")

    assert ExitCode.BAD_INPUT == finished.exit_code


def test_who_enrolled_by_tag_is_told_to_take_it_off(aws: StubbedAws, power_tuner: PowerTuner) -> None:
    """Else the next deployment brings it back."""
    aws.has_stack()
    has_profile(aws, Profile(ARN, {"num": 5}, enrolled_by="tag"))
    aws.stub("dynamodb").add_response("delete_item", {})

    assert "tag power-tuning" in power_tuner("unenroll", "thumbnailer").stderr


@pytest.mark.parametrize("flag", ["--json", None])
def test_the_enrolled_are_listed(aws: StubbedAws, power_tuner: PowerTuner, flag: str | None) -> None:
    """By name, with what becomes of their results."""
    aws.has_stack()
    profile = Profile(ARN, {"num": 5}, Policy("ssm", parameter="/tune/thumbnailer"))
    damaged = f"{ARN}-2"
    texts = {ARN: json.dumps(to_builtins(profile)), damaged: "{"}
    items = [{"profile": {"S": text}, **to_attributes(keys.profile(arn))} for arn, text in texts.items()]
    aws.stub("dynamodb").add_response("query", {"Items": items})

    finished = power_tuner("enrolled", *([flag] if flag else []))

    if flag:
        assert [to_builtins(profile), {"targetArn": damaged, "damaged": True}] == json.loads(finished.stdout)
    else:
        assert "ssm /tune/thumbnailer" in finished.stdout
        assert re.search(r"thumbnailer-2 .*cannot be read", finished.stdout)


def test_enrolled_functions_are_taken_out_by_pattern(aws: StubbedAws, power_tuner: PowerTuner) -> None:
    """Those that match, and no others; a dry run only lists them."""
    arns = [ARN.replace("thumbnailer", name) for name in ("orders-1", "orders-2", "users")]
    items = [
        {"profile": {"S": json.dumps(to_builtins(Profile(arn, {"num": 5})))}, **to_attributes(keys.profile(arn))}
        for arn in arns
    ]
    for deleted in ([], arns[:2], []):
        aws.has_stack()
        aws.stub("dynamodb").add_response("query", {"Items": items})
        for arn in deleted:
            expected = {"TableName": TABLE, "Key": to_attributes(keys.profile(arn))}
            aws.stub("dynamodb").add_response("delete_item", {}, expected)

    listed = power_tuner("unenroll", "orders-*", "--dry-run", "--json")
    done = power_tuner("unenroll", "orders-*", "--json")
    refused = power_tuner("unenroll", "payments-*")

    assert [{"targetArn": arn, "enrolled": True} for arn in arns[:2]] == json.loads(listed.stdout)
    assert [{"targetArn": arn, "enrolled": False} for arn in arns[:2]] == json.loads(done.stdout)
    assert "No enrolled function matches 'payments-*'" in refused.stderr
    aws.stub("dynamodb").assert_no_pending_responses()


def test_a_function_of_the_tuner_is_not_enrolled(aws: StubbedAws, power_tuner: PowerTuner) -> None:
    """It would never be tuned."""
    aws.has_stack()
    own = {"ResourceType": "AWS::Lambda::Function", "PhysicalResourceId": "power-tuner-Fleet-1"}
    summary = {**own, "LogicalResourceId": "Fleet", "ResourceStatus": "x", "LastUpdatedTimestamp": 0}
    aws.stub("cloudformation").add_response("list_stack_resources", {"StackResourceSummaries": [summary]})

    assert "a function of the tuner itself" in power_tuner("enroll", "power-tuner-Fleet-1").stderr


def test_a_damaged_profile_can_be_taken_out(aws: StubbedAws, power_tuner: PowerTuner) -> None:
    """Else its function would stay enrolled for ever."""
    aws.has_stack()
    aws.stub("dynamodb").add_response(
        "get_item", {"Item": {"profile": {"S": "[]"}, **to_attributes(keys.profile(ARN))}}
    )
    aws.stub("dynamodb").add_response("delete_item", {})

    assert 0 == power_tuner("unenroll", "thumbnailer").exit_code


def test_nobody_enrolled_is_told(aws: StubbedAws, power_tuner: PowerTuner) -> None:
    """An empty list, and the first step."""
    aws.has_stack()
    aws.stub("dynamodb").add_response("query", {"Items": []})

    finished = power_tuner("enrolled", "--json")

    assert [] == json.loads(finished.stdout)
    assert "power-tuner enroll FUNCTION" in finished.stderr
