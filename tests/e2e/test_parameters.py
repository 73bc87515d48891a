"""Each deploy parameter does what it says: one stack with all of them, beside the stack of the other tests."""

import ast
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import anyio
import pytest
from mcp import Client

from e2e.cloud import ROOT, LocalCloud, Tuner, open_local_cloud, wait_for
from power_tuner_cli.cloud import find_stack
from power_tuner_cli.mcp_server import build_server
from power_tuner_local.cloudformation.sam import expand

pytestmark = pytest.mark.local_aws

PARAMETERS = {
    "PowerValues": "192,320",
    "lambdaResource": "arn:aws:lambda:us-east-1:*:function:tuned-*",
    "targetTag": "team-a",
    "maxInvocationsPerRun": "12",
    "maxInvocationsPerDay": "40",
    "processorResource": "arn:aws:lambda:us-east-1:*:function:processor-*",
    "payloadS3Bucket": "payload-bucket",
    "payloadS3Key": "payloads/*",
    "visualizationURL": "https://viewer.example/",
    "totalExecutionTimeout": "123",
    "permissionsBoundary": "arn:aws:iam::123456789012:policy/boundary",
    "securityGroupIds": "sg-1",
    "subnetIds": "subnet-1,subnet-2",
    "maxConcurrentBranches": "3",
    "logGroupRetentionInDays": "30",
    "resultRetentionInDays": "2",
    "stateMachineNamePrefix": "tunerOfTheTeam",
    "driftSchedule": "rate(3 days)",
    "maxConcurrentChecks": "4",
    "ssmParameterPrefix": "/tuned/",
    "autoApply": "ssm",
    "autoApplyAlias": "best",
    "tagApplyModes": "propose,alias",
    "productionLogGroups": "/shop/*",
    "lambdaStateEvents": "on",
    "alarmTopic": "arn:aws:sns:us-east-1:123456789012:alarms",
}


@dataclass(frozen=True)
class Deployed:
    """A local AWS with the stack that has all parameters."""

    cloud: LocalCloud

    def function(self, step: str) -> dict[str, Any]:
        """Return the configuration of one of the app's functions."""
        client = self.cloud.client("lambda")
        functions = client.get_paginator("list_functions").paginate().build_full_result()["Functions"]
        prefix = f"{self.cloud.stack_name}-{step}Function"
        name = next(f["FunctionName"] for f in functions if f["FunctionName"].startswith(prefix))
        configuration: dict[str, Any] = client.get_function_configuration(FunctionName=name)
        return configuration

    def policies(self, step: str) -> str:
        """Return the inline policies of a function's role, as text."""
        client = self.cloud.client("iam")
        role = self.function(step)["Role"].rsplit("/", 1)[1]
        names = client.list_role_policies(RoleName=role)["PolicyNames"]
        documents = [client.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"] for name in names]
        # moto's CloudFormation keeps a document as Python's text for it.
        return json.dumps([ast.literal_eval(one) if isinstance(one, str) else one for one in documents])

    def role(self, step: str) -> dict[str, Any]:
        """Return a function's role."""
        name = self.function(step)["Role"].rsplit("/", 1)[1]
        role: dict[str, Any] = self.cloud.client("iam").get_role(RoleName=name)["Role"]
        return role


@pytest.fixture(scope="module")
def deployed() -> Iterator[Deployed]:
    """The stack with all parameters."""
    with open_local_cloud("tuner-of-the-team", PARAMETERS) as cloud:
        yield Deployed(cloud)


@pytest.fixture(scope="module")
def plain(deployed: Deployed) -> Deployed:
    """A stack with no parameters, beside it."""
    return Deployed(deployed.cloud.with_stack("tuner-without-payloads", {"payloadS3Bucket": ""}))


@pytest.fixture
def run(deployed: Deployed, tmp_path: Any) -> Callable[..., dict[str, Any]]:
    """Tune a small function on that stack and return the execution."""

    def tune(name: str, timeout_s: int = 3, **fields: Any) -> dict[str, Any]:
        (tmp_path / "app.py").write_text("def handler(event, context):\n    return 1\n")
        arn = deployed.cloud.add_function(tmp_path, name=name, timeout_s=timeout_s)
        deployed.cloud.client("lambda").tag_resource(Resource=arn, Tags={"power-tuner-stack": "team-a"})
        return Tuner(deployed.cloud).tune({"lambdaARN": arn, "num": 1, **fields})

    return tune


def test_power_values_visualization_url_and_result_retention(
    deployed: Deployed, run: Callable[..., dict[str, Any]]
) -> None:
    """A run without memory sizes measures the stack's; its link names the viewer; its item expires as told."""
    execution = run("tuned-a", includeOutputResults=True)

    output = execution["output"]
    items = deployed.cloud.client("dynamodb").scan(TableName=deployed.cloud.outputs["TableName"])["Items"]
    item = next(item for item in items if "status" in item)
    kept_days = (int(item["expiresAt"]["N"]) - execution["stopDate"].timestamp()) / 86_400
    assert [192, 320] == [entry["value"] for entry in output["stats"]]
    assert output["stateMachine"]["visualization"].startswith("https://viewer.example/#")
    assert 1.9 < kept_days < 2.1


@pytest.mark.parametrize("step", ["Initializer", "Publisher", "Executor", "Cleaner"])
def test_lambda_resource(deployed: Deployed, step: str) -> None:
    """Each statement about targets names the pattern, and only the pattern."""
    statements = [s for document in json.loads(deployed.policies(step)) for s in document["Statement"]]
    allowed = json.dumps([s for s in statements if s["Effect"] == "Allow"])

    assert "arn:aws:lambda:us-east-1:*:function:tuned-*" in allowed
    assert "arn:aws:lambda:*:*:function:*" not in allowed


@pytest.mark.parametrize("step", ["Initializer", "Publisher", "Executor", "Optimizer", "Drift"])
def test_target_tag(deployed: Deployed, step: str) -> None:
    """Statements about targets have it as their condition; tests/security/test_target_tag.py needs it."""
    assert '"aws:ResourceTag/power-tuner-stack": "team-a"' in deployed.policies(step)


def test_max_invocations_per_run(run: Callable[..., dict[str, Any]]) -> None:
    """No input lifts it: neither num nor maxInvocations."""
    execution = run("tuned-capped", num=7, maxInvocations=1000)

    assert execution["error"] == "InvalidInput"
    assert "at most 12 invocations in all, as the stack's parameter maxInvocationsPerRun says" in execution["cause"]


@pytest.mark.parametrize("step", ["Initializer", "Analyzer", "Drift"])
def test_max_invocations_per_day(deployed: Deployed, step: str) -> None:
    """Each step that sets out to invoke knows it; tests/security/test_day_limit.py reaches it."""
    assert "40" == deployed.function(step)["Environment"]["Variables"]["MAX_INVOCATIONS_PER_DAY"]


@pytest.mark.parametrize("step", ["Initializer", "Optimizer"])
def test_lambda_resource_includes_versions_and_aliases(deployed: Deployed, step: str) -> None:
    """What an alias points to is read by its qualifier, also where the pattern is the name of one function."""
    statements = [s for document in json.loads(deployed.policies(step)) for s in document["Statement"]]
    reading = [s["Resource"] for s in statements if "lambda:GetFunctionConfiguration" in s["Action"]]

    pattern = "arn:aws:lambda:us-east-1:*:function:tuned-*"
    assert reading == [[pattern, f"{pattern}:*"]]


@pytest.mark.parametrize("step", ["Executor", "Drift"])
def test_processor_resource(deployed: Deployed, step: str) -> None:
    """What may be a processor may be invoked, whatever lambdaResource says."""
    assert '"arn:aws:lambda:us-east-1:*:function:processor-*"' in deployed.policies(step)


def test_lambda_resource_allows_deletion_of_versions_only(deployed: Deployed) -> None:
    """DeleteFunction is allowed on qualified ARNs alone."""
    statements = [s for document in json.loads(deployed.policies("Cleaner")) for s in document["Statement"]]

    deleting = {s["Effect"]: s for s in statements if "lambda:DeleteFunction" in s["Action"]}
    assert deleting["Allow"]["Resource"] == "arn:aws:lambda:us-east-1:*:function:tuned-*:*"
    assert deleting["Deny"]["NotResource"] == "arn:aws:lambda:*:*:function:*:*"


@pytest.mark.parametrize(
    "pattern",
    [
        "arn:aws:lambda:*",
        "arn:aws:lambda:us-east-1:123456789012:*",
        "**",
        "arn:aws:lambda:*:*:function",
        "arn:aws:lambda:*:*:function:x:*",
        "arn:aws:s3:::bucket",
        "*:function:x",
        "",
    ],
)
@pytest.mark.parametrize("parameter", ["lambdaResource", "processorResource"])
def test_a_pattern_that_allows_more_than_functions_is_refused(parameter: str, pattern: str) -> None:
    """It names a function, or all of them: CloudFormation refuses other patterns before it makes anything."""
    template = expand(ROOT / "template.yaml", PARAMETERS, "us-east-1", lambda _: ("bucket", "key"))
    allowed = re.fullmatch(template["Parameters"][parameter]["AllowedPattern"], pattern) is not None

    assert allowed == (parameter == "processorResource" and not pattern)


def test_payload_s3_bucket_and_key(deployed: Deployed) -> None:
    """The Initializer may read exactly the payloads that the parameters name."""
    assert "arn:aws:s3:::payload-bucket/payloads/*" in deployed.policies("Initializer")


def test_payload_s3_bucket_absent(plain: Deployed, deployed: Deployed) -> None:
    """Without the parameter there is no such policy."""
    assert "ReadPayload" in deployed.policies("Initializer")
    assert "ReadPayload" not in plain.policies("Initializer")


@pytest.mark.parametrize("step", ["Executor", "Publisher", "Optimizer"])
def test_total_execution_timeout(deployed: Deployed, step: str) -> None:
    """It is the timeout of the app's functions."""
    assert deployed.function(step)["Timeout"] == 123


@pytest.mark.parametrize(("timeout_s", "error"), [(123, None), (124, "TargetNotTunable")])
def test_total_execution_timeout_holds_an_invocation(
    run: Callable[..., dict[str, Any]], timeout_s: int, error: str | None
) -> None:
    """A function with a longer timeout is refused, with both numbers."""
    execution = run(f"tuned-{timeout_s}", timeout_s=timeout_s, powerValues=[128])

    assert error == execution.get("error")
    assert error is None or "its timeout is 124 s, and a call of the tuner may take 123 s" in execution["cause"]


def test_permissions_boundary(deployed: Deployed) -> None:
    """Each role has the boundary."""
    boundary = deployed.role("Executor")["PermissionsBoundary"]["PermissionsBoundaryArn"]

    assert boundary == PARAMETERS["permissionsBoundary"]


def test_security_group_ids_and_subnet_ids(deployed: Deployed) -> None:
    """The functions run in the VPC."""
    vpc = deployed.function("Executor")["VpcConfig"]

    assert (vpc["SecurityGroupIds"], vpc["SubnetIds"]) == (["sg-1"], ["subnet-1", "subnet-2"])


def test_max_concurrent_branches(deployed: Deployed) -> None:
    """It reaches the functions that tell the state machine."""
    assert deployed.function("Initializer")["Environment"]["Variables"]["MAX_CONCURRENT_BRANCHES"] == "3"


def test_log_group_retention_in_days(deployed: Deployed) -> None:
    """The app's log groups forget after that time."""
    groups = deployed.cloud.client("logs").describe_log_groups()["logGroups"]

    ours = [group for group in groups if deployed.cloud.stack_name in group["logGroupName"]]
    assert len(ours) > 8
    assert {30} == {group.get("retentionInDays") for group in ours}


def test_drift_schedule(deployed: Deployed) -> None:
    """The enrolled functions are checked when it says."""
    schedule = deployed.cloud.client("scheduler").get_schedule(Name=f"{deployed.cloud.stack_name}-fleet")

    assert PARAMETERS["driftSchedule"] == schedule["ScheduleExpression"]


def test_max_concurrent_checks(deployed: Deployed) -> None:
    """The function that lists the fleet tells the state machine."""
    name = deployed.function("Fleet")["FunctionName"]

    answer = deployed.cloud.client("lambda").invoke(FunctionName=name, Payload=b"{}")

    assert 4 == json.loads(answer["Payload"].read())["maxConcurrentChecks"]


def test_ssm_parameter_prefix_and_auto_apply(deployed: Deployed, run: Callable[..., dict[str, Any]]) -> None:
    """A run that says nothing of its decision: the stack writes it to a parameter that is named after the function."""
    execution = run("tuned-c", powerValues=[192])

    ssm = deployed.cloud.client("ssm")

    def written() -> bool:
        return "/tuned/tuned-c" in [each["Name"] for each in ssm.describe_parameters()["Parameters"]]

    wait_for("the decision is written", written)
    assert "192" == ssm.get_parameter(Name="/tuned/tuned-c")["Parameter"]["Value"]
    assert 192 == execution["output"]["power"]
    assert "parameter/tuned/*" in deployed.policies("Optimizer")


def test_the_run_of_a_coding_agent_is_never_applied(deployed: Deployed, tmp_path: Path) -> None:
    """Whatever the stack does with decisions: the tool says that it leaves the function as it was."""
    (tmp_path / "app.py").write_text("def handler(event, context):\n    return 1\n")
    arn = deployed.cloud.add_function(tmp_path, name="tuned-by-an-agent", timeout_s=3)
    deployed.cloud.client("lambda").tag_resource(Resource=arn, Tags={"power-tuner-stack": "team-a"})
    server = build_server(deployed.cloud, find_stack(deployed.cloud, deployed.cloud.stack_name), allow_runs=True)

    async def tuned() -> Any:
        async with Client(server) as client:
            asked = {"function": arn, "run_input": {"powerValues": [192], "num": 1}}
            return await client.call_tool("tune", asked)

    ended = anyio.run(tuned).structured_content

    deployed.cloud.settle()
    parameters = deployed.cloud.client("ssm").describe_parameters()["Parameters"]
    assert ("SUCCEEDED", 192) == (ended["status"], ended["result"]["decision"]["power"])
    assert "/tuned/tuned-by-an-agent" not in [each["Name"] for each in parameters]


def test_auto_apply_is_off_by_default(plain: Deployed, deployed: Deployed) -> None:
    """The stack of the other tests leaves functions alone."""

    told = [_auto_apply(each) for each in (deployed, plain)]

    assert [("ssm", "best"), ("never", "live")] == told


def _auto_apply(deployed: Deployed) -> tuple[str, str]:
    variables = deployed.function("Initializer")["Environment"]["Variables"]
    return variables["AUTO_APPLY"], variables["AUTO_APPLY_ALIAS"]


def test_tags_may_ask_for_what_the_stack_says(plain: Deployed, deployed: Deployed) -> None:
    """Without the parameter they may propose, and exclude a function."""

    modes = [each.function("Deployments")["Environment"]["Variables"]["TAG_APPLY_MODES"] for each in (deployed, plain)]

    assert modes == ["propose,alias", "never,propose"]


def test_production_log_groups(deployed: Deployed) -> None:
    """Drift checks may read these log groups, and no others."""
    policies = deployed.policies("Drift")

    assert "log-group:/shop/*" in policies
    assert "log-group:/aws/lambda" not in policies


def test_lambda_state_events(plain: Deployed, deployed: Deployed) -> None:
    """Lambda's own events are listened to only where it says on."""

    rules = deployed.cloud.client("events").list_rules()["Rules"]

    states = {rule["Name"].split("-Deployments")[0]: rule["State"] for rule in rules if "StateChanged" in rule["Name"]}
    assert {deployed.cloud.stack_name: "ENABLED", plain.cloud.stack_name: "DISABLED"}.items() <= states.items()


def test_alarm_topic() -> None:
    """Each alarm is sent there (as the template has it: the local AWS makes no alarms)."""
    resources = expand(ROOT / "template.yaml", PARAMETERS, "us-east-1", lambda _: ("bucket", "key"))["Resources"]
    alarms = [each["Properties"] for each in resources.values() if each["Type"] == "AWS::CloudWatch::Alarm"]

    topic = {"Fn::If": ["HasAlarmTopic", [{"Ref": "alarmTopic"}], {"Ref": "AWS::NoValue"}]}
    assert [topic] * 6 == [alarm["AlarmActions"] for alarm in alarms]


def test_each_parameter_is_tested_here() -> None:
    """A parameter that has come since is noticed; those of modes and keys are tested in tests/security/."""
    template = expand(ROOT / "template.yaml", PARAMETERS, "us-east-1", lambda _: ("bucket", "key"))

    assert set(template["Parameters"]) == {*PARAMETERS, "mode", "kmsKeyArn", "payloadKmsKeyArns"}


def test_the_peers_parameters() -> None:
    """All that aws-lambda-power-tuning 4.4.0 documents, but for the layer of its own."""
    template = expand(ROOT / "template.yaml", PARAMETERS, "us-east-1", lambda _: ("bucket", "key"))
    peers = {
        *("PowerValues", "visualizationURL", "lambdaResource", "totalExecutionTimeout", "permissionsBoundary"),
        *("payloadS3Bucket", "payloadS3Key", "logGroupRetentionInDays", "securityGroupIds", "subnetIds"),
        *("stateMachineNamePrefix", "layerSdkName"),
    }

    assert peers - set(template["Parameters"]) == {"layerSdkName"}


def test_state_machine_name_prefix(deployed: Deployed) -> None:
    """The state machine's name begins with it and ends with the stack's id."""
    name = deployed.cloud.outputs["StateMachineArn"].rsplit(":", 1)[1]

    assert name.startswith("tunerOfTheTeam-")
    assert len(name) == len("tunerOfTheTeam-") + 36


def test_only_the_state_machine_that_tunes_is_found_by_name(deployed: Deployed) -> None:
    """A script that looks for the prefix finds one, and one that looks for the stack's name never the drift checks."""
    machines = deployed.cloud.client("stepfunctions").list_state_machines()["stateMachines"]
    found = {
        looked_for: [each["stateMachineArn"] for each in machines if looked_for in each["name"]]
        for looked_for in ("tunerOfTheTeam", deployed.cloud.stack_name)
    }

    assert {"tunerOfTheTeam": [deployed.cloud.outputs["StateMachineArn"]], deployed.cloud.stack_name: []} == found


@pytest.mark.parametrize(
    ("parameter", "value"),
    [
        ("stateMachineNamePrefix", ""),
        ("logGroupRetentionInDays", 1096),
        ("logGroupRetentionInDays", 2192),
        ("logGroupRetentionInDays", 2557),
        ("logGroupRetentionInDays", 2922),
        ("logGroupRetentionInDays", 3288),
    ],
)
def test_what_aws_takes_a_parameter_takes(parameter: str, value: str | int) -> None:
    """Each retention that CloudWatch Logs knows, and a name without a prefix (as the template has it)."""
    template = expand(ROOT / "template.yaml", PARAMETERS, "us-east-1", lambda _: ("bucket", "key"))
    rules = template["Parameters"][parameter]

    assert value in rules.get("AllowedValues", [value])
    assert re.fullmatch(rules.get("AllowedPattern", ".*"), str(value))
