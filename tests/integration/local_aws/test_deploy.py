"""`power-tuner deploy` and `undeploy` on the local AWS: the real bundle, expanded by the service."""

import contextlib
import json
import os
import pty
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from typer.testing import CliRunner, Result

from power_tuner.app import App
from power_tuner.tuning.lease import Lease
from power_tuner_cli import local_aws, undeploy
from power_tuner_cli.cloud import find_stack
from power_tuner_cli.deployment.bundle import make_bundle
from power_tuner_cli.deployment.layer import build_layer
from power_tuner_cli.main import build_app

if TYPE_CHECKING:
    from power_tuner_local import LocalAws

pytestmark = pytest.mark.local_aws

ROOT = Path(__file__).parents[3]
STACK = "deployed"
PowerTuner = Callable[..., Result]


@pytest.fixture
def power_tuner(aws: "LocalAws", monkeypatch: pytest.MonkeyPatch) -> PowerTuner:
    """Run a command on this local AWS."""
    monkeypatch.setattr(local_aws, "require_local_aws", lambda _: aws)
    monkeypatch.setenv("COLUMNS", "120")

    def run(*arguments: str) -> Result:
        return CliRunner().invoke(build_app(), [*arguments, "--local", "--stack-name", STACK], catch_exceptions=False)

    return run


@pytest.fixture
def deployed(power_tuner: PowerTuner) -> Iterator[dict[str, Any]]:
    """A stack that deploy has made; it is gone after the test."""
    done = power_tuner("deploy", "--yes", "--json")
    assert done.exit_code == 0, done.stderr
    yield json.loads(done.stdout)
    power_tuner("undeploy", "--yes", "--stop-runs", "--delete-data")


def inventory(aws: "LocalAws") -> dict[str, set[str]]:
    """Return all that an account holds of what a stack makes."""

    def names(service: str, operation: str, result: str, key: str | None, **arguments: Any) -> set[str]:
        found = getattr(aws.client(service), operation)(**arguments).get(result, [])
        return {each if key is None else each[key] for each in found}

    return {
        "functions": names("lambda", "list_functions", "Functions", "FunctionName"),
        "state machines": names("stepfunctions", "list_state_machines", "stateMachines", "name"),
        "roles": names("iam", "list_roles", "Roles", "RoleName"),
        "log groups": names("logs", "describe_log_groups", "logGroups", "logGroupName"),
        "queues": names("sqs", "list_queues", "QueueUrls", None),
        "buses": names("events", "list_event_buses", "EventBuses", "Name"),
        "rules": names("events", "list_rules", "Rules", "Name"),
        "schedules": names("scheduler", "list_schedules", "Schedules", "Name"),
        "dashboards": names("cloudwatch", "list_dashboards", "DashboardEntries", "DashboardName"),
        "tables": names("dynamodb", "list_tables", "TableNames", None),
        "buckets": names("s3", "list_buckets", "Buckets", "Name"),
        "stacks": names("cloudformation", "describe_stacks", "Stacks", "StackName"),
    }


def new(before: Mapping[str, set[str]], after: Mapping[str, set[str]]) -> dict[str, set[str]]:
    return {kind: left for kind in before if (left := after[kind] - before[kind])}


def outputs(aws: "LocalAws") -> dict[str, str]:
    (stack,) = aws.client("cloudformation").describe_stacks(StackName=STACK)["Stacks"]
    return {each["OutputKey"]: each["OutputValue"] for each in stack["Outputs"]}


def test_a_stack_is_deployed_with_words(power_tuner: PowerTuner) -> None:
    """The first deployment says what it makes, with which rights and at what cost, and names the next command."""
    done = power_tuner("deploy", "--yes", "--mode", "measure")
    power_tuner("undeploy", "--yes", "--delete-data")

    assert done.exit_code == 0, done.stderr
    assert "It creates 11 roles, 10 log groups, 9 functions, 4 alarms" in done.stderr
    assert "Mode measure: people and pipelines start runs" in done.stderr
    assert (
        "on arn:*:lambda:*:*:function:*\n    lambda:GetFunctionConcurrency, lambda:GetFunctionConfiguration"
        in done.stderr
    )
    assert "lambda:CreateAlias" not in done.stderr
    assert "While nothing runs it costs about $4.01 a month (4 alarms $0.40, 1 dashboard $3.00" in done.stderr
    assert f"power-tuner tune FUNCTION --payload-file event.json --local --stack-name {STACK}" in done.stderr


def test_deployed_again_there_is_nothing_to_change(deployed: dict[str, Any], power_tuner: PowerTuner) -> None:
    """The same bundle changes nothing, which is a success."""
    again = power_tuner("deploy", "--yes", "--json")

    assert deployed["status"] == "DEPLOYED"
    assert (again.exit_code, json.loads(again.stdout)["status"]) == (0, "UNCHANGED")


def test_the_deployed_stack_tunes(deployed: dict[str, Any], aws: "LocalAws", power_tuner: PowerTuner) -> None:
    """Handlers, state machines and permissions from the bundle carry a run."""
    aws.add_function(ROOT / "infrastructure" / "examples" / "waiting_bound", name="waiting")
    event = str(ROOT / "infrastructure" / "examples" / "waiting_bound" / "event.json")
    done = power_tuner("tune", "waiting", "--payload-file", event, "--num", "2", "--power-values", "128,256", "--json")

    assert deployed["outputs"]["StateMachineArn"]
    assert json.loads(done.stdout)["status"] == "SUCCEEDED", done.stderr


def test_another_mode_is_an_update(deployed: dict[str, Any], aws: "LocalAws", power_tuner: PowerTuner) -> None:
    """A smaller mode removes what it does not need and says which rights are lost; table and bucket stay the same."""
    table = outputs(aws)["TableName"]
    smaller = power_tuner("deploy", "--yes", "--mode", "measure")
    kept = power_tuner("deploy", "--yes", "--set", "maxConcurrentBranches=5")
    (stack,) = aws.client("cloudformation").describe_stacks(StackName=STACK)["Stacks"]
    parameters = {each["ParameterKey"]: each["ParameterValue"] for each in stack["Parameters"]}

    assert "Its roles lose:\n" in smaller.stderr
    assert "lambda:CreateAlias" in smaller.stderr.partition("Its roles lose:")[2]
    assert "WARNING" not in smaller.stderr
    assert kept.exit_code == 0
    assert (parameters["mode"], parameters["maxConcurrentBranches"]) == ("measure", "5")
    assert table == outputs(aws)["TableName"] == deployed["outputs"]["TableName"]
    assert not [name for name in inventory(aws)["functions"] if "Optimizer" in name]


def test_a_dry_run_leaves_nothing_but_the_upload(aws: "LocalAws", power_tuner: PowerTuner) -> None:
    """What would be done is shown; no stack waits for a review that nobody makes."""
    before = inventory(aws)
    done = power_tuner("deploy", "--dry-run", "--json")

    assert (done.exit_code, json.loads(done.stdout)["status"]) == (0, "PLANNED")
    assert len(json.loads(done.stdout)["changes"]) > 50
    assert new(before, inventory(aws)).keys() <= {"buckets"}


def test_a_failed_deployment_says_why_and_can_be_repeated(aws: "LocalAws", power_tuner: PowerTuner) -> None:
    """The resource that failed first, why, and what to do; nothing is left, and the next try needs no cleaning."""
    group = f"/aws/vendedlogs/states/{STACK}-tune"
    aws.client("logs").create_log_group(logGroupName=group)
    before = inventory(aws)
    failed = power_tuner("deploy", "--yes")
    left = new(before, inventory(aws))
    aws.client("logs").delete_log_group(logGroupName=group)
    repeated = power_tuner("deploy", "--yes")
    power_tuner("undeploy", "--yes", "--delete-data")

    assert failed.exit_code == 1
    assert "The deployment failed at TuneLogGroup (AWS::Logs::LogGroup):" in failed.stderr
    assert "already exists" in failed.stderr
    assert "Everything that was created is deleted again." in failed.stderr
    assert "What to do: something else has this name" in failed.stderr
    assert left.keys() <= {"buckets", "stacks"}
    assert repeated.exit_code == 0, repeated.stderr


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--set", "mod=apply"], "--set mod: the template has no such parameter. Did you mean mode?"),
        (["--set", "mode"], "--set 'mode': give it as PARAMETER=VALUE."),
        (["--mode", "all"], "--mode 'all': give one of measure, advise, apply."),
        (
            ["--set", "maxConcurrentBranches=0"],
            "--set maxConcurrentBranches='0': give a number at least 1 and at most 100.",
        ),
        (["--set", "lambdaResource=mine"], "--set lambdaResource='mine': give must be * or an ARN pattern"),
        (["--mode", "apply", "--set", "mode=advise"], "--mode apply and --set mode=advise say two things"),
        (["--mode", "measure", "--set", "autoApply=latest"], "With mode=measure nothing is applied"),
        (["--set", "autoApply=latest", "--mode", "advise"], "With mode=advise decisions are proposed at most"),
    ],
    ids=lambda each: " ".join(each) if isinstance(each, list) else "",
)
def test_bad_settings_are_refused_before_anything_is_touched(
    aws: "LocalAws", power_tuner: PowerTuner, arguments: list[str], words: str
) -> None:
    """The message names the option as it was typed, and what is allowed."""
    before = inventory(aws)
    done = power_tuner("deploy", "--yes", *arguments)

    assert done.exit_code == 2
    assert words in " ".join(done.stderr.split())
    assert new(before, inventory(aws)) == {}


@pytest.mark.parametrize("command", ["deploy", "undeploy"])
def test_without_anybody_to_ask_nothing_is_done(aws: "LocalAws", power_tuner: PowerTuner, command: str) -> None:
    """A pipeline says --yes, or is told to."""
    before = inventory(aws)
    done = power_tuner(command)

    assert done.exit_code == 2
    assert "give --yes" in done.stderr
    assert new(before, inventory(aws)) == {}


@pytest.mark.parametrize("command", ["deploy", "undeploy"])
def test_the_stack_of_somebody_else_is_left_alone(aws: "LocalAws", power_tuner: PowerTuner, command: str) -> None:
    """A stack that is not a tuner's is neither updated nor removed."""
    body = json.dumps({"Resources": {"Queue": {"Type": "AWS::SQS::Queue"}}})
    aws.client("cloudformation").create_stack(StackName=STACK, TemplateBody=body)
    done = power_tuner(command, "--yes")
    still = inventory(aws)["stacks"]
    aws.client("cloudformation").delete_stack(StackName=STACK)

    assert done.exit_code == 2
    assert "is not a power tuner, and is left alone" in done.stderr
    assert STACK in still


def test_undeploy_leaves_the_data_and_nothing_else(aws: "LocalAws", power_tuner: PowerTuner) -> None:
    """Of a deployed stack the table and the bucket stay, and they are named; what was uploaded goes too."""
    before = inventory(aws)
    power_tuner("deploy", "--yes")
    data = outputs(aws)
    done = power_tuner("undeploy", "--yes")
    left = new(before, inventory(aws))
    aws.client("s3").delete_bucket(Bucket=data["BucketName"])
    aws.client("dynamodb").delete_table(TableName=data["TableName"])

    assert done.exit_code == 0, done.stderr
    assert left == {"tables": {data["TableName"]}, "buckets": {data["BucketName"]}}
    assert f"Kept: the table {data['TableName']} (history, profiles)" in done.stderr
    assert "is gone, and what was uploaded for it" in done.stderr


def test_with_delete_data_nothing_at_all_is_left(aws: "LocalAws", power_tuner: PowerTuner) -> None:
    """The data goes too, after a warning."""
    before = inventory(aws)
    power_tuner("deploy", "--yes")
    aws.client("s3").put_object(Bucket=outputs(aws)["BucketName"], Key="runs/one", Body=b"{}")
    done = power_tuner("undeploy", "--yes", "--delete-data")

    assert new(before, inventory(aws)) == {}
    assert "WARNING: the table" in done.stderr


def test_a_bucket_that_is_named_stays(aws: "LocalAws", power_tuner: PowerTuner) -> None:
    """A bucket of one's own is used if it exists; undeploy takes out what was uploaded, and leaves it."""
    missing = power_tuner("deploy", "--yes", "--bucket", "mine")
    aws.client("s3").create_bucket(Bucket="mine")
    aws.client("s3").put_object(Bucket="mine", Key="other", Body=b"")
    done = power_tuner("deploy", "--yes", "--bucket", "mine")
    uploaded = aws.client("s3").list_objects_v2(Bucket="mine")["KeyCount"]
    power_tuner("undeploy", "--yes", "--delete-data")
    left = [each["Key"] for each in aws.client("s3").list_objects_v2(Bucket="mine")["Contents"]]

    assert (missing.exit_code, done.exit_code) == (2, 0)
    assert "--bucket 'mine': there is no such bucket" in missing.stderr
    assert uploaded > 1
    assert left == ["other"]


def test_undeploy_waits_for_runs(
    deployed: dict[str, Any], aws: "LocalAws", power_tuner: PowerTuner, tmp_path: Path
) -> None:
    """While a run is under way nothing is removed, unless it is to be stopped; its function is as it was."""
    code = "import time\ndef handler(event, context):\n    time.sleep(20)\n"
    (tmp_path / "app.py").write_text(code, encoding="utf-8")
    target = aws.add_function(tmp_path, name="slow", memory_mb=256, timeout_s=60)
    run = {"lambdaARN": target, "powerValues": [128, 512], "num": 5}
    arn = deployed["outputs"]["StateMachineArn"]
    aws.client("stepfunctions").start_execution(stateMachineArn=arn, name="slow-run", input=json.dumps(run))
    app = App(find_stack(aws, STACK).settings, make_client=aws.client)
    deadline = time.monotonic() + 20
    while not list(app.leases.held()) and time.monotonic() < deadline:
        time.sleep(0.1)
    refused = power_tuner("undeploy", "--yes")
    standing = STACK in inventory(aws)["stacks"]
    done = power_tuner("undeploy", "--yes", "--stop-runs", "--delete-data")
    client = aws.client("lambda")
    versions = client.list_versions_by_function(FunctionName="slow")["Versions"]

    assert refused.exit_code == 2
    assert "Runs are under way: slow-run." in refused.stderr
    assert standing
    assert done.exit_code == 0, done.stderr
    assert [("$LATEST", 256)] == [(each["Version"], each["MemorySize"]) for each in versions]


def test_undeploy_refuses_while_a_cleanup_is_not_finished(
    deployed: dict[str, Any], aws: "LocalAws", power_tuner: PowerTuner, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A lease that the janitor cannot finish keeps the stack: only it knows what the function had."""
    monkeypatch.setattr(undeploy, "_CLEANUP_S", 0.5)
    app = App(find_stack(aws, STACK).settings, make_client=aws.client)
    target = "arn:aws:lambda:us-east-1:123456789012:function:held"
    app.leases.take(Lease(target_arn=target, run_id="held-run", until_s=int(time.time()) + 3600))
    done = power_tuner("undeploy", "--yes")
    app.leases.release(target, "held-run")

    assert done.exit_code == 1
    assert "The cleanup after a run is not finished for: held." in done.stderr
    assert deployed["stack"] in inventory(aws)["stacks"]


@pytest.mark.parametrize("answer", [b"\n", b"\x03"], ids=["no", "Ctrl-C"])
def test_who_is_asked_may_decline(aws: "LocalAws", tmp_path: Path, answer: bytes) -> None:
    """At a terminal the command asks; no is the default, and Ctrl-C is no. Nothing but the upload is left."""
    before = inventory(aws)
    ours, theirs = pty.openpty()
    # a shell starts what runs in its background deaf to Ctrl-C
    program = f"""
import signal
import sys
from power_tuner_cli import local_aws
from power_tuner_cli.main import main
from power_tuner_local.connection import LocalAwsConnection
from power_tuner_local.gateway.identity import Keyring

running = LocalAwsConnection({aws.endpoint_url!r}, Keyring({aws.keyring.secret!r}))
signal.signal(signal.SIGINT, signal.default_int_handler)
local_aws.require_local_aws = lambda _: running
sys.argv = ["power-tuner", "deploy", "--local", "--stack-name", {STACK!r}]
main()
"""
    with subprocess.Popen(  # noqa: S603 - our own command
        [sys.executable, "-c", program], stdin=theirs, stderr=subprocess.PIPE, text=True, cwd=tmp_path
    ) as asking:
        os.write(ours, answer if answer == b"\n" else b"")
        said = ""
        if answer != b"\n":
            while "[y/N]" not in said:
                said += str(asking.stderr.read(1) if asking.stderr else "")
        said += _pressed(asking, signal.SIGINT if answer != b"\n" else None)
    os.close(ours)
    os.close(theirs)

    assert "Deploy this? [y/N]" in said
    assert "Nothing was changed." in said
    assert new(before, inventory(aws)).keys() <= {"buckets"}


def _pressed(asking: "subprocess.Popen[str]", key: signal.Signals | None) -> str:
    """Return what is still said until the command ends, as if somebody pressed Ctrl-C until it does."""
    # Python may begin to wait for input between a signal and its look for one: the first is lost then.
    for _ in range(60):
        if key is not None:
            asking.send_signal(key)
        with contextlib.suppress(subprocess.TimeoutExpired):
            return asking.communicate(timeout=1)[1]
    asking.kill()
    raise AssertionError("it does not end")


def test_the_bundle_is_the_same_each_time(tmp_path: Path) -> None:
    """The keys tell the content, so that only what has changed is uploaded; no local path is left in the template."""
    first = make_bundle(ROOT, ROOT / "infrastructure/layer", "mine", "p/")
    second = make_bundle(ROOT, ROOT / "infrastructure/layer", "mine", "p/")
    other = make_bundle(ROOT, tmp_path, "mine", "p/")

    assert first == second
    assert len(first.objects.keys() - other.objects.keys()) == 2  # the layer, and the template that names it
    assert [] == [line for line in first.template.splitlines() if "Uri: " in line and "s3://mine/p/" not in line]


def test_the_layer_is_built_for_the_functions_platform(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Pip alone builds it, for Python 3.13 on arm64, once; the second time nothing is downloaded."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    sources = ROOT / "infrastructure" / "layer"
    built = build_layer(sources)
    monkeypatch.setenv("PATH", "")
    monkeypatch.setattr(sys, "executable", "/nowhere")
    again = build_layer(sources)

    assert [path.name for path in (built / "python" / "msgspec").glob("*.so")] == [
        "_core.cpython-313-aarch64-linux-gnu.so"
    ]
    assert {path.name for path in (built / "python" / "botocore" / "data").iterdir() if path.is_dir()} >= {
        "lambda",
        "s3",
    }
    assert not (built / "python" / "botocore" / "data" / "ec2").exists()
    assert again == built
