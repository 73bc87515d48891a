"""Lambda's API: the adapter over the local Lambda service, and its stand-in, keep the same promises."""

import io
import threading
import time
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import boto3
import pytest
from botocore.config import Config

from fake_lambda import FakeFunctions
from fakes import FakeClock
from power_tuner.aws.functions import LambdaFunctions
from power_tuner.operations.settling import settled
from power_tuner.ports import (
    FunctionNotFound,
    Functions,
    MemoryRefused,
    RevisionMismatch,
    UpdateInProgress,
    VersionInUse,
)
from power_tuner.tuning.target import FunctionSnapshot
from power_tuner_local import moto_state
from power_tuner_local.gateway.gateway import Gateway
from power_tuner_local.gateway.http_server import HttpServer
from power_tuner_local.lambda_service import LambdaOptions, LambdaService

ACCOUNT, REGION = "123456789012", "eu-west-1"
LARGEST_MB = 3008
MARKER = "power-tuner run run-1"
CODE = "def handler(event, context):\n    if event == 'fail':\n        raise ValueError('no')\n    return [event]\n"


@dataclass
class Account:
    """Where a function lives: the port, and what its owner does."""

    functions: Functions
    sleep: Callable[[float], None]
    add: Callable[[str], str]
    point_alias: Callable[[str, str], object]
    give_url: Callable[[str, str], object]

    def latest(self, arn: str) -> FunctionSnapshot:
        """Return the settled ``$LATEST``."""
        return settled(self.functions, arn, self.sleep)

    def publish(self, arn: str, description: str = MARKER) -> FunctionSnapshot:
        """Publish the settled ``$LATEST``."""
        return self.functions.publish(arn, self.latest(arn).code_sha256, description)

    def set_memory(self, arn: str, memory_mb: int) -> None:
        """Change the memory and wait."""
        self.functions.set_memory(arn, memory_mb, self.latest(arn).revision_id)
        self.latest(arn)


def fake_account() -> Account:
    clock = FakeClock()
    functions = FakeFunctions(clock, largest_memory_mb=LARGEST_MB)

    def add(name: str) -> str:
        arn = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{name}"
        functions.add(arn)
        return arn

    def point_alias(arn: str, version: str) -> None:
        functions.functions[arn].aliases["live"] = version

    def give_url(arn: str, mode: str) -> None:
        functions.functions[arn].url_modes.append(mode)

    return Account(functions, clock.sleep, add, point_alias, give_url)


@pytest.fixture(scope="module")
def local_client() -> Iterator[Any]:
    with moto_state.hold():
        gateway = Gateway()
        server = HttpServer(gateway)
        options = LambdaOptions(memory_cap_mb=LARGEST_MB, update_delay_s=0.05)
        service = LambdaService(server.endpoint_url, REGION, ACCOUNT, options)
        gateway.services["lambda"] = service
        server.start()
        try:
            yield boto3.client(
                "lambda",
                endpoint_url=server.endpoint_url,
                region_name=REGION,
                aws_access_key_id="tester",
                aws_secret_access_key="local",
                config=Config(retries={"total_max_attempts": 1}, proxies={}),
            )
        finally:
            service.close()
            server.stop()


def local_account(client: Any) -> Account:
    bundle = io.BytesIO()
    with zipfile.ZipFile(bundle, "w") as archive:
        archive.writestr("app.py", CODE)

    def add(name: str) -> str:
        created = client.create_function(
            FunctionName=name,
            Role=f"arn:aws:iam::{ACCOUNT}:role/target",
            Code={"ZipFile": bundle.getvalue()},
            Handler="app.handler",
            Runtime="python3.13",
            MemorySize=1024,
            Timeout=10,
        )
        client.get_waiter("function_active_v2").wait(FunctionName=name, WaiterConfig={"Delay": 1})
        return str(created["FunctionArn"])

    def point_alias(arn: str, version: str) -> None:
        client.create_alias(FunctionName=arn, Name="live", FunctionVersion=version)

    def give_url(arn: str, mode: str) -> None:
        alias = {} if mode == "RESPONSE_STREAM" else {"Qualifier": "live"}
        client.create_function_url_config(FunctionName=arn, AuthType="AWS_IAM", InvokeMode=mode, **alias)

    return Account(LambdaFunctions(lambda _: client, lambda _: client), time.sleep, add, point_alias, give_url)


@pytest.fixture(params=["fake", "local"])
def account(request: pytest.FixtureRequest) -> Account:
    if request.param == "fake":
        return fake_account()
    return local_account(request.getfixturevalue("local_client"))


@pytest.fixture
def arn(account: Account, request: pytest.FixtureRequest) -> str:
    return account.add("".join(c if c.isalnum() else "-" for c in request.node.name)[-60:].strip("-"))


def test_a_missing_function_is_not_found(account: Account) -> None:
    """Every question about it says so."""
    arn = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:nobody"
    with pytest.raises(FunctionNotFound):
        account.functions.get(arn)
    with pytest.raises(FunctionNotFound):
        account.functions.publish(arn, "code", MARKER)
    with pytest.raises(FunctionNotFound):
        account.functions.invoke(arn, None, "{}", want_log=True)
    with pytest.raises(FunctionNotFound):
        account.functions.only_streams(arn)

    assert [] == account.functions.versions_described(arn, MARKER)


def test_only_what_streams_at_every_url_only_streams(account: Account, arn: str) -> None:
    """No URL is no streaming; a second URL, of an alias, that waits for the whole response makes it callable."""
    without = account.functions.only_streams(arn)
    account.give_url(arn, "RESPONSE_STREAM")
    streaming = account.functions.only_streams(arn)
    account.point_alias(arn, account.publish(arn).version)
    account.give_url(arn, "BUFFERED")

    assert (False, True, False) == (without, streaming, account.functions.only_streams(arn))


def test_a_missing_version_is_not_found(account: Account, arn: str) -> None:
    """A qualifier that does not exist is not answered with something else."""
    with pytest.raises(FunctionNotFound):
        account.functions.get(arn, "77")


def test_the_memory_is_set_for_the_revision_that_was_read(account: Account, arn: str) -> None:
    """An old revision is refused, and changes nothing."""
    old = account.latest(arn).revision_id
    account.set_memory(arn, 512)

    with pytest.raises(RevisionMismatch):
        account.functions.set_memory(arn, 256, old)
    assert 512 == account.latest(arn).memory_mb


def test_an_update_takes_its_time(account: Account, arn: str) -> None:
    """While an update is in progress it is shown, and a second change is refused."""
    latest = account.latest(arn)
    account.functions.set_memory(arn, 512, latest.revision_id)
    busy = account.functions.get(arn)
    with pytest.raises(UpdateInProgress):
        account.functions.publish(arn, latest.code_sha256, MARKER)

    assert busy.update_in_progress
    assert (512, False) == (account.latest(arn).memory_mb, account.latest(arn).update_in_progress)


def test_a_memory_beyond_the_account_is_refused(account: Account, arn: str) -> None:
    """The refusal is told apart from other bad parameters, and changes nothing."""
    with pytest.raises(MemoryRefused):
        account.set_memory(arn, 10240)

    assert 1024 == account.latest(arn).memory_mb


def test_a_version_is_as_latest_was(account: Account, arn: str) -> None:
    """It keeps the memory and our description; but for those, it is the same function."""
    account.set_memory(arn, 512)
    version = account.publish(arn)
    account.set_memory(arn, 1024)
    latest = account.latest(arn)
    shown = account.functions.get(arn, version.version)

    assert (512, MARKER) == (version.memory_mb, version.description) == (shown.memory_mb, shown.description)
    assert latest.version_fingerprint == version.version_fingerprint


def test_our_memory_is_not_in_the_fingerprint(account: Account, arn: str) -> None:
    """Setting the memory and publishing are no foreign change."""
    before = account.latest(arn).fingerprint
    account.set_memory(arn, 512)
    account.publish(arn)

    assert before == account.latest(arn).fingerprint


def test_an_unchanged_function_is_not_published_again(account: Account, arn: str) -> None:
    """The existing version is answered, with the description that it had."""
    first = account.publish(arn, "release")
    second = account.publish(arn)

    assert (first.version, "release") == (second.version, second.description)


def test_other_code_is_not_published(account: Account, arn: str) -> None:
    """The digest guards against a deployment in between."""
    account.latest(arn)
    with pytest.raises(RevisionMismatch):
        account.functions.publish(arn, "bm90IHRoaXMgY29kZQ==", MARKER)

    assert [] == account.functions.versions_described(arn, MARKER)


def test_versions_are_found_by_their_description(account: Account, arn: str) -> None:
    """Exactly that description, and never $LATEST."""
    account.publish(arn, f"{MARKER}0")
    account.set_memory(arn, 512)
    ours = account.publish(arn)

    assert [ours.version] == account.functions.versions_described(arn, MARKER)


def test_a_version_is_deleted_once(account: Account, arn: str) -> None:
    """Deleting it again is fine; $LATEST and the others stay."""
    kept = account.publish(arn, "release")
    account.set_memory(arn, 512)
    ours = account.publish(arn)
    account.functions.delete_version(arn, ours.version)
    account.functions.delete_version(arn, ours.version)

    assert kept.version == account.functions.get(arn, kept.version).version
    assert 512 == account.latest(arn).memory_mb
    with pytest.raises(FunctionNotFound):
        account.functions.get(arn, ours.version)


@pytest.mark.parametrize("version", ["", "$LATEST", "live", "-1"])
def test_only_numbered_versions_are_deleted(account: Account, arn: str, version: str) -> None:
    """Anything else might be the whole function, so Lambda is not even asked."""
    with pytest.raises(ValueError, match="is not a version number"):
        account.functions.delete_version(arn, version)

    assert 1024 == account.latest(arn).memory_mb


def test_a_version_behind_an_alias_is_in_use(account: Account, arn: str) -> None:
    """Lambda refuses to delete it, which is no update in progress."""
    version = account.publish(arn).version
    account.point_alias(arn, version)

    with pytest.raises(VersionInUse):
        account.functions.delete_version(arn, version)
    assert version == account.functions.get(arn, "live").version


def test_an_alias_is_created_and_moved(account: Account, arn: str) -> None:
    """The version that it pointed to before is returned, so that it can be moved back."""
    first = account.publish(arn).version
    account.set_memory(arn, 512)
    second = account.publish(arn).version

    assert [None, first] == [
        account.functions.move_alias(arn, "prod", first),
        account.functions.move_alias(arn, "prod", second),
    ]
    assert (second, 512) == (account.functions.get(arn, "prod").version, account.functions.get(arn, "prod").memory_mb)


def test_a_version_is_invoked(account: Account, arn: str) -> None:
    """The answer says which version ran, and its log has the REPORT."""
    version = account.publish(arn).version
    answer = account.functions.invoke(arn, version, '"x"', want_log=True)

    assert (version, None) == (answer.executed_version, answer.function_error)
    assert "REPORT RequestId: " in answer.log_tail


def test_a_log_comes_on_demand(account: Account, arn: str) -> None:
    """Processors are invoked without one."""

    assert "" == account.functions.invoke(arn, None, '"x"', want_log=False).log_tail


def test_a_failing_function_is_an_answer(local_client: Any) -> None:
    """An error of the function is no error of the call."""
    account = local_account(local_client)
    answer = account.functions.invoke(account.add("failing"), None, '"fail"', want_log=True)

    assert "Unhandled" == answer.function_error
    assert '"errorType": "ValueError"' in answer.payload


def test_invocations_may_run_side_by_side(local_client: Any) -> None:
    """One client serves the threads of an Executor."""
    account = local_account(local_client)
    arn = account.add("side-by-side")
    answers: list[str] = []
    threads = [
        threading.Thread(
            target=lambda: answers.append(account.functions.invoke(arn, None, '"x"', want_log=True).payload)
        )
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert ['["x"]'] * 4 == answers
