"""docs/quickstart-platform.md: its commands, in their order, on an account that the local AWS plays."""

import json
import os
import pty
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import pytest

from power_tuner_local.cloudformation.deployment_packages import zip_text

if TYPE_CHECKING:
    from power_tuner_local import LocalAws

pytestmark = pytest.mark.local_aws

ROOT = Path(__file__).parents[3]
TEXT = (ROOT / "docs" / "quickstart-platform.md").read_text("utf-8")
BLOCKS = re.findall(r"^```sh\n(.*?)^```$", TEXT, re.MULTILINE | re.DOTALL)
COMMANDS = [line for block in BLOCKS for line in block.splitlines()]
CODE = "def handler(event, context):\n    return {answer!r}\n"
# What the reader has: the AWS CLI, and a trail that tells EventBridge of the call.
AWS = f"""#!{sys.executable}
import json, sys
from pathlib import Path
import boto3

words = sys.argv[1:]
assert words[:2] == ["lambda", "update-function-code"]
given = dict(zip(words[2::2], words[3::2]))
content = Path(given["--zip-file"].removeprefix("fileb://")).read_bytes()
boto3.client("lambda").update_function_code(FunctionName=given["--function-name"], ZipFile=content)
detail = {{
    "eventSource": "lambda.amazonaws.com",
    "eventName": "UpdateFunctionCode20150331v2",
    "requestParameters": {{"functionName": given["--function-name"]}},
}}
event = {{"Source": "aws.lambda", "DetailType": "AWS API Call via CloudTrail", "Detail": json.dumps(detail)}}
boto3.client("events").put_events(Entries=[event])
"""


class Done(NamedTuple):
    """How a command ended, and what it said."""

    command: str
    exit_code: int
    said: str


def run(command: str, folder: Path, environment: dict[str, str]) -> Done:
    """Run a command at a terminal; whoever is asked says yes."""
    ours, theirs = pty.openpty()
    os.write(ours, b"y\n")
    with subprocess.Popen(  # noqa: S603 - commands of our own document
        ["/bin/bash", "-c", command],
        cwd=folder,
        env=environment,
        stdin=theirs,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        said, _ = process.communicate(timeout=120)
    os.close(ours)
    os.close(theirs)
    return Done(command, process.returncode, said)


def test_its_commands_run(aws: "LocalAws", tmp_path: Path) -> None:
    """Each command succeeds, from the first deployment to the last; the deployed function is tuned in between."""
    (tmp_path / "app.py").write_text(CODE.format(answer=1), encoding="utf-8")
    for name in ("orders-new", "orders-paid", "cart"):
        arn = aws.add_function(tmp_path, name=name)
    aws.client("lambda").tag_resource(Resource=arn, Tags={"team": "checkout"})
    (tmp_path / "build.zip").write_bytes(zip_text("app.py", CODE.format(answer=2)))
    (tmp_path / "event.json").write_text("{}", encoding="utf-8")
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "aws").write_text(AWS, encoding="utf-8")
    (tmp_path / "bin" / "aws").chmod(0o755)
    aws.client("s3").create_bucket(Bucket="trails")
    trail = aws.client("cloudtrail")
    trail.create_trail(Name="all", S3BucketName="trails", IsMultiRegionTrail=True)
    selectors = [{"ReadWriteType": "All", "IncludeManagementEvents": True}]
    trail.put_event_selectors(TrailName="all", EventSelectors=selectors)
    trail.start_logging(Name="all")
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("AWS_")},
        "PATH": os.pathsep.join([str(tmp_path / "bin"), str(Path(sys.executable).parent), os.environ["PATH"]]),
        "HOME": str(tmp_path),
        "XDG_CACHE_HOME": str(tmp_path / "cache"),
        "COLUMNS": "120",
        "AWS_ENDPOINT_URL": aws.endpoint_url,
        "AWS_ACCESS_KEY_ID": aws.keyring.operator_key,
        "AWS_SECRET_ACCESS_KEY": "local",
        "AWS_REGION": aws.region,
        "AWS_DEFAULT_REGION": aws.region,
    }

    outcomes = []
    for command in COMMANDS:
        outcomes.append(run(command, tmp_path, environment))
        aws.wait_until_idle(120)
    said = {done.command: done.said for done in outcomes}

    assert [] == [done for done in outcomes if done.exit_code]
    assert "wrong" not in said["power-tuner doctor"]
    assert "orders-new would be enrolled" in next(text for command, text in said.items() if "--dry-run" in command)
    assert re.search(r"cart .*balanced", said["power-tuner enrolled"])
    assert "completed" in said["power-tuner history orders-new"], json.dumps(said, indent=1)
    assert "Its roles gain:" in said["power-tuner deploy --mode apply --set maxInvocationsPerDay=50000"]
    assert "The stack power-tuner is gone" in said["power-tuner undeploy"]
