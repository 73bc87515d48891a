"""Accounts to test the port ``Functions`` in: the stand-in, and the adapter over the local Lambda service."""

import io
import time
import zipfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import boto3
from botocore.config import Config

from fake_lambda import FakeFunctions
from fakes import FakeClock
from power_tuner.app import App
from power_tuner.aws.functions import LambdaFunctions
from power_tuner.operations.settling import settled
from power_tuner.ports import Functions
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
    """Where a function lives: the port, and what its owner does.

    Attributes:
        before: lets something happen just before Lambda does an operation for the next time.
    """

    functions: Functions
    sleep: Callable[[float], None]
    add: Callable[[str], str]
    tag: Callable[[str, Mapping[str, str]], object]
    remove: Callable[[str], object]
    point_alias: Callable[..., object]
    drop_alias: Callable[[str], object]
    give_url: Callable[[str, str], object]
    before: Callable[[str, Callable[[], object]], object]

    def latest(self, arn: str) -> FunctionSnapshot:
        """Return the settled ``$LATEST``."""
        return settled(App(functions=self.functions, sleep=self.sleep), arn)

    def publish(self, arn: str, description: str = MARKER) -> FunctionSnapshot:
        """Publish the settled ``$LATEST``."""
        return self.functions.publish(arn, self.latest(arn).code_sha256, description)

    def publish_two(self, arn: str) -> tuple[str, str]:
        """Publish a version, change the memory to 512 MB, and publish another."""
        first = self.publish(arn).version
        self.set_memory(arn, 512)
        return first, self.publish(arn).version

    def set_memory(self, arn: str, memory_mb: int) -> None:
        """Change the memory and wait."""
        self.functions.set_memory(arn, memory_mb, self.latest(arn).revision_id)
        self.latest(arn)


def fake_account() -> Account:
    """Return an account in memory."""
    clock = FakeClock()
    functions = FakeFunctions(clock, largest_memory_mb=LARGEST_MB)

    def add(name: str) -> str:
        arn = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{name}"
        functions.add(arn)
        return arn

    def tag(arn: str, tags: Mapping[str, str]) -> None:
        functions.functions[arn].tags = dict(tags)

    def point_alias(arn: str, version: str, second: str | None = None) -> None:
        functions.functions[arn].aliases["live"] = version
        functions.functions[arn].weighted = {"live"} if second else set()

    def drop_alias(arn: str) -> None:
        del functions.functions[arn].aliases["live"]

    def give_url(arn: str, mode: str) -> None:
        functions.functions[arn].url_modes.append(mode)

    def before(operation: str, act: Callable[[], object]) -> None:
        functions.before(operation, functions.count(operation) + 1, act)

    return Account(functions, clock.sleep, add, tag, functions.remove, point_alias, drop_alias, give_url, before)


def local_account(client: Any) -> Account:
    """Return the account of a client of the local Lambda service."""
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
        while client.get_function_configuration(FunctionName=name)["State"] == "Pending":
            time.sleep(0.01)
        return str(created["FunctionArn"])

    def tag(arn: str, tags: Mapping[str, str]) -> None:
        client.tag_resource(Resource=arn, Tags=dict(tags))

    def remove(arn: str) -> None:
        client.delete_function(FunctionName=arn)

    def point_alias(arn: str, version: str, second: str | None = None) -> None:
        weights = {"AdditionalVersionWeights": {second: 0.1} if second else {}}
        client.delete_alias(FunctionName=arn, Name="live")
        client.create_alias(FunctionName=arn, Name="live", FunctionVersion=version, RoutingConfig=weights)

    def drop_alias(arn: str) -> None:
        client.delete_alias(FunctionName=arn, Name="live")

    def give_url(arn: str, mode: str) -> None:
        alias = {} if mode == "RESPONSE_STREAM" else {"Qualifier": "live"}
        client.create_function_url_config(FunctionName=arn, AuthType="AWS_IAM", InvokeMode=mode, **alias)

    def before(operation: str, act: Callable[[], object]) -> None:
        event = f"before-call.lambda.{operation.title().replace('_', '')}"

        def once(**_: Any) -> None:
            client.meta.events.unregister(event, once)
            act()

        client.meta.events.register(event, once)

    functions = LambdaFunctions(lambda _: client, lambda _: client)
    return Account(functions, time.sleep, add, tag, remove, point_alias, drop_alias, give_url, before)


@contextmanager
def lambda_client() -> Iterator[Any]:
    """Run the local Lambda service, and return a client of it that tries nothing again."""
    with moto_state.hold():
        gateway = Gateway()
        server = HttpServer(gateway)
        options = LambdaOptions(memory_cap_mb=LARGEST_MB, update_delay_s=0.15)
        service = LambdaService(server.endpoint_url, REGION, ACCOUNT, options, keyring=gateway.doorkeeper.keyring)
        gateway.services["lambda"] = service
        server.start()
        try:
            yield boto3.client(
                "lambda",
                endpoint_url=server.endpoint_url,
                region_name=REGION,
                aws_access_key_id=gateway.doorkeeper.keyring.operator_key,
                aws_secret_access_key="local",
                config=Config(retries={"total_max_attempts": 1}, proxies={}),
            )
        finally:
            service.close()
            server.stop()
