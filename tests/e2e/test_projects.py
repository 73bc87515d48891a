"""Projects as people have them, tuned from their folders on a running local AWS."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from power_tuner_cli.main import build_app

pytestmark = pytest.mark.local_aws

PROJECTS = Path(__file__).parents[1] / "projects"
ONCE = ("--num", "1", "--power-values", "512", "--json")

PowerTuner = Callable[..., Result]


@pytest.fixture(scope="module")
def power_tuner(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PowerTuner]:
    """Run the command on a local AWS of these tests' own."""
    state = str(tmp_path_factory.mktemp("local-aws"))

    def run(*words: str) -> Result:
        return CliRunner(env={"POWER_TUNER_STATE_DIR": state}).invoke(build_app(), words, catch_exceptions=False)

    def local(word: str) -> None:
        program = "from power_tuner_cli.main import main; main()"
        words = [sys.executable, "-W", "ignore", "-c", program, "local", word, "--state-dir", state]
        subprocess.run(words, check=True, capture_output=True)  # noqa: S603 - our own command

    local("up")
    yield run
    local("down")


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Copy the SAM application into a folder with a space in its name, and go there."""
    folder = tmp_path / "my shop"
    shutil.copytree(PROJECTS / "shop", folder)
    monkeypatch.chdir(folder)
    return folder


def build(shop: Path) -> None:
    """Leave what `sam build` leaves: the dependencies beside the code, and a template that names the copies."""
    for name, source in (("Thumbnailer", "thumbnailer"), ("Orders", "orders")):
        shutil.copytree(shop / "src" / source, shop / ".aws-sam" / "build" / name)
    days = "class Days:\n    days = 3\n\n\ndef parse_duration(text):\n    return Days()\n"
    (shop / ".aws-sam" / "build" / "Orders" / "isodate.py").write_text(days, encoding="utf-8")
    text = (shop / "template.yaml").read_text("utf-8")
    built = text.replace("src/thumbnailer", "Thumbnailer").replace("src/orders", "Orders")
    (shop / ".aws-sam" / "build" / "template.yaml").write_text(built, encoding="utf-8")


def outcomes(done: Result) -> list[str]:
    assert done.exit_code == 0, done.stderr
    document: dict[str, Any] = json.loads(done.stdout)
    return [branch["outcome"] for branch in document["result"]["branches"]]


@pytest.mark.usefixtures("shop")
def test_a_function_of_a_template_is_tuned_with_its_bucket_and_table(power_tuner: PowerTuner) -> None:
    """Its stack is made, a script fills the bucket, an example event is the payload, and what it lacks is named."""

    done = power_tuner("tune", "template.yaml:Thumbnailer", "--seed", "seed.py", *ONCE)

    assert ["ok"] == outcomes(done)
    assert "The payload is events/thumbnailer.json." in done.stderr
    assert "Left out, as Thumbnailer does not need it: Orders, Users." in done.stderr
    assert "a picture is in tune-my-shop-" in done.stderr


def test_a_function_is_tuned_with_its_layers(power_tuner: PowerTuner, tmp_path: Path) -> None:
    """Its code imports what the layers of its template hold; a layer of another account is refused by name."""
    for layer in ("shared", "own"):
        (tmp_path / layer / "python").mkdir(parents=True)
        (tmp_path / layer / "python" / f"{layer}_things.py").write_text("WORTH = 7\n")
    (tmp_path / "app.py").write_text(
        "import own_things, shared_things\ndef handler(event, context):\n"
        "    return own_things.WORTH + shared_things.WORTH\n"
    )
    public = {"Fn::Sub": "arn:aws:lambda:${AWS::Region}:017000801446:layer:AWSLambdaPowertoolsPythonV3-python313:7"}
    function: dict[str, Any] = {"CodeUri": ".", "Handler": "app.handler", "Layers": [{"Ref": "Own"}]}
    template: dict[str, Any] = {
        "Transform": "AWS::Serverless-2016-10-31",
        "Globals": {"Function": {"Runtime": "python3.13", "Layers": [{"Ref": "Shared"}]}},
        "Resources": {
            "Shared": {"Type": "AWS::Serverless::LayerVersion", "Properties": {"ContentUri": "shared"}},
            "Own": {"Type": "AWS::Lambda::LayerVersion", "Properties": {"Content": "own"}},
            "Sum": {"Type": "AWS::Serverless::Function", "Properties": function},
            "Traced": {"Type": "AWS::Serverless::Function", "Properties": {**function, "Layers": [public]}},
        },
    }
    (tmp_path / "template.json").write_text(json.dumps(template))

    done = power_tuner("tune", f"{tmp_path}/template.json:Sum", *ONCE)
    refused = power_tuner("tune", f"{tmp_path}/template.json:Traced", *ONCE)

    assert ["ok"] == outcomes(done)
    assert 2 == refused.exit_code
    assert f"{public['Fn::Sub']}. What helps: `python -m pip install" in refused.stderr


def test_a_function_that_is_an_image_is_tuned(
    power_tuner: PowerTuner, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Docker, here a stand-in, builds the image; the code that it holds is tuned."""
    metadata = {"Dockerfile": "Dockerfile", "DockerContext": "src"}
    function = {"Type": "AWS::Serverless::Function", "Properties": {"PackageType": "Image"}, "Metadata": metadata}
    template = {"Transform": "AWS::Serverless-2016-10-31", "Resources": {"Boxed": function}}
    config = {"Entrypoint": ["/lambda-entrypoint.sh"], "Cmd": ["app.handler"], "Env": ["STAGE=image"]}
    docker = (
        "#!/bin/sh\n"
        "case $1 in\n"
        "  build) echo sha256:b0b0 ;;\n"
        f"  image) echo '{json.dumps(config)}' ;;\n"
        "  create) echo c0ffee ;;\n"
        f"  cp) cp -r {tmp_path}/task $3 ;;\n"
        "esac\n"
    )
    for name, text in {
        "template.json": json.dumps(template),
        "src/Dockerfile": "FROM public.ecr.aws/lambda/python:3.13\nCOPY app.py ${LAMBDA_TASK_ROOT}\n",
        "task/app.py": "import os\ndef handler(event, context):\n    return {'image': 7}[os.environ['STAGE']]\n",
        "bin/docker": docker,
    }.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    (tmp_path / "bin" / "docker").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:{os.environ['PATH']}")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))

    done = power_tuner("tune", str(tmp_path), *ONCE)

    assert ["ok"] == outcomes(done)
    assert "Boxed is a container image: its code was copied out of it with docker" in done.stderr


@pytest.mark.usefixtures("shop")
def test_a_seed_that_fails_ends_the_command(power_tuner: PowerTuner, shop: Path) -> None:
    """A script that fails is told with its last lines, and nothing is tuned."""
    (shop / "broken.py").write_text("import boto3\nboto3.client('s3').head_bucket(Bucket='nothing')\n")

    done = power_tuner("tune", "template.yaml:Thumbnailer", "--seed", "broken.py", *ONCE)

    assert 2 == done.exit_code
    assert "--seed broken.py ended with 1:" in done.stderr
    assert "Not Found" in done.stderr


def test_a_function_with_dependencies_is_tuned_as_sam_built_it(power_tuner: PowerTuner, shop: Path) -> None:
    """Until it is built the command to type is named; after that the build is tuned, from any folder."""
    before = power_tuner("tune", "template.yaml:Orders", *ONCE)
    build(shop)
    after = power_tuner("tune", f"{shop}:Orders", *ONCE)
    os.utime(shop / "src" / "orders" / "app.py", (4e9, 4e9))
    changed = power_tuner("tune", f"{shop}:Orders", *ONCE)

    assert 2 == before.exit_code
    assert before.stderr.endswith(
        "Orders needs isodate, which is not built yet. Build it, and tune again:\n  sam build\n"
    )
    assert ["ok"] == outcomes(after)
    assert f"The code is that of `sam build`, in {shop}/.aws-sam/build." in after.stderr
    assert "src/orders/app.py is newer than the last build" in changed.stderr


def test_the_template_of_a_plain_stack_is_tuned_in_json(power_tuner: PowerTuner, tmp_path: Path) -> None:
    """With inline code and Windows line ends, by its folder alone; other parameters do not take its queue away."""
    code = "import os\ndef handler(event, context):\n    return os.environ['QUEUE'], os.environ['FROM']\n"
    role = {
        "AssumeRolePolicyDocument": {
            "Version": "2012-10-17",
            "Statement": [
                {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
            ],
        }
    }
    shared = {"Fn::ImportValue": {"Fn::Sub": "${Stage}-sender"}}
    function = {
        "Runtime": "python3.13",
        "Handler": "index.handler",
        "Role": {"Fn::GetAtt": ["Role", "Arn"]},
        "Code": {"ZipFile": code},
        "Environment": {"Variables": {"QUEUE": {"Ref": "Queue"}, "FROM": shared}},
    }
    template: dict[str, Any] = {
        "Parameters": {"Stage": {"Type": "String"}},
        "Resources": {
            "Role": {"Type": "AWS::IAM::Role", "Properties": role},
            "Queue": {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": {"Fn::Sub": "jobs-${Stage}"}}},
            "Sender": {"Type": "AWS::Lambda::Function", "Properties": function},
        },
    }
    text = json.dumps(template, indent=1).replace("\n", "\r\n")
    (tmp_path / "template.json").write_bytes(text.encode("utf-8-sig"))

    missing = power_tuner("tune", str(tmp_path), *ONCE)
    unknown = power_tuner("tune", str(tmp_path), "--parameter", "Stage=dev", *ONCE)
    done = power_tuner("tune", str(tmp_path), "--parameter", "Stage=dev", "--parameter", "dev-sender=me", *ONCE)
    template["Resources"] |= {"Reader": template["Resources"]["Sender"]}
    (tmp_path / "template.json").write_text(json.dumps(template))
    other = ("--parameter", "Stage=prod", "--parameter", "prod-sender=me")
    refused = power_tuner("tune", f"{tmp_path}:Reader", *other, *ONCE)

    assert "parameters Stage have no default. Give them: --parameter Stage=VALUE" in missing.stderr
    assert "Sender: the value dev-sender, which is not known here. Give it with --parameter" in unknown.stderr
    assert ["ok"] == outcomes(done)
    assert "Queue would be replaced, and Sender uses what is in it\nIt was tuned before" in refused.stderr


def test_a_plain_folder_may_use_the_local_aws(power_tuner: PowerTuner, tmp_path: Path) -> None:
    """The role of a folder's function may do what the local AWS can; a script makes what it uses."""
    folder = tmp_path / "reader"
    folder.mkdir()
    read = "boto3.client('s3').get_object(Bucket='letters', Key=event['key'])['ContentLength']"
    (folder / "app.py").write_text(f"import boto3\n\n\ndef handler(event, context):\n    return {read}\n")
    (folder / "event.json").write_text('{"key": "a"}')
    seed = "import boto3\ns3 = boto3.client('s3')\ns3.create_bucket(Bucket='letters')\n"
    (folder / "seed.py").write_text(seed + "s3.put_object(Bucket='letters', Key='a', Body=b'abc')\n")

    done = power_tuner("tune", str(folder), "--seed", str(folder / "seed.py"), *ONCE)

    assert ["ok"] == outcomes(done)
    assert f"The payload is {folder}/event.json." in done.stderr


@pytest.mark.skipif(shutil.which("node") is None, reason="needs Node.js: there is no node on the PATH")
def test_a_function_in_node_is_tuned(power_tuner: PowerTuner, tmp_path: Path) -> None:
    """By its template, with what it refers to; the version that runs it is told. A plain folder is one too."""
    folder = tmp_path / "receipts"
    folder.mkdir()
    function = {
        "Type": "AWS::Serverless::Function",
        "Properties": {
            "Runtime": "nodejs16.x",
            "Handler": "index.handler",
            "CodeUri": ".",
            "Environment": {"Variables": {"RECEIPTS": {"Ref": "Receipts"}}},
        },
    }
    resources = {"Sign": function, "Receipts": {"Type": "AWS::S3::Bucket"}}
    template = {"Transform": "AWS::Serverless-2016-10-31", "Resources": resources}
    (folder / "index.mjs").write_text(
        'import { createHash } from "node:crypto";\n'
        'export const handler = async (event) => createHash("sha256").update(event.text + process.env.RECEIPTS);\n'
    )
    (folder / "event.json").write_text('{"text": "a"}')

    plain = power_tuner("tune", str(folder), "--env", "RECEIPTS=none", *ONCE)
    (folder / "template.json").write_text(json.dumps(template))
    done = power_tuner("tune", f"{folder}/template.json:Sign", *ONCE)

    assert [["ok"], ["ok"]] == [outcomes(plain), outcomes(done)]
    assert "nodejs16.x is run with Node.js v" in done.stderr


def test_a_function_with_a_bootstrap_of_its_own_is_tuned(power_tuner: PowerTuner, tmp_path: Path) -> None:
    """Whatever program it is."""
    folder = tmp_path / "own"
    folder.mkdir()
    (folder / "bootstrap").write_text(
        f"#!{sys.executable}\n"
        "import http.client, os\n"
        "api = http.client.HTTPConnection(os.environ['AWS_LAMBDA_RUNTIME_API'])\n"
        "while True:\n"
        "    api.request('GET', '/2018-06-01/runtime/invocation/next')\n"
        "    answer = api.getresponse()\n"
        "    event, request_id = answer.read(), answer.headers['Lambda-Runtime-Aws-Request-Id']\n"
        "    api.request('POST', f'/2018-06-01/runtime/invocation/{request_id}/response', event)\n"
        "    api.getresponse().read()\n"
    )
    (folder / "bootstrap").chmod(0o755)

    assert ["ok"] == outcomes(power_tuner("tune", str(folder), *ONCE))


def test_a_function_of_the_serverless_framework_is_tuned(power_tuner: PowerTuner, tmp_path: Path) -> None:
    """With its own table, the rights of its provider, and the values of its stage."""
    folder = tmp_path / "notes"
    shutil.copytree(PROJECTS / "notes", folder)

    stage = ("--parameter", "stage=prod")
    done = power_tuner("tune", f"{folder}/serverless.yml:write", *stage, *ONCE)
    unknown = power_tuner("tune", f"{folder}/serverless.yml:sign", *stage, *ONCE)
    signed = power_tuner("tune", f"{folder}/serverless.yml:sign", *stage, "--parameter", "ssm:/notes/key=k", *ONCE)

    assert ["ok"] == outcomes(done)
    assert json.loads(done.stdout)["result"]["target"]["memoryMb"] == 512
    assert f"The payload is {folder}/events/write.json." in done.stderr
    assert "the value ssm:/notes/key, which is not known here" in unknown.stderr
    assert "--parameter ssm:/notes/key=VALUE" in unknown.stderr
    assert ["ok"] == outcomes(signed)


def test_the_output_of_cdk_is_tuned(power_tuner: PowerTuner, tmp_path: Path) -> None:
    """By the folder of the app: CDK's own function is not meant, the code is the asset, the role has its policy."""
    folder = tmp_path / "counters"
    shutil.copytree(PROJECTS / "counters", folder)

    done = power_tuner("tune", str(folder), *ONCE)

    assert ["ok"] == outcomes(done)
    assert "Left out, as CounterD00DFEED does not need it: SiteAutoDelete, CustomS3Auto" in done.stderr
    assert json.loads(done.stdout)["runId"].startswith("counters-Counter-")


def test_a_function_of_terraform_is_tuned(power_tuner: PowerTuner, tmp_path: Path) -> None:
    """By the folder of its code: with its table and its queue, and what is given for a variable."""
    folder = tmp_path / "parcels"
    shutil.copytree(PROJECTS / "parcels", folder)
    (folder / ".git").mkdir()

    done = power_tuner("tune", str(folder / "src" / "track"), "--parameter", "stage=dev", *ONCE)

    assert ["ok"] == outcomes(done)
    assert json.loads(done.stdout)["runId"].startswith("parcels-track-")
