"""Requests about executions that AWS refuses: recorded from AWS, and the constraints of its API's model."""

import json
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from integration.local_aws.conftest import ROLE

if TYPE_CHECKING:
    from power_tuner_local import LocalAws

pytestmark = pytest.mark.local_aws
ARN = "arn:aws:states:us-east-1:123456789012:{}:sample"
KIB = 1024
VALUES = "JSON String, Number, Array, Object or token 'null', 'true' or 'false'"


@pytest.fixture(scope="module")
def machine_arn(aws: "LocalAws") -> str:
    """A state machine that waits."""
    definition = {"StartAt": "Wait", "States": {"Wait": {"Type": "Wait", "Seconds": 60, "End": True}}}
    created = aws.client("stepfunctions").create_state_machine(
        name="sample", roleArn=ROLE, definition=json.dumps(definition)
    )
    return str(created["stateMachineArn"])


def refused(call: Any, **request: Any) -> tuple[str, str]:
    with pytest.raises(ClientError) as caught:
        call(**request)
    error = caught.value.response["Error"]
    return error["Code"], error["Message"]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("run 1", f"Unrecognized token 'run': was expecting ({VALUES})"),
        ("{'a': 1}", "Unexpected character (''' (code 39)): was expecting double-quote to start field name"),
        ("{a: 1}", "Unexpected character ('a' (code 97)): was expecting double-quote to start field name"),
        ('{"a" 1}', "Unexpected character ('1' (code 49)): was expecting a colon to separate field name and value"),
        ('{"a": [1 2]}', "Unexpected character ('2' (code 50)): was expecting comma to separate Array entries"),
        ('{"a": [1] "b": 2}', "Unexpected character ('\"' (code 34)): was expecting comma to separate Object entries"),
        ("", "Invalid execution input."),
        ('{"a": 1', "Unexpected end-of-input"),
    ],
)
def test_input_is_json(aws: "LocalAws", machine_arn: str, text: str, reason: str) -> None:
    """StartExecution refuses input that is not JSON, in the words of AWS's parser."""
    actual = refused(aws.client("stepfunctions").start_execution, stateMachineArn=machine_arn, input=text)

    assert ("InvalidExecutionInput", f"Invalid State Machine Execution Input: '{reason}'") == actual


@pytest.mark.parametrize("token", ["NaN", "-Infinity"])
def test_input_has_no_numbers_that_json_lacks(aws: "LocalAws", machine_arn: str, token: str) -> None:
    """Numbers that only Python reads are refused."""
    code, _ = refused(aws.client("stepfunctions").start_execution, stateMachineArn=machine_arn, input=f"[{token}]")

    assert "InvalidExecutionInput" == code


@pytest.mark.parametrize(
    ("letter", "code"), [("x", "ValidationException"), ("é", "InvalidExecutionInput")], ids=["letters", "bytes"]
)
def test_input_is_at_most_256_kib(aws: "LocalAws", machine_arn: str, letter: str, code: str) -> None:
    """StartExecution refuses input of more than 256 KiB, also if it has fewer characters."""
    text = json.dumps(letter * (256 * KIB // len(letter.encode())), ensure_ascii=False)

    actual, _ = refused(aws.client("stepfunctions").start_execution, stateMachineArn=machine_arn, input=text)

    assert code == actual


def test_input_of_256_kib_is_accepted(aws: "LocalAws", machine_arn: str) -> None:
    """The limit itself is allowed."""
    text = json.dumps("x" * (256 * KIB - 2))

    started = aws.client("stepfunctions").start_execution(stateMachineArn=machine_arn, input=text)

    assert started["executionArn"]


@pytest.mark.parametrize("name", ["tuning-é", "Größe_1.2", "調整", "a@b=c+d!(e)'f"])
def test_names_have_letters_of_any_script(aws: "LocalAws", machine_arn: str, name: str) -> None:
    """An execution is found under a name that has letters of any script, and other signs that AWS allows."""
    states = aws.client("stepfunctions")

    started = states.start_execution(stateMachineArn=machine_arn, name=name)

    assert name == states.describe_execution(executionArn=started["executionArn"])["name"]


@pytest.mark.parametrize("name", ["a b", "a/b", "a:b", "a*", "a\x85", "a#b", 'a"b', "a|b", "a\tb"])
def test_names_with_these_signs_are_refused(aws: "LocalAws", machine_arn: str, name: str) -> None:
    """White space, brackets, wildcards, control characters and some special characters are refused."""
    actual = refused(aws.client("stepfunctions").start_execution, stateMachineArn=machine_arn, name=name)

    assert ("InvalidName", f"Invalid Name: '{name}'") == actual


@pytest.mark.parametrize(
    ("operation", "request_", "failed"),
    [
        ("list_executions", {"maxResults": 1001}, ("1001", "maxResults", "have value less than or equal to 1000")),
        (
            "list_executions",
            {"statusFilter": "Running"},
            (
                "Running",
                "statusFilter",
                "satisfy enum value set: [SUCCEEDED, TIMED_OUT, PENDING_REDRIVE, ABORTED, FAILED, RUNNING]",
            ),
        ),
        (
            "list_executions",
            {"nextToken": "t" * 3097},
            ("t" * 3097, "nextToken", "have length less than or equal to 3096"),
        ),
        ("start_execution", {"name": "n" * 81}, ("n" * 81, "name", "have length less than or equal to 80")),
    ],
    ids=["page", "status", "token", "name"],
)
def test_constraints_of_the_model(
    aws: "LocalAws", machine_arn: str, operation: str, request_: dict[str, Any], failed: tuple[str, str, str]
) -> None:
    """A parameter outside the model's lengths, ranges and enumerations is refused, with its value."""
    call = getattr(aws.client("stepfunctions"), operation)

    actual = refused(call, stateMachineArn=machine_arn, **request_)

    value, name, rule = failed
    expected = f"Value '{value}' at '{name}' failed to satisfy constraint: Member must {rule}"
    assert ("ValidationException", f"1 validation error detected: {expected}") == actual


def test_secrets_are_not_in_messages(aws: "LocalAws") -> None:
    """The value of a parameter that the model calls sensitive is not in the message."""
    stop = aws.client("stepfunctions").stop_execution

    actual = refused(stop, executionArn=ARN.format("execution") + ":1", error="e" * 257)

    expected = "Value at 'error' failed to satisfy constraint: Member must have length less than or equal to 256"
    assert ("ValidationException", f"1 validation error detected: {expected}") == actual


@pytest.mark.parametrize(
    ("operation", "parameter"),
    [
        ("describe_execution", "executionArn"),
        ("get_execution_history", "executionArn"),
        ("stop_execution", "executionArn"),
        ("list_map_runs", "executionArn"),
        ("list_executions", "stateMachineArn"),
        ("start_execution", "stateMachineArn"),
        ("describe_state_machine", "stateMachineArn"),
        ("describe_map_run", "mapRunArn"),
    ],
)
class TestArns:
    """An ARN is one of Step Functions, of the right type."""

    def test_text(self, aws: "LocalAws", operation: str, parameter: str) -> None:
        """A text that is not an ARN is refused."""
        actual = refused(getattr(aws.client("stepfunctions"), operation), **{parameter: "sample"})

        assert ("InvalidArn", "Invalid Arn: 'Invalid ARN prefix: sample'") == actual

    def test_type(self, aws: "LocalAws", operation: str, parameter: str) -> None:
        """The ARN of another type of resource is refused."""
        arn = ARN.format("activity")

        actual = refused(getattr(aws.client("stepfunctions"), operation), **{parameter: arn})

        assert ("InvalidArn", "Invalid Arn: 'Resource type not valid in this context: activity'") == actual


def test_tokens_are_those_of_a_page(aws: "LocalAws", machine_arn: str) -> None:
    """GetExecutionHistory refuses a token that it has not given."""
    states = aws.client("stepfunctions")
    started = states.start_execution(stateMachineArn=machine_arn, name="tokens")

    code, _ = refused(states.get_execution_history, executionArn=started["executionArn"], nextToken="other")

    assert "InvalidToken" == code


def test_a_map_run_that_does_not_exist(aws: "LocalAws") -> None:
    """DescribeMapRun names it."""
    arn = ARN.format("mapRun") + "/label:1"

    actual = refused(aws.client("stepfunctions").describe_map_run, mapRunArn=arn)

    assert ("ResourceNotFound", f"Resource not found: '{arn}'") == actual
