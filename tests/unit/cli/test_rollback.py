"""`power-tuner rollback`."""

import io
import json
from typing import Any

import pytest
from botocore.response import StreamingBody

from power_tuner_cli.exit_codes import ExitCode
from unit.cli.conftest import PowerTuner
from unit.cli.stubbed_aws import StubbedAws

ARN = "arn:aws:lambda:eu-west-1:123456789012:function:thumbnailer"


def answers(aws: StubbedAws, document: dict[str, Any], **more: str) -> None:
    """Let the Optimizer answer when it is asked for run-1."""
    aws.has_stack()
    resource = {
        "StackResourceDetail": {
            "LogicalResourceId": "OptimizerFunction",
            "PhysicalResourceId": "power-tuner-OptimizerFunction-1A2B",
            "ResourceType": "AWS::Lambda::Function",
            "LastUpdatedTimestamp": "2026-11-23T12:00:00Z",
            "ResourceStatus": "CREATE_COMPLETE",
        }
    }
    aws.stub("cloudformation").add_response("describe_stack_resource", resource)
    body = json.dumps(document).encode()
    aws.stub("lambda").add_response(
        "invoke",
        {"StatusCode": 200, "Payload": StreamingBody(io.BytesIO(body), len(body)), **more},
        {"FunctionName": "power-tuner-OptimizerFunction-1A2B", "Payload": b'{"rollback": "run-1"}'},
    )


def test_the_optimizer_takes_it_back(aws: StubbedAws, power_tuner: PowerTuner) -> None:
    """What it restored is shown."""
    restored = {"runId": "run-1", "targetArn": ARN, "memoryMb": 1024, "alias": "live"}
    answers(aws, restored)

    finished = power_tuner("rollback", "run-1", "--json")

    assert restored == json.loads(finished.stdout)
    assert "1024 MB, alias live" in finished.stderr.replace("\n", " ")


def test_a_refusal_is_told(aws: StubbedAws, power_tuner: PowerTuner) -> None:
    """Why nothing was taken back, and an exit code that says so."""
    answers(aws, {"errorType": "NotApplied", "errorMessage": "run run-1 applied nothing"}, FunctionError="Unhandled")

    finished = power_tuner("rollback", "run-1")

    assert ExitCode.RUN_FAILED == finished.exit_code
    assert "Nothing was rolled back: run run-1 applied nothing" in finished.stderr


@pytest.mark.parametrize("mode", ["measure", "advise"])
def test_a_stack_that_may_change_nothing_rolls_nothing_back(
    aws: StubbedAws, power_tuner: PowerTuner, mode: str
) -> None:
    """Before its Optimizer is looked for, which it may not have."""
    aws.has_stack(mode=mode)

    finished = power_tuner("rollback", "run-1")

    assert ExitCode.BAD_INPUT == finished.exit_code
    assert f"is deployed with mode={mode} and may change no function" in " ".join(finished.stderr.split())
