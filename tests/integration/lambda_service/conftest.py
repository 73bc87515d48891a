"""A Lambda service with moto beside it, and functions to test it with."""

import base64
import io
import json
import re
import time
import zipfile
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.config import Config

from power_tuner_local import moto_state
from power_tuner_local.gateway.gateway import Gateway
from power_tuner_local.gateway.http_server import HttpServer
from power_tuner_local.gateway.identity import Keyring
from power_tuner_local.lambda_service import LambdaOptions, LambdaService

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

REGION, ACCOUNT = "us-east-1", "123456789012"
WORKER = """
import hashlib, json, logging, os, subprocess, sys, threading, time

def burn(cpu_ms):
    end = time.thread_time() + cpu_ms / 1000
    while time.thread_time() < end:
        pass

def handler(event, context):
    if "print" in event:
        print(event["print"])
    if "log" in event:
        logging.getLogger().warning(event["log"])
    if "cpu_ms" in event:
        burn(event["cpu_ms"])
    if "work" in event:
        hashed = b""
        for _ in range(event["work"]):
            hashed = hashlib.sha256(hashed * 100).digest()
    if "threads" in event:
        threads = [threading.Thread(target=hashlib.pbkdf2_hmac, args=("sha256", b"a", b"b", event["rounds"]))
                   for _ in range(event["threads"])]
        [thread.start() for thread in threads]
        [thread.join() for thread in threads]
    if "child_ms" in event:
        code = "import sys, time\\nwhile time.process_time() < float(sys.argv[1]): pass"
        subprocess.run([sys.executable, "-S", "-c", code, str(event["child_ms"] / 1000)], check=True)
    if "sleep_ms" in event:
        time.sleep(event["sleep_ms"] / 1000)
    if "allocate_mb" in event:
        held = b"x" * (event["allocate_mb"] << 20)
        time.sleep(event.get("hold_ms", 0) / 1000)
        del held
    if "fail" in event:
        raise ValueError(event["fail"])
    if "exit" in event:
        os._exit(event["exit"])
    if "size" in event:
        return "x" * event["size"]
    if "environment" in event:
        return dict(os.environ)
    return {"pid": os.getpid(), "arn": context.invoked_function_arn, "left": context.get_remaining_time_in_millis(),
            "memory": context.memory_limit_in_mb, "stdin": sys.stdin.read(), "client": str(context.client_context)}
"""
_FIELD = re.compile(r"(Duration|Billed Duration|Memory Size|Max Memory Used|Init Duration): ([\d.]+) M?m?[sB]")


@dataclass(frozen=True, slots=True)
class Result:
    """An invocation as its caller sees it."""

    payload: Any
    error: str | None
    version: str
    log: str
    took_ms: float

    @property
    def report(self) -> dict[str, float]:
        """Return the numbers of the REPORT line."""
        line = next(line for line in self.log.splitlines() if line.startswith("REPORT"))
        return {name: float(value) for name, value in _FIELD.findall(line)}


@dataclass(slots=True)
class Aws:
    """A running Lambda service."""

    service: LambdaService
    endpoint_url: str
    keyring: Keyring
    functions: Any = field(init=False)

    def __post_init__(self) -> None:
        self.functions = self.client("lambda")

    def client(self, service: Any, config: Config | None = None) -> Any:
        """Return a client that does not retry."""
        return boto3.client(
            service,
            endpoint_url=self.endpoint_url,
            region_name=REGION,
            aws_access_key_id=self.keyring.operator_key,
            aws_secret_access_key="local",
            config=config or Config(retries={"total_max_attempts": 1}, proxies={}, max_pool_connections=64),
        )

    def add(self, name: str, code: str = WORKER, *, memory_mb: int = 512, timeout_s: int = 30, **more: Any) -> str:
        """Create a function and wait for it; return its ARN."""
        created = self.functions.create_function(
            FunctionName=name,
            Role=f"arn:aws:iam::{ACCOUNT}:role/target",
            Code={"ZipFile": package(code)},
            **{"Handler": "app.handler", "Runtime": "python3.13", **more},
            MemorySize=memory_mb,
            Timeout=timeout_s,
        )
        self.settled(name)
        return str(created["FunctionArn"])

    def settled(self, name: str, qualifier: str | None = None) -> dict[str, Any]:
        """Wait until a function or version is active and updated."""
        which = {"FunctionName": name} | ({"Qualifier": qualifier} if qualifier else {})
        deadline = time.monotonic() + 5
        while time.monotonic() < deadline:
            shown: dict[str, Any] = self.functions.get_function_configuration(**which)
            if shown["State"] == "Active" and shown.get("LastUpdateStatus") == "Successful":
                return shown
            time.sleep(0.002)
        raise TimeoutError(name)

    def set_memory(self, name: str, memory_mb: int) -> dict[str, Any]:
        """Change the memory and wait."""
        self.functions.update_function_configuration(FunctionName=name, MemorySize=memory_mb)
        return self.settled(name)

    def publish(self, name: str, **more: Any) -> str:
        """Publish and wait; return the version's number."""
        number = str(self.functions.publish_version(FunctionName=name, **more)["Version"])
        self.settled(name, number)
        return number

    def invoke(self, name: str, event: Any = None, **more: Any) -> Result:
        """Invoke and return all that the caller sees."""
        started = time.perf_counter()
        answer = self.functions.invoke(FunctionName=name, Payload=json.dumps(event or {}), LogType="Tail", **more)
        payload = json.loads(answer["Payload"].read())
        took_ms = (time.perf_counter() - started) * 1000
        log = base64.b64decode(answer["LogResult"]).decode("utf-8", "replace")
        return Result(payload, answer.get("FunctionError"), answer["ExecutedVersion"], log, took_ms)


def package(code: str) -> bytes:
    """Return a deployment package with one module."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr(zipfile.ZipInfo("app.py"), code)
    return content.getvalue()


@contextmanager
def running(options: LambdaOptions) -> "Iterator[Aws]":
    """Run a Lambda service, and moto beside it."""
    gateway = Gateway()
    server = HttpServer(gateway)
    keyring = gateway.doorkeeper.keyring
    service = LambdaService(server.endpoint_url, REGION, ACCOUNT, options, keyring=keyring)
    gateway.services["lambda"] = service
    server.start()
    try:
        yield Aws(service, server.endpoint_url, keyring)
    finally:
        service.close()
        server.stop()


@pytest.fixture(scope="module", autouse=True)
def moto() -> "Iterator[None]":
    """Hold moto's state for the services of a module."""
    with moto_state.hold():
        yield


@pytest.fixture(scope="module")
def aws() -> "Iterator[Aws]":
    """A service with short delays, for all tests of a module."""
    with running(LambdaOptions(retry_delay_s=0.01)) as aws:
        yield aws


@pytest.fixture
def make_package() -> "Callable[[str], bytes]":
    """A function that creates deployment packages."""
    return package


@pytest.fixture
def run_service() -> "Callable[[LambdaOptions], Any]":
    """A function that runs a service with given options."""
    return running


@pytest.fixture
def name(request: pytest.FixtureRequest) -> str:
    """A function name of the test's own."""
    return re.sub(r"\W+", "-", request.node.name).strip("-")[:64]
