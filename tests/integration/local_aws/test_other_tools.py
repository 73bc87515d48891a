"""The bundle in the hands of other tools: CDK, Terraform."""

import json
import re
import shutil
import subprocess
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from typer.testing import CliRunner

from environments import create_environment, install
from power_tuner_cli import local_aws
from power_tuner_cli.main import build_app

if TYPE_CHECKING:
    from power_tuner_local import LocalAws

pytestmark = pytest.mark.local_aws

ROOT = Path(__file__).parents[3]


def block(document: str, language: str) -> str:
    text = (ROOT / "docs" / document).read_text("utf-8")
    (found,) = re.findall(rf"^```{language}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    return str(found)


@pytest.fixture
def packaged(aws: "LocalAws", tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What `power-tuner package` has uploaded and saved in the test's folder."""
    monkeypatch.setattr(local_aws, "require_local_aws", lambda _: aws)
    monkeypatch.chdir(tmp_path)
    done = CliRunner().invoke(build_app(), ["package", "--local", "--json"], catch_exceptions=False)
    assert done.exit_code == 0, done.stderr
    told: dict[str, Any] = json.loads(done.stdout)
    return told


def test_what_cdk_synthesises_is_deployed(aws: "LocalAws", packaged: dict[str, Any], tmp_path: Path) -> None:
    """The page's program includes the saved template; what it synthesises becomes a stack that stands."""
    if shutil.which("node") is None:
        pytest.skip("CDK needs node")
    python = create_environment(tmp_path / "cdk")
    install(python, "aws-cdk-lib>=2.275,<3")
    (tmp_path / "app.py").write_text(block("deploy-with-cdk.md", "python"), encoding="utf-8")
    subprocess.run([python, "app.py"], cwd=tmp_path, check=True, capture_output=True, timeout=120)  # noqa: S603
    template = (tmp_path / "cdk.out" / "PowerTuner.template.json").read_bytes()
    # an account that `cdk bootstrap` has prepared
    aws.client("ssm").put_parameter(Name="/cdk-bootstrap/hnb659fds/version", Value="21", Type="String")
    aws.client("s3").create_bucket(Bucket="cdk")
    aws.client("s3").put_object(Bucket="cdk", Key="template", Body=template)

    cloudformation = aws.client("cloudformation")
    made = cloudformation.create_change_set(
        StackName="PowerTuner",
        ChangeSetName="one",
        ChangeSetType="CREATE",
        TemplateURL="https://cdk.s3.us-east-1.amazonaws.com/template",
        Capabilities=packaged["capabilities"],
    )
    time.sleep(0.1)
    cloudformation.execute_change_set(ChangeSetName=made["Id"])
    aws.wait_until_idle()
    (stack,) = cloudformation.describe_stacks(StackName="PowerTuner")["Stacks"]
    cloudformation.delete_stack(StackName="PowerTuner")

    assert stack["StackStatus"] == "CREATE_COMPLETE"
    assert "mode" not in {each["ParameterKey"] for each in stack["Parameters"]}
    assert {"StateMachineArn", "Artifacts"} <= {each["OutputKey"] for each in stack["Outputs"]}


def test_what_terraform_asks_for_is_deployed(aws: "LocalAws", packaged: dict[str, Any]) -> None:
    """The page's resource is HCL, and its arguments are all that CloudFormation needs."""
    hcl = block("deploy-with-terraform.md", "hcl")
    if terraform := shutil.which("terraform"):
        done = subprocess.run(  # noqa: S603 - checks the format, and loads nothing
            [terraform, "fmt", "-check", "-diff", "-"],
            input=hcl,
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        assert done.returncode == 0, done.stdout + done.stderr
    arguments = set(re.findall(r"local\.packaged\.(\w+)", hcl))
    (mode,) = re.findall(r'mode = "(\w+)"', hcl)

    cloudformation = aws.client("cloudformation")
    cloudformation.create_stack(
        StackName="by-terraform",
        TemplateURL=packaged["templateUrl"],
        Capabilities=packaged["capabilities"],
        Parameters=[{"ParameterKey": "mode", "ParameterValue": mode}],
    )
    (stack,) = cloudformation.describe_stacks(StackName="by-terraform")["Stacks"]
    cloudformation.delete_stack(StackName="by-terraform")

    assert arguments <= packaged.keys()
    assert stack["StackStatus"] == "CREATE_COMPLETE"
    assert "StateMachineArn" in {each["OutputKey"] for each in stack["Outputs"]}


def test_the_saved_template_is_plain(packaged: dict[str, Any]) -> None:
    """Without transforms and without local paths, for tools that know neither SAM nor this repository."""
    text = Path(packaged["template"]).read_text("utf-8")
    document = json.loads(text)

    assert "Transform" not in document
    assert not [each for each in document["Resources"].values() if "::Serverless::" in each["Type"]]
    assert not re.findall(r'"(?:CodeUri|ContentUri|DefinitionUri)"', text)
