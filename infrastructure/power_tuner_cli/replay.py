"""The command `power-tuner replay`: do again what was given up."""

import json
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from power_tuner_cli import options
from power_tuner_cli.cloud import Cloud, Place, TunerStack
from power_tuner_cli.console import open_screen
from power_tuner_cli.errors import CliError
from power_tuner_cli.exit_codes import ExitCode

# Long enough for the longest of the app's functions, so that nobody replays the same letter meanwhile.
_HIDDEN_S = 960


@options.on_aws
def replay(
    *,
    as_json: options.Json = False,
    place: Place,
) -> None:
    """Empty the dead-letter queue: record results, clean up and apply decisions that were given up.

    Each letter goes to the function that could not deal with it; what fails again stays in the queue.
    """
    from power_tuner_cli.local_clouds import open_place

    screen = open_screen(as_json=as_json)
    done = replay_all(*open_place(place))
    screen.document(done)
    for letter in done:
        screen.say(f"{letter['function']}: {letter['subject']}: {letter['failure'] or 'done'}")
    failures = sum(bool(letter["failure"]) for letter in done)
    if failures:
        raise CliError(f"{failures} of {len(done)} dead letters failed again and stay.", ExitCode.RUN_FAILED)
    screen.say(f"{len(done)} dead letters were replayed; the queue is empty.")


def replay_all(cloud: Cloud, stack: TunerStack) -> list[dict[str, Any]]:
    """Replay every letter once; returns for each its ``function``, ``subject`` and ``failure``."""

    @cache
    def physical(logical_id: str) -> str:
        found = cloud.client("cloudformation").describe_stack_resource(
            StackName=stack.name, LogicalResourceId=logical_id
        )
        return str(found["StackResourceDetail"]["PhysicalResourceId"])

    sqs, url, done = cloud.client("sqs"), physical("DeadLetters"), []
    for message in list(_messages(sqs, url)):
        letter = json.loads(message["Body"])
        function, event = addressed(letter)
        failure = "nobody is known who could deal with it"
        if function:
            failure = _invoke(cloud, physical(function), event)
        if failure:
            sqs.change_message_visibility(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"], VisibilityTimeout=0)
        else:
            sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        done.append({"function": function, "subject": _subject(letter), "failure": failure})
    return done


def addressed(letter: Any) -> tuple[str, Any]:
    """Tell which function of the stack a dead letter was for, and what it wants to hear; empty when unknown."""
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
        # A schedule comes again by itself, and so does what its letter asks for.
        return "JanitorFunction" if kind == "Scheduled Event" else "DeploymentsFunction", letter
    return ("CleanUpOnErrorFunction", letter) if {"runId", "error"} <= letter.keys() else ("", letter)


def _ended(detail: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the rule makes of the event of an execution's end."""
    return {
        "runId": detail["name"],
        "executionArn": detail["executionArn"],
        "startedAtMs": detail["startDate"],
        "error": {"Error": f"Execution.{detail['status']}", "Cause": "The execution was ended from outside."},
    }


def _subject(letter: Any) -> str:
    if not isinstance(letter, dict):
        return "a letter of unknown kind"
    detail = letter.get("detail") or {}
    return str(letter.get("runId") or detail.get("runId") or detail.get("name") or letter.get("detail-type") or "?")


def _messages(sqs: Any, url: str) -> Iterator[Mapping[str, Any]]:
    while True:
        answer = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, VisibilityTimeout=_HIDDEN_S)
        if not answer.get("Messages"):
            return
        yield from answer["Messages"]


def _invoke(cloud: Cloud, function: str, event: Any) -> str:
    """Let a function deal with an event; returns why it could not, empty when it did."""
    answer = cloud.client("lambda").invoke(FunctionName=function, Payload=json.dumps(event).encode())
    document = json.loads(answer["Payload"].read() or b"null")
    if "FunctionError" not in answer:
        return ""
    return str((document or {}).get("errorMessage") or "it failed without a reason; its log tells more")
