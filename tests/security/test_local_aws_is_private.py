"""The local AWS runs code: nobody but its owner may reach it, neither another user of the machine nor a web page."""

import base64
import http.client
import io
import json
import os
import select
import stat
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import boto3
import pytest
from botocore import UNSIGNED
from botocore.config import Config
from botocore.exceptions import ClientError

from browser.chromium import look
from power_tuner_cli.background_server import clean_environment, start_server, stop_server
from power_tuner_local import LocalAws, LocalAwsConnection
from power_tuner_local.gateway.doorkeeper import KEY_HEADER

pytestmark = pytest.mark.local_aws

CODE = "import os\ndef handler(event, context):\n    return dict(os.environ)\n"
NOBODY = 65534
ONCE = Config(retries={"total_max_attempts": 1}, proxies={}, s3={"addressing_style": "path"})
needs_root = pytest.mark.skipif(os.getuid() != 0, reason="only root can become another user")


@pytest.fixture(scope="module")
def aws() -> Iterator[LocalAws]:
    """A local AWS with one function, which returns its environment."""
    with LocalAws() as local_aws:
        yield local_aws


@pytest.fixture(scope="module")
def sandbox(aws: LocalAws, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The environment of a warm sandbox."""
    folder = tmp_path_factory.mktemp("target")
    (folder / "app.py").write_text(CODE, encoding="utf-8")
    aws.add_function(folder, name="target")
    return environment_of_target(aws)


def environment_of_target(aws: LocalAwsConnection) -> dict[str, str]:
    answer: dict[str, str] = json.load(aws.client("lambda").invoke(FunctionName="target", Payload=b"{}")["Payload"])
    return answer


def create_function_request(name: str) -> str:
    """Return the body of the request that would create a function and so run its code."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("app.py", CODE)
    return json.dumps(
        {
            "FunctionName": name,
            "Role": "arn:aws:iam::123456789012:role/target",
            "Runtime": "python3.13",
            "Handler": "app.handler",
            "Code": {"ZipFile": base64.b64encode(content.getvalue()).decode()},
        }
    )


def function_names(aws: LocalAwsConnection) -> set[str]:
    return {each["FunctionName"] for each in aws.client("lambda").list_functions()["Functions"]}


def status_of(aws: LocalAws, method: str, path: str, body: str = "", **headers: str) -> int:
    """Send a request with the given headers only; return the status."""
    connection = http.client.HTTPConnection(urlsplit(aws.endpoint_url).netloc)
    try:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        connection.request(method, path, body=body, headers=named)
        return connection.getresponse().status
    finally:
        connection.close()


@pytest.mark.parametrize("key", ["local", "LOCALOPERATOR", "ROLE.target", "LOCAL." + "0" * 32, "é"])
def test_guessed_key_is_refused(aws: LocalAws, key: str) -> None:
    """A key that this server did not make is refused as AWS refuses an unknown one."""
    client = boto3.client(
        "lambda",
        endpoint_url=aws.endpoint_url,
        region_name=aws.region,
        aws_access_key_id=key,
        aws_secret_access_key="x",
        config=ONCE,
    )

    with pytest.raises(ClientError) as refused:
        client.list_functions()

    assert refused.value.response["Error"]["Code"] == "UnrecognizedClientException"
    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 403


@pytest.mark.parametrize(
    ("service", "operation", "arguments", "code"),
    [
        ("lambda", "list_functions", {}, "MissingAuthenticationTokenException"),
        ("dynamodb", "list_tables", {}, "MissingAuthenticationTokenException"),
        ("events", "list_rules", {}, "MissingAuthenticationTokenException"),
        ("s3", "list_buckets", {}, "AccessDenied"),
        ("s3", "get_object", {"Bucket": "some-bucket", "Key": "key"}, "AccessDenied"),
        ("iam", "list_roles", {}, "MissingAuthenticationToken"),
    ],
)
def test_unsigned_request_is_refused(
    aws: LocalAws, service: Any, operation: str, arguments: dict[str, str], code: str
) -> None:
    """A request without a key is refused by every service."""
    client = boto3.client(
        service,
        endpoint_url=aws.endpoint_url,
        region_name=aws.region,
        config=ONCE.merge(Config(signature_version=UNSIGNED)),
    )

    with pytest.raises(ClientError) as refused:
        getattr(client, operation)(**arguments)

    assert refused.value.response["Error"]["Code"] == code


@pytest.mark.parametrize("signature", ["s3", "s3v4"])
def test_presigned_url_is_served(aws: LocalAws, signature: str) -> None:
    """A URL that the operator signed opens one object, with either signature version, and a changed key opens none."""
    store = aws.client("s3", config=Config(signature_version=signature))
    store.create_bucket(Bucket=f"signed-{signature}")
    store.put_object(Bucket=f"signed-{signature}", Key="object", Body=b"found")
    url = store.generate_presigned_url("get_object", Params={"Bucket": f"signed-{signature}", "Key": "object"})

    with urllib.request.urlopen(url) as answer:  # noqa: S310
        assert answer.read() == b"found"
    with pytest.raises(urllib.error.HTTPError, match="403"):
        urllib.request.urlopen(url.replace("LOCAL.", "LOCAL.0"))  # noqa: S310


def test_key_of_another_server_is_refused(aws: LocalAws) -> None:
    """Each server has keys of its own."""
    stranger = LocalAwsConnection(aws.endpoint_url, type(aws.keyring)())

    with pytest.raises(ClientError, match="security token"):
        stranger.client("lambda", config=ONCE).list_functions()
    with pytest.raises(LookupError, match="lacks the local AWS's key"):
        stranger.wait_until_idle(1)


@pytest.mark.parametrize("path", ["/_local/idle", "/_local/schedules/x/fire", "/moto-api/reset", "/moto-api/data.json"])
def test_control_calls_need_the_key(aws: LocalAws, sandbox: dict[str, str], path: str) -> None:
    """Control calls are refused without the operator's key; a role's key does not do."""
    assert status_of(aws, "POST", path, "{}") == 403
    assert status_of(aws, "POST", path, "{}", **{KEY_HEADER: sandbox["AWS_ACCESS_KEY_ID"]}) == 403
    assert function_names(aws) >= {"target"}


def test_sandbox_cannot_act_as_anybody_else(aws: LocalAws, sandbox: dict[str, str]) -> None:
    """From the key of one role nobody can make the key of another role or of the operator."""
    _, proof, _ = sandbox["AWS_ACCESS_KEY_ID"].split(".", 2)

    assert aws.keyring.knows(sandbox["AWS_ACCESS_KEY_ID"])
    assert [key for key in (f"ROLE.{proof}.other", f"LOCAL.{proof}") if aws.keyring.knows(key)] == []


@pytest.mark.usefixtures("sandbox")
def test_keys_that_sts_issues_are_the_roles(aws: LocalAws) -> None:
    """AssumeRole gives a key that works, and that may do what the role may do."""
    trust = {"Version": "2012-10-17", "Statement": []}
    role = aws.client("iam").create_role(RoleName="assumed", AssumeRolePolicyDocument=json.dumps(trust))["Role"]["Arn"]
    given = aws.client("sts").assume_role(RoleArn=role, RoleSessionName="tester")["Credentials"]
    client = boto3.client(
        "lambda",
        endpoint_url=aws.endpoint_url,
        region_name=aws.region,
        aws_access_key_id=given["AccessKeyId"],
        aws_secret_access_key=given["SecretAccessKey"],
        aws_session_token=given["SessionToken"],
        config=ONCE,
    )

    with pytest.raises(ClientError, match="AccessDeniedException"):
        client.get_function(FunctionName="target")


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "rebound.example.com"},
        {"Host": "127.0.0.1.example.com:80"},
        {"Origin": "http://127.0.0.1:8000"},
        {"Origin": "null"},
        {"Sec_Fetch_Site": "cross-site"},
    ],
)
def test_page_is_refused_even_with_the_key(aws: LocalAws, headers: dict[str, str]) -> None:
    """A request that a browser sends for a page is refused, and answered without CORS headers."""
    connection = http.client.HTTPConnection(urlsplit(aws.endpoint_url).netloc)
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    try:
        connection.request("POST", "/_local/idle", "{}", {KEY_HEADER: aws.keyring.operator_key, **named})
        answer = connection.getresponse()
    finally:
        connection.close()

    assert answer.status == 403
    assert [name for name, _ in answer.getheaders() if name.lower().startswith("access-control")] == []


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST:{}", "127.0.0.1:{}", "bucket.s3.localhost:{}", "[::1]:{}"])
def test_names_of_this_machine_are_served(aws: LocalAws, host: str) -> None:
    """Clients may name this machine as they like."""
    named = host.format(urlsplit(aws.endpoint_url).port)
    headers = {"Host": named, KEY_HEADER: aws.keyring.operator_key}

    assert status_of(aws, "POST", "/_local/idle", '{"timeoutS": 0}', **headers) == 200


@pytest.mark.browser
@pytest.mark.usefixtures("chromium")
@pytest.mark.usefixtures("sandbox")
def test_web_page_runs_nothing(aws: LocalAws) -> None:
    """A page in the developer's browser creates no function, and reads and resets nothing."""
    script = """(page, view) => TARGETS.map(([method, url, body]) => {
      const request = new view.XMLHttpRequest();
      request.open(method, url, false);
      try { request.send(body); return request.responseText; } catch (error) { return error.name; }
    })"""
    targets = [
        ("POST", f"{aws.endpoint_url}/2015-03-31/functions", create_function_request("from-a-page")),
        ("POST", f"{aws.endpoint_url}/moto-api/reset", ""),
        ("GET", f"{aws.endpoint_url}/_local/health", None),
    ]
    seen = look("<p>hello</p>", script.replace("TARGETS", json.dumps(targets)))

    assert seen.answer == ["NetworkError"] * len(targets)
    assert "from-a-page" not in function_names(aws)
    assert "target" in function_names(aws)


@pytest.fixture
def folder_for_all() -> Iterator[Path]:
    """A folder that every user may read, as a state folder's parent often is."""
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o755)
        yield Path(name)


AS_ANOTHER_USER = """
import encodings.idna, http.client, json, os, sys
attack = json.load(sys.stdin)
os.setgroups([]); os.setgid({nobody}); os.setuid({nobody})
found = {{}}
for name in ("state_file", "environ", "code"):
    try:
        found[name] = open(attack[name], "rb").read(10).decode("latin-1")
    except OSError as error:
        found[name] = type(error).__name__
for name, address, method, path, body in attack["requests"]:
    connection = http.client.HTTPConnection(address, timeout=10)
    try:
        connection.request(method, path, body)
        print("sent", flush=True)
        answer = connection.getresponse()
        found[name] = [answer.status, answer.read().decode()[:20] if answer.status == 200 else ""]
    except (OSError, http.client.HTTPException) as error:
        found[name] = type(error).__name__
print(json.dumps(found))
"""


# the server outlives the handle that started it
@pytest.mark.filterwarnings("ignore:subprocess .* is still running:ResourceWarning")
@needs_root
def test_another_user_of_the_machine_can_do_nothing(monkeypatch: pytest.MonkeyPatch, folder_for_all: Path) -> None:
    """Another uid reads neither key nor secrets, creates no function, and takes no event from a sandbox."""
    monkeypatch.setenv("POWER_TUNER_SECRET_OF_THE_SHELL", "secret")
    state_dir, folder = folder_for_all / "state", folder_for_all / "target"
    folder.mkdir()
    (folder / "app.py").write_text(CODE, encoding="utf-8")
    aws = start_server(state_dir)
    try:
        aws.add_function(folder, name="target")
        sandbox = environment_of_target(aws)
        server = json.loads((state_dir / "local-aws.json").read_text())
        environ = Path(f"/proc/{server['pid']}/environ").read_text(encoding="utf-8")
        gateway = urlsplit(aws.endpoint_url).netloc
        attack = {
            "state_file": str(state_dir / "local-aws.json"),
            "environ": f"/proc/{server['pid']}/environ",
            "code": sandbox["LAMBDA_TASK_ROOT"] + "/app.py",
            "requests": [
                ("create", gateway, "POST", "/2015-03-31/functions", create_function_request("foreign")),
                ("health", gateway, "POST", "/_local/health", "{}"),
                ("event", sandbox["AWS_LAMBDA_RUNTIME_API"], "GET", "/2018-06-01/runtime/invocation/next", None),
            ],
        }
        with subprocess.Popen(  # noqa: S603
            [sys.executable, "-c", AS_ANOTHER_USER.format(nobody=NOBODY)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        ) as other:
            assert other.stdin is not None
            assert other.stdout is not None
            other.stdin.write(json.dumps(attack))
            other.stdin.close()
            for _ in attack["requests"]:
                assert other.stdout.readline() == "sent\n"
            # a sandbox looks at its connections while it serves an invocation
            while not select.select([other.stdout], [], [], 0.1)[0]:
                environment_of_target(aws)
            found = json.loads(other.stdout.readline())
        names = function_names(aws)
    finally:
        stop_server(state_dir)

    assert {name: found[name] for name in ("state_file", "environ", "code")} == dict.fromkeys(
        ("state_file", "environ", "code"), "PermissionError"
    )
    assert (found["create"], found["health"]) == ([403, ""], [403, ""])
    assert found["event"] in {"RemoteDisconnected", "ConnectionResetError"}
    assert names == {"target"}
    assert "POWER_TUNER_SECRET_OF_THE_SHELL" not in environ
    assert stat.S_IMODE(state_dir.stat().st_mode) == 0o700


def test_server_starts_without_the_secrets_of_the_shell() -> None:
    """The server inherits where things are and how text is written, and no credential or profile."""
    shell = {
        "PATH": "/bin",
        "HOME": "/home/me",
        "LC_ALL": "C",
        "AWS_PROFILE": "production",
        "AWS_SECRET_ACCESS_KEY": "secret",
        "GITHUB_TOKEN": "secret",
        "HTTPS_PROXY": "http://me:secret@proxy",
    }

    assert clean_environment(shell) == {
        "PATH": "/bin",
        "HOME": "/home/me",
        "LC_ALL": "C",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    }
