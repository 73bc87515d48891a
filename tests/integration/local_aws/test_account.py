"""`power-tuner enroll` and `doctor` on an account: many functions, and what may be missing."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from typer.testing import CliRunner, Result

from power_tuner_cli import cloud, local_aws
from power_tuner_cli.main import build_app

if TYPE_CHECKING:
    from power_tuner_local import LocalAws

pytestmark = pytest.mark.local_aws

ROOT = Path(__file__).parents[3]
FUNCTIONS = {"orders-new": "shop", "orders-paid": "shop", "stock": "shop", "billing": "money"}
PowerTuner = Callable[..., Result]


@pytest.fixture(scope="module")
def account(aws: "LocalAws", tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """A tuner and four functions of two teams; their ARNs."""
    aws.deploy(ROOT / "template.yaml")
    folder = tmp_path_factory.mktemp("function")
    (folder / "app.py").write_text("def handler(event, context):\n    return 1\n", encoding="utf-8")
    arns = {name: aws.add_function(folder, name=name) for name in FUNCTIONS}
    for name, team in FUNCTIONS.items():
        aws.client("lambda").tag_resource(Resource=arns[name], Tags={"team": team, "stage": "live"})
    return arns


@pytest.fixture
def power_tuner(aws: "LocalAws", account: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> PowerTuner:  # noqa: ARG001
    """Run a command on this local AWS; without --local it is an account as any other."""
    monkeypatch.setattr(local_aws, "require_local_aws", lambda _: aws)
    monkeypatch.setattr(cloud, "open_account", lambda _: aws)
    monkeypatch.setenv("COLUMNS", "120")

    def run(*arguments: str) -> Result:
        return CliRunner().invoke(build_app(), arguments, catch_exceptions=False)

    return run


def enrolled(power_tuner: PowerTuner) -> set[str]:
    listed = json.loads(power_tuner("enrolled", "--json").stdout)
    names = {each["targetArn"].rpartition(":")[2] for each in listed}
    for name in names:
        power_tuner("unenroll", name)
    return names


@pytest.mark.parametrize(
    ("selection", "names"),
    [
        (["orders-*"], {"orders-new", "orders-paid"}),
        (["orders-*", "billing"], {"orders-new", "orders-paid", "billing"}),
        (["stock", "stock", "billing"], {"stock", "billing"}),
        (["--tag", "team=shop"], {"orders-new", "orders-paid", "stock"}),
        (["--tag", "team=money", "--tag", "stage"], {"billing"}),
        (["orders-*", "--tag", "team=shop"], {"orders-new", "orders-paid"}),
        (["*"], set(FUNCTIONS)),
    ],
    ids=lambda each: " ".join(each) if isinstance(each, list) else "",
)
def test_many_functions_are_enrolled_at_once(power_tuner: PowerTuner, selection: list[str], names: set[str]) -> None:
    """By name, pattern and tag; never the tuner's own functions. A dry run says the same, and enrolls nobody."""
    planned = power_tuner("enroll", *selection, "--num", "5", "--dry-run", "--json")
    nobody = enrolled(power_tuner)
    done = power_tuner("enroll", *selection, "--num", "5", "--json")

    assert done.exit_code == 0, done.stderr
    assert nobody == set()
    assert names == enrolled(power_tuner)
    assert names == {each["targetArn"].rpartition(":")[2] for each in json.loads(planned.stdout)}
    assert json.loads(planned.stdout) == json.loads(done.stdout)


@pytest.mark.parametrize(
    ("selection", "words"),
    [
        ([], "Name a function, give a pattern such as 'orders-*', or --tag KEY=VALUE."),
        (["invoices-*"], "No function in us-east-1 matches 'invoices-*'."),
        (["orders-*", "--tag", "team=money"], "matches 'orders-*' with --tag team=money."),
        (["--tag", "=x"], "--tag '=x': give it as KEY=VALUE"),
        (["stock", "--tag", "team=shop"], "a function that is named needs no tag"),
        (["stock", "stok", "bill ing"], "'bill ing' is neither the name nor the ARN"),
        (["stock", "stok", "biling"], "function:stok, arn:aws:lambda:us-east-1:123456789012:function:biling: check"),
    ],
    ids=lambda each: " ".join(each) if isinstance(each, list) else "",
)
def test_a_wrong_selection_enrolls_nobody(power_tuner: PowerTuner, selection: list[str], words: str) -> None:
    """One wrong name among many is told, with all others that are wrong, before anything is written."""
    done = power_tuner("enroll", *selection, "--num", "5")

    assert done.exit_code == 2
    assert words in " ".join(done.stderr.split())
    assert enrolled(power_tuner) == set()


def diagnosis(done: Result) -> dict[str, dict[str, Any]]:
    return {each["subject"]: each for each in json.loads(done.stdout)}


def test_a_sound_account_has_nothing_wrong(aws: "LocalAws", power_tuner: PowerTuner) -> None:
    """With a trail that records changes all is well, and the exit code says so."""
    client = aws.client("cloudtrail")
    aws.client("s3").create_bucket(Bucket="trails")
    without = power_tuner("doctor", "--json")
    client.create_trail(Name="all", S3BucketName="trails", IsMultiRegionTrail=True)
    writing = [{"ReadWriteType": "WriteOnly", "IncludeManagementEvents": True}]
    client.put_event_selectors(TrailName="all", EventSelectors=writing)
    not_logging = power_tuner("doctor", "--json")
    client.start_logging(Name="all")
    sound = power_tuner("doctor", "--json")
    reading = [{"ReadWriteType": "ReadOnly", "IncludeManagementEvents": True}]
    client.put_event_selectors(TrailName="all", EventSelectors=reading)
    reads = power_tuner("doctor", "--json")
    client.delete_trail(Name="all")

    assert [each.exit_code for each in (without, not_logging, reads, sound)] == [1, 1, 1, 0]
    assert {"wrong"} == {diagnosis(each)["trail"]["state"] for each in (without, not_logging, reads)}
    assert {each["state"] for each in diagnosis(sound).values()} == {"ok"}
    assert list(diagnosis(sound)) == [
        *("region", "credentials", "concurrency", "stack", "mode", "trail", "permissions", "dead letters", "leases")
    ]


def test_each_line_says_what_to_do(aws: "LocalAws", power_tuner: PowerTuner) -> None:
    """What is wrong stands beside the command that helps; on the local AWS the missing trail is none of it."""
    queue = aws.client("cloudformation").describe_stack_resource(
        StackName="power-tuner", LogicalResourceId="DeadLetters"
    )
    url = queue["StackResourceDetail"]["PhysicalResourceId"]
    aws.client("sqs").send_message(QueueUrl=url, MessageBody="{}")
    done = power_tuner("doctor", "--local")
    aws.client("sqs").purge_queue(QueueUrl=url)
    nowhere = power_tuner("doctor", "--stack-name", "nowhere")

    assert (done.exit_code, nowhere.exit_code) == (1, 1)
    assert "wrong   dead letters  1 events or invocations were given up\n" in done.stdout
    assert "-> power-tuner replay\n" in done.stdout
    assert "note    trail         the local AWS has no CloudTrail\n" in done.stdout
    assert "wrong   stack         there is no stack nowhere in us-east-1\n" in nowhere.stdout
    assert "-> power-tuner deploy\n" in nowhere.stdout


def test_another_version_is_told(power_tuner: PowerTuner, monkeypatch: pytest.MonkeyPatch) -> None:
    """A command that is newer than the stack advises to deploy."""
    monkeypatch.setattr("power_tuner_cli.doctor_checks.version", lambda: "9.9.9")
    found = diagnosis(power_tuner("doctor", "--json"))

    assert found["version"]["said"] == "the stack power-tuner has version 0.1.0, this command 9.9.9"
    assert found["version"]["advice"] == "power-tuner deploy"


def test_a_small_account_is_told(aws: "LocalAws", power_tuner: PowerTuner) -> None:
    """The quota of a new account leaves no room for the branches of a run."""
    limit = aws.concurrency.account_limit
    aws.concurrency.account_limit = 15
    found = diagnosis(power_tuner("doctor", "--json"))
    aws.concurrency.account_limit = limit

    assert found["concurrency"]["state"] == "wrong"
    assert "15 of 15 concurrent executions are not reserved" in found["concurrency"]["said"]


def test_what_may_not_be_done_is_told(
    aws: "LocalAws", power_tuner: PowerTuner, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who may read the stack only learns which actions are missing; what may not be looked at is unknown."""
    actions = ["cloudformation:*", "sts:*", "lambda:GetAccountSettings"]
    statement = [{"Effect": "Allow", "Action": actions, "Resource": "*"}]
    iam = aws.client("iam")
    iam.create_role(RoleName="reader", AssumeRolePolicyDocument="{}")
    iam.put_role_policy(
        RoleName="reader",
        PolicyName="read",
        PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": statement}),
    )

    class Reader:
        region = aws.region

        def client(self, service: str, **settings: Any) -> Any:
            return aws.client(service, role="reader", **settings)

    monkeypatch.setattr(cloud, "open_account", lambda _: Reader())
    found = diagnosis(power_tuner("doctor", "--json"))

    assert found["permissions"]["state"] == "wrong"
    assert "states:ListExecutions, dynamodb:Query, s3:ListBucket, lambda:ListFunctions" in found["permissions"]["said"]
    assert (found["trail"]["state"], found["dead letters"]["state"]) == ("unknown", "unknown")
