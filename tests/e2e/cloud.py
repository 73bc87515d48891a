"""The AWS that end-to-end tests run on: the local one, or, with one switch, a real account.

``POWER_TUNER_E2E=aws`` runs the same tests against the stack named by ``POWER_TUNER_STACK`` (default
``power-tuner``) with the usual credentials; ``POWER_TUNER_E2E_ROLE`` is the role that test targets get, and
``POWER_TUNER_E2E_PAYLOADS`` the bucket that the stack was given as ``payloadS3Bucket``.
"""

import io
import json
import os
import time
import uuid
import zipfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path
from typing import Any, Protocol

import boto3
import pytest
from botocore.config import Config

from power_tuner.automation.profile import Profile
from power_tuner.aws import keys
from power_tuner_cli.cloud import find_stack, open_app
from power_tuner_local import LocalAws
from power_tuner_local.faults import Fault, Kind

ROOT = Path(__file__).resolve().parents[2]
RUN_TIMEOUT_S = 120.0
POLL_S = 0.25


class Cloud(Protocol):
    """What a test needs of either AWS."""

    outputs: dict[str, str]
    payload_bucket: str
    stack_name: str

    @property
    def region(self) -> str:
        """Return where it is."""

    def client(self, service: str, *, region_name: str | None = None, config: Config | None = None) -> Any:
        """Return a boto3 client."""

    def add_function(self, folder: Path, **options: Any) -> str:
        """Create a function from a folder and return its ARN."""

    def run_janitor(self) -> None:
        """Let the janitor's schedule fire now."""

    def settle(self) -> None:
        """Wait until all that was set off has come to its end."""

    def run_fleet(self) -> None:
        """Let the schedule of the drift checks fire now."""

    def throttled_once(self, *handlers: str) -> AbstractContextManager[None]:
        """Throttle the next invocation of each of these functions of the app, given by their logical ids."""


class LocalCloud:
    """The local AWS with this repository's stack."""

    def __init__(
        self, aws: LocalAws, stack_name: str = "power-tuner", parameters: dict[str, str] | None = None
    ) -> None:
        self._aws = aws
        self.stack_name = stack_name
        self.payload_bucket = "power-tuner-e2e-payloads"
        aws.client("s3").create_bucket(Bucket=self.payload_bucket)
        parameters = {"payloadS3Bucket": self.payload_bucket, "processorResource": "*", **(parameters or {})}
        stack = aws.deploy(ROOT / "template.yaml", stack_name=stack_name, parameters=parameters)
        self.outputs: dict[str, str] = dict(stack.outputs)

    def with_stack(self, stack_name: str, parameters: dict[str, str]) -> "LocalCloud":
        """Deploy the template once more, beside what is there."""
        return LocalCloud(self._aws, stack_name, parameters)

    @property
    def region(self) -> str:
        """Return the local AWS's one region."""
        return self._aws.region

    def client(self, service: str, *, region_name: str | None = None, config: Config | None = None) -> Any:
        """Return a boto3 client of the local AWS."""
        return self._aws.client(service, region_name=region_name, config=config)

    def client_of_role(self, service: str, role: str) -> Any:
        """Return a boto3 client with the credentials of a role."""
        return self._aws.client(service, role=role)

    def add_function(self, folder: Path, **options: Any) -> str:
        """Create a function on the local AWS."""
        return self._aws.add_function(folder, **options)

    def run_fleet(self) -> None:
        """Fire the schedule of the drift checks."""
        schedules = self.client("scheduler").list_schedules()["Schedules"]
        self._aws.fire_schedule(next(entry["Name"] for entry in schedules if "fleet" in entry["Name"]))

    @contextmanager
    def throttled_once(self, *handlers: str) -> Iterator[None]:
        """Throttle the next invocation of each of these functions of the app."""
        with ExitStack() as faults:
            for handler in handlers:
                fault = Fault(Kind.THROTTLE, service="lambda", action="Invoke", mentions=handler)
                faults.enter_context(self._aws.faults.inject(fault))
            yield

    def settle(self) -> None:
        """Wait until the local AWS is idle."""
        self._aws.wait_until_idle(RUN_TIMEOUT_S)

    def run_janitor(self) -> None:
        """Fire the janitor's schedule."""
        schedules = self.client("scheduler").list_schedules()["Schedules"]
        self._aws.fire_schedule(next(entry["Name"] for entry in schedules if "janitor" in entry["Name"]))


class RealCloud:
    """A stack in a real account."""

    def __init__(self) -> None:
        self.stack_name = os.environ.get("POWER_TUNER_STACK", "power-tuner")
        stack = self.client("cloudformation").describe_stacks(StackName=self.stack_name)["Stacks"][0]
        self.outputs = {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]}
        self.payload_bucket = os.environ.get("POWER_TUNER_E2E_PAYLOADS", "")
        self.created: list[str] = []

    @property
    def region(self) -> str:
        """Return the region of the usual settings."""
        return str(boto3.Session().region_name)

    def client(self, service: str, *, region_name: str | None = None, config: Config | None = None) -> Any:
        """Return a boto3 client with the usual credentials."""
        return boto3.Session().client(service, region_name=region_name, config=config)  # type: ignore[call-overload]

    def add_function(self, folder: Path, **options: Any) -> str:
        """Create a function in the account; it is deleted after the tests."""
        archive = io.BytesIO()
        with zipfile.ZipFile(archive, "w") as bundle:
            for path in folder.rglob("*.py"):
                bundle.write(path, path.relative_to(folder))
        answer = self.client("lambda").create_function(
            FunctionName=options.get("name") or f"power-tuner-e2e-{uuid.uuid4().hex[:8]}",
            Runtime="python3.13",
            Architectures=["arm64"],
            Role=os.environ["POWER_TUNER_E2E_ROLE"],
            Handler=options.get("handler", "app.handler"),
            MemorySize=options.get("memory_mb", 128),
            Timeout=options.get("timeout_s", 30),
            Code={"ZipFile": archive.getvalue()},
        )
        self.created.append(answer["FunctionName"])
        self.client("lambda").get_waiter("function_active_v2").wait(FunctionName=answer["FunctionName"])
        return str(answer["FunctionArn"])

    def run_fleet(self) -> None:
        """Start the fleet's state machine, as its schedule does."""
        machines = self.client("stepfunctions").list_state_machines()["stateMachines"]
        arn = next(machine["stateMachineArn"] for machine in machines if machine["name"].startswith("fleet-"))
        self.client("stepfunctions").start_execution(stateMachineArn=arn, input="{}")

    def throttled_once(self, *_handlers: str) -> AbstractContextManager[None]:
        """Skip the test: no account throttles on demand."""
        pytest.skip("faults are injected on the local AWS alone")

    def settle(self) -> None:
        """Wait as long as events, asynchronous invocations and a small run take."""
        time.sleep(90)

    def run_janitor(self) -> None:
        """Invoke the janitor, as its schedule does every five minutes."""
        functions = self.client("lambda").get_paginator("list_functions").paginate()
        names = (function["FunctionName"] for page in functions for function in page["Functions"])
        self.client("lambda").invoke(
            FunctionName=next(name for name in names if "JanitorFunction" in name), Payload=b"{}"
        )


@contextmanager
def open_cloud() -> Iterator[Cloud]:
    """Yield the AWS that the environment asks for, with the stack as it is by default."""
    if os.environ.get("POWER_TUNER_E2E") == "aws":
        cloud = RealCloud()
        try:
            yield cloud
        finally:
            for name in cloud.created:
                cloud.client("lambda").delete_function(FunctionName=name)
        return
    with open_local_cloud() as local:
        yield local


@contextmanager
def open_local_cloud(stack_name: str = "power-tuner", parameters: dict[str, str] | None = None) -> Iterator[LocalCloud]:
    """Yield a local AWS with a stack of these parameters; the test is skipped in a real account.

    Raises:
        Skipped: The environment asks for a real account.
    """
    if os.environ.get("POWER_TUNER_E2E") == "aws":
        pytest.skip("deploys a stack of its own: on the local AWS only")
    with LocalAws() as aws:
        yield LocalCloud(aws, stack_name, parameters)


def wait_for(what: str, check: Callable[[], Any], timeout_s: float = RUN_TIMEOUT_S) -> Any:
    """Poll until a check gives something, and return that; fail with the words of ``what`` when it never does."""
    deadline = time.monotonic() + timeout_s
    while time.monotonic() < deadline:
        found = check()
        if found:
            return found
        time.sleep(POLL_S)
    raise AssertionError(f"{what}: not within {timeout_s:.0f} s")


class Tuner:
    """The app under test, through public AWS APIs alone."""

    def __init__(self, cloud: Cloud) -> None:
        self.cloud = cloud
        self.machine_arn = cloud.outputs["StateMachineArn"]
        self.table = cloud.outputs["TableName"]
        self.bucket = cloud.outputs["BucketName"]

    def enroll(self, profile: Profile) -> None:
        """Enrol a function."""
        open_app(self.cloud, find_stack(self.cloud, self.cloud.stack_name)).profiles.put(profile)

    def start(self, run_input: dict[str, Any], prefix: str = "e2e") -> str:
        """Start a run, under a name with a prefix, and return its execution's ARN."""
        answer = self.cloud.client("stepfunctions").start_execution(
            stateMachineArn=self.machine_arn, input=json.dumps(run_input), name=f"{prefix}-{uuid.uuid4().hex[:12]}"
        )
        return str(answer["executionArn"])

    def wait(self, execution_arn: str) -> dict[str, Any]:
        """Wait until an execution has ended and return its description, the output parsed."""
        client = self.cloud.client("stepfunctions")

        def ended() -> dict[str, Any] | None:
            described: dict[str, Any] = client.describe_execution(executionArn=execution_arn)
            return described if described["status"] != "RUNNING" else None

        execution: dict[str, Any] = wait_for(f"{execution_arn} ends", ended)
        if "output" in execution:
            execution["output"] = json.loads(execution["output"])
        return execution

    def tune(self, run_input: dict[str, Any]) -> dict[str, Any]:
        """Run to the end."""
        return self.wait(self.start(run_input))

    def state_entered(self, execution_arn: str, state: str) -> bool:
        """Tell whether an execution has entered a state."""
        events = self.cloud.client("stepfunctions").get_execution_history(executionArn=execution_arn)["events"]
        return any(event.get("stateEnteredEventDetails", {}).get("name") == state for event in events)

    def items(self, target_arn: str) -> list[dict[str, Any]]:
        """Return every item kept of a target: leases and runs."""
        answer = self.cloud.client("dynamodb").query(
            TableName=self.table,
            KeyConditionExpression="PK = :pk",
            ExpressionAttributeValues={":pk": {"S": keys.lease(target_arn)["PK"]}},
            ConsistentRead=True,
        )
        return [{name: next(iter(value.values())) for name, value in item.items()} for item in answer["Items"]]

    def leases(self, target_arn: str) -> list[dict[str, Any]]:
        """Return the leases held on a target."""
        return [item for item in self.items(target_arn) if item["SK"] == "LEASE"]

    def run_item(self, target_arn: str, run_id: str) -> dict[str, Any] | None:
        """Return the item of a run."""
        return next(
            (item for item in self.items(target_arn) if item.get("runId") == run_id and item["SK"] != "LEASE"), None
        )

    def applied(self, target_arn: str, run_id: str) -> bool:
        """Tell whether the Optimizer has noted on a run's item what it did."""
        return "applied" in (self.run_item(target_arn, run_id) or {})

    def keys(self, prefix: str) -> list[str]:
        """Return the keys in the app's bucket."""
        pages = self.cloud.client("s3").get_paginator("list_objects_v2").paginate(Bucket=self.bucket, Prefix=prefix)
        return [entry["Key"] for page in pages for entry in page.get("Contents", [])]

    def document(self, key: str) -> dict[str, Any]:
        """Return a JSON document of the app's bucket."""
        body = self.cloud.client("s3").get_object(Bucket=self.bucket, Key=key)["Body"].read()
        document: dict[str, Any] = json.loads(body)
        return document


def bundle(source: str) -> bytes:
    """Return a function's zip archive with this app.py."""
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as zipped:
        zipped.writestr("app.py", source)
    return archive.getvalue()


# What changes in the configuration of a function without anybody changing the function.
_VOLATILE = ("ResponseMetadata", "RevisionId", "LastModified", "LastUpdateStatus", "State", "CodeSize")


def trace_of(cloud: Cloud, function: str) -> dict[str, Any]:
    """Return everything that a run could leave behind on a function: configuration, versions, aliases."""
    client = cloud.client("lambda")
    versions = client.list_versions_by_function(FunctionName=function)["Versions"]
    aliases = client.list_aliases(FunctionName=function)["Aliases"]
    return {
        "configuration": _without_volatile(client.get_function_configuration(FunctionName=function)),
        "versions": [_without_volatile(version) for version in versions],
        "aliases": [{key: value for key, value in alias.items() if key != "RevisionId"} for alias in aliases],
    }


def _without_volatile(configuration: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in configuration.items() if key not in _VOLATILE}
