"""The command `power-tuner replay`: process the messages of the dead-letter queue again."""

import json
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from power_tuner_cli import options
from power_tuner_cli.cloud import AwsOptions, Cloud, TunerStack
from power_tuner_cli.console import open_screen
from power_tuner_cli.errors import CliError
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
        screen.print_message(f"{each['function']}: {each['subject']}: {each['failure'] or 'done'}")
    failures = sum(bool(each["failure"]) for each in done)
    if failures:
        raise CliError(
            f"{failures} of {len(done)} dead letters failed again and stay in the queue.", ExitCode.RUN_FAILED
        )
    screen.print_message(f"Dead letters replayed: {len(done)}. The queue is empty.")


def replay_all(cloud: Cloud, stack: TunerStack) -> list[dict[str, Any]]:
    """Replay every message once and return the ``function``, ``subject`` and ``failure`` of each."""

    @cache
    def physical(logical_id: str) -> str:
        found = cloud.client("cloudformation").describe_stack_resource(
            StackName=stack.name, LogicalResourceId=logical_id
        )
        return str(found["StackResourceDetail"]["PhysicalResourceId"])

    sqs, url, done = cloud.client("sqs"), physical("DeadLetters"), []
    for message in list(_messages(sqs, url)):
        letter = json.loads(message["Body"])
        function, event = function_for(letter)
        failure = "no function of the stack handles such a message"
        if function:
            failure = _invoke(cloud, physical(function), event)
        if failure:
            sqs.change_message_visibility(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"], VisibilityTimeout=0)
        else:
            sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        done.append({"function": function, "subject": _subject(letter), "failure": failure})
    return done


def function_for(letter: Any) -> tuple[str, Any]:
    """Return the function of the stack that a dead letter is for, empty if unknown, and the event for it."""
    if not isinstance(letter, dict):
        return "", letter
    kind = letter.get("detail-type")
    if letter.get("replay") is True:
        return "RecordFunction", letter
    if kind == "Power Tuning Completed":
        return "OptimizerFunction", letter
    if kind == "Step Functions Execution Status Change":
        return "CleanUpOnErrorFunction", _ended(letter["detail"])
    if kind is not None:
        # Every other schedule fires again by itself, and its functions then do the same work.
        return "JanitorFunction" if kind == "Scheduled Event" else "DeploymentsFunction", letter
    return ("CleanUpOnErrorFunction", letter) if {"runId", "error"} <= letter.keys() else ("", letter)


def _ended(detail: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the rule's input transformer makes of the event of an execution's end."""
    return {
        "runId": detail["name"],
        "executionArn": detail["executionArn"],
        "startedAtMs": detail["startDate"],
        "error": {"Error": f"Execution.{detail['status']}", "Cause": "The execution was ended from outside."},
    }


def _subject(letter: Any) -> str:
    if not isinstance(letter, dict):
        return "a message of unknown kind"
    detail = letter.get("detail") or {}
    return str(letter.get("runId") or detail.get("runId") or detail.get("name") or letter.get("detail-type") or "?")


def _messages(sqs: Any, url: str) -> Iterator[Mapping[str, Any]]:
    while True:
        answer = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, VisibilityTimeout=_HIDDEN_S)
        if not answer.get("Messages"):
            return
        yield from answer["Messages"]


def _invoke(cloud: Cloud, function: str, event: Any) -> str:
    """Invoke a function with an event and return its error message, empty if it succeeded."""
    answer = cloud.client("lambda").invoke(FunctionName=function, Payload=json.dumps(event).encode())
    document = json.loads(answer["Payload"].read() or b"null")
    if "FunctionError" not in answer:
        return ""
    return str((document or {}).get("errorMessage") or "it failed without an error message; see its log")
