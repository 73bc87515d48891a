"""AWS as the CLI meets it: real boto3 clients whose answers are written beforehand."""

import io
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import boto3
import msgspec
from botocore.config import Config
from botocore.response import StreamingBody
from botocore.stub import ANY, Stubber

from power_tuner.aws import keys
from power_tuner.aws.history import to_item
from power_tuner.aws.item_table import to_attributes
from power_tuner.tuning.ceiling import Ceiling
from power_tuner.tuning.run_item import RunItem
from power_tuner_cli.cloud import TunerStack, find_stack

REGION = "eu-west-1"
STATE_MACHINE = f"arn:aws:states:{REGION}:123456789012:stateMachine:power-tuner"
EXECUTION = f"arn:aws:states:{REGION}:123456789012:execution:power-tuner:run-1"
TABLE, BUCKET = "tuner-table", "tuner-bucket"
OUTPUTS = {"StateMachineArn": STATE_MACHINE, "TableName": TABLE, "BucketName": BUCKET, "EventBusName": "tuner"}
CEILING = Ceiling(
    invocations=30, lambda_cost_usd=0.02, execution_cost_usd=0.001, snap_start_cost_usd=0.0, currency="USD"
)
FUNCTION = {
    "FunctionArn": f"arn:aws:lambda:{REGION}:123456789012:function:thumbnailer",
    "Version": "$LATEST",
    "MemorySize": 512,
    "Timeout": 3,
    "CodeSha256": "code-1",
    "RevisionId": "revision-1",
    "Architectures": ["arm64"],
    "Runtime": "python3.13",
}
PARAMETERS = {
    "mode": "apply",
    "PowerValues": "128,256",
    "visualizationURL": "https://viewer.example/",
    "resultRetentionInDays": "365",
    "maxConcurrentBranches": "10",
    "maxInvocationsPerRun": "100000",
}


@cache
def client(service: str) -> Any:
    """Make a client once: reading AWS's models takes longer than the tests."""
    session = boto3.Session(aws_access_key_id="x", aws_secret_access_key="x", region_name=REGION)
    return session.client(service)  # type: ignore[call-overload]


@dataclass(frozen=True, slots=True)
class _InputOf:
    """Equals the input of a run that was asked for so: what was given as payload lies in the bucket."""

    asked: Mapping[str, Any]

    def __eq__(self, other: object) -> bool:
        started = json.loads(str(other))
        if "payload" not in self.asked:
            return bool(self.asked == started)
        uri = started.pop("payloadS3")
        without = {field: value for field, value in self.asked.items() if field != "payload"}
        return without == started and str(uri).startswith(f"s3://{BUCKET}/payloads/")

    def __hash__(self) -> int:
        return 0


@dataclass
class StubbedAws:
    """An AWS account that answers what it was told to, in that order, and nothing else."""

    region: str = REGION
    stubbers: dict[str, Stubber] = field(default_factory=dict)
    _has_begun: bool = False

    def client(self, service: str, *, region_name: str | None = None, config: Config | None = None) -> Any:  # noqa: ARG002
        """Return the stubbed client of a service, whatever its settings."""
        self.stub(service)
        return client(service)

    def stub(self, service: str) -> Stubber:
        """Return what holds a service's answers."""
        if service not in self.stubbers:
            self.stubbers[service] = Stubber(client(service))
            self.stubbers[service].activate()
        return self.stubbers[service]

    @property
    def stack(self) -> TunerStack:
        """The stack that is deployed there."""
        self.has_stack()
        return find_stack(self, "power-tuner")

    def close(self) -> None:
        """Let go of the clients."""
        for stubber in self.stubbers.values():
            stubber.deactivate()

    def has_runs(self, target_arn: str, *runs: RunItem) -> None:
        """Expect the item collection of a function to be asked for, newest first, and answer these runs."""
        self.has_stack()
        partition, prefix = keys.runs(target_arn)
        self.stub("dynamodb").add_response(
            "query",
            {"Items": [dynamodb_item(run) for run in runs]},
            {
                "TableName": TABLE,
                "KeyConditionExpression": "PK = :partition AND begins_with(SK, :prefix)",
                "ExpressionAttributeValues": {":partition": {"S": partition}, ":prefix": {"S": prefix}},
                "ScanIndexForward": False,
                "ConsistentRead": True,
                "Limit": 50,  # of a page, whatever --limit says
            },
        )

    def has_stack(self, **parameters: str) -> None:
        """Answer that the tuner is deployed, with its usual parameters but for these."""
        self.stub("cloudformation").add_response(
            "describe_stacks",
            {
                "Stacks": [
                    {
                        "StackName": "power-tuner",
                        "CreationTime": "2026-11-23T12:00:00Z",
                        "StackStatus": "CREATE_COMPLETE",
                        "Outputs": [{"OutputKey": key, "OutputValue": value} for key, value in OUTPUTS.items()],
                        "Parameters": [
                            {"ParameterKey": key, "ParameterValue": value}
                            for key, value in (PARAMETERS | parameters).items()
                        ],
                    }
                ]
            },
            {"StackName": "power-tuner"},
        )

    def has_function(self, **configuration: Any) -> None:
        """Answer how the function is configured that is about to be tuned; so its run is not asked what it noted."""
        self._has_begun = True
        self.stub("lambda").add_response("get_function_configuration", FUNCTION | configuration)

    def hides_function(self) -> None:
        """Answer that the caller may not read the function that is about to be tuned."""
        self.stub("lambda").add_client_error("get_function_configuration", "AccessDeniedException", "not yours")

    def starts(self, run_input: Mapping[str, Any]) -> None:
        """Expect a run to be started with exactly this input; a payload goes to the bucket."""
        if "payload" in run_input:
            self.stub("s3").add_response(
                "put_object", {}, {"Bucket": BUCKET, "Key": ANY, "ContentType": "application/json", "Body": ANY}
            )
        self.stub("stepfunctions").add_response(
            "start_execution",
            {"executionArn": EXECUTION, "startDate": "2026-11-23T12:00:00Z"},
            {"stateMachineArn": STATE_MACHINE, "name": ANY, "input": _InputOf(run_input)},
        )

    def execution(self, status: str, **more: Any) -> None:
        """Answer how the execution is."""
        described = {
            "executionArn": EXECUTION,
            "stateMachineArn": STATE_MACHINE,
            "status": status,
            "startDate": "2026-11-23T12:00:00Z",
        }
        self.stub("stepfunctions").add_response("describe_execution", described | more)
        if status != "RUNNING":
            self.has_samples({})

    def in_state(self, name: str, objects: Mapping[str, str] | None = None, *, event: int = 7) -> None:
        """Answer that the execution entered a state, and which objects are stored, when."""
        self.stub("stepfunctions").add_response(
            "get_execution_history",
            {
                "events": [
                    {
                        "timestamp": "2026-11-23T12:00:01Z",
                        "type": "TaskStateEntered",
                        "id": event,
                        "stateEnteredEventDetails": {"name": name},
                    }
                ]
            },
        )
        if not self._has_begun:
            self._has_begun = True
            begun = {"startedAt": "2026-11-23T12:00:00Z", "atMost": msgspec.json.encode(CEILING).decode()}
            self.stub("dynamodb").add_response("get_item", {"Item": to_attributes(begun)})
        self.has_samples(objects or {})

    def has_samples(self, objects: Mapping[str, str]) -> None:
        """Answer which objects are stored under the run, and since when."""
        self.stub("s3").add_response(
            "list_objects_v2",
            {"Contents": [{"Key": key, "LastModified": when} for key, when in objects.items()]},
            {"Bucket": BUCKET, "Prefix": "runs/run-1/samples/"},
        )

    def has_item(self, item: RunItem | None) -> None:
        """Answer a look at the function's newest runs."""
        found = [] if item is None else [dynamodb_item(item)]
        self.stub("dynamodb").add_response("query", {"Items": found})

    def has_object(self, key: str, content: bytes) -> None:
        """Answer a read of the bucket."""
        body = StreamingBody(io.BytesIO(content), len(content))
        self.stub("s3").add_response("get_object", {"Body": body}, {"Bucket": BUCKET, "Key": key})


def dynamodb_item(item: RunItem) -> dict[str, Any]:
    """Return a run's item as DynamoDB answers it."""
    return to_attributes(to_item(item))
