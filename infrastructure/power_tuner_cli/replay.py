"""The command `power-tuner replay`: process the messages of the dead-letter queue again."""

import json
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from typing import Any

import typer

from power_tuner_cli import options
from power_tuner_cli.cloud import AwsOptions, Cloud, TunerStack
from power_tuner_cli.console import open_screen
from power_tuner_cli.dead_letters import Call, Sorter, UnusableLetter
from power_tuner_cli.exit_codes import ExitCode

# Longer than any of the app's functions may take, so that nobody replays the same message meanwhile.
_HIDDEN_S = 960


@options.on_aws
def replay(
    *,
    as_json: options.Json = False,
    aws_options: AwsOptions,
) -> None:
    """Process the messages of the dead-letter queue again: record results, clean up, apply decisions.

    Each message goes to the function that failed on it; one that fails again stays in the queue.
    """
    from power_tuner_cli.cloud import open_stack

    screen = open_screen(as_json=as_json)
    done = replay_all(*open_stack(aws_options))
    screen.print_json(done)
    for each in done:
        screen.print_message(f"{each['function'] or 'Stepped over'}: {each['subject']}: {each['failure'] or 'done'}")
    failures = sum(bool(each["failure"]) for each in done)
    if failures:
        screen.print_message(f"{failures} of {len(done)} dead letters failed again and stay in the queue.")
        raise typer.Exit(ExitCode.RUN_FAILED)
    screen.print_message(f"Dead letters replayed: {len(done)}. The queue is empty.")


def replay_all(cloud: Cloud, stack: TunerStack) -> list[dict[str, Any]]:
    """Replay every message once and return the ``function``, ``subject`` and ``failure`` of each."""
    from botocore.exceptions import ClientError

    @cache
    def physical(logical_id: str) -> str:
        client = cloud.client("cloudformation")
        try:
            found = client.describe_stack_resource(StackName=stack.name, LogicalResourceId=logical_id)
        except ClientError as error:
            if error.response["Error"]["Code"] != "ValidationError":
                raise
            mode = stack.settings.stack_policy.mode
            raise UnusableLetter(f"the stack {stack.name} has no {logical_id}: it has mode={mode}") from None
        return str(found["StackResourceDetail"]["PhysicalResourceId"])

    def describe(execution_arn: str) -> Mapping[str, Any] | None:
        client = cloud.client("stepfunctions")
        try:
            described: Mapping[str, Any] = client.describe_execution(executionArn=execution_arn)
        except (client.exceptions.ExecutionDoesNotExist, client.exceptions.InvalidArn):
            return None
        return described

    sorter = Sorter(stack.settings.state_machine_arn, describe)
    sqs, url, done = cloud.client("sqs"), physical("DeadLetters"), []
    waiting: list[Mapping[str, Any]] = []
    try:
        for message in _messages(sqs, url):
            waiting.append(message)  # noqa: PERF402 - what was received when a later call fails is shown again
        while waiting:
            result = _replay(cloud, sorter, physical, waiting[0])
            message = waiting.pop(0)
            if result["failure"]:
                _show(sqs, url, message)
            else:
                sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
            done.append(result)
    finally:
        for message in waiting:
            _show(sqs, url, message)
    return done


def _replay(cloud: Cloud, sorter: Sorter, physical: Callable[[str], str], message: Mapping[str, Any]) -> dict[str, Any]:
    """Replay one message; return its ``function``, ``subject`` and ``failure``, which is empty if it succeeded."""
    try:
        call = sorter.call_for(read_letter(message["Body"]))
        function = physical(call.function)
    except UnusableLetter as reason:
        return {"function": "", "subject": f"message {message['MessageId']}", "failure": str(reason)}
    return {
        "function": call.function,
        "subject": call.subject,
        "failure": _invoke(cloud, function, call),
    }


def read_letter(body: str) -> Any:
    """Return the JSON of a letter.

    Raises:
        UnusableLetter: It is none.
    """
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        raise UnusableLetter("it is no JSON document") from None


def _messages(sqs: Any, url: str) -> Iterator[Mapping[str, Any]]:
    while True:
        answer = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, VisibilityTimeout=_HIDDEN_S)
        if not answer.get("Messages"):
            return
        yield from answer["Messages"]


def _show(sqs: Any, url: str, message: Mapping[str, Any]) -> None:
    """Let a message be received again at once."""
    sqs.change_message_visibility(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"], VisibilityTimeout=0)


def _invoke(cloud: Cloud, function: str, call: Call) -> str:
    """Invoke a function with its event and return its error message, empty if it succeeded."""
    answer = cloud.client("lambda").invoke(FunctionName=function, Payload=json.dumps(call.event).encode())
    document = json.loads(answer["Payload"].read() or b"null")
    if "FunctionError" not in answer:
        return ""
    return str((document or {}).get("errorMessage") or "it failed without an error message; see its log")
