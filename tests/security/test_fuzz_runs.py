"""Whatever a function writes to its log or answers: a run measures it or says why not, and leaves it as it was."""

import json
import random
from collections.abc import Iterator
from typing import Any

import pytest

import analyzer
import clean_up_branch
import cleaner
import drift
import executor
import initializer
import publisher
import record
from fake_lambda import REQUEST_ID, TARGET_ARN, Asked, report_line
from power_tuner.automation.profile import Profile
from power_tuner.aws.production_logs import CloudWatchLogs
from power_tuner.ports import InvocationAnswer
from power_tuner.tuning.log_stream import LogStream
from power_tuner.tuning.report_line import find_report, read_platform_line
from power_tuner.tuning.target import FunctionLog
from security.hostile import SECRET, TRIES, Played, damaged, is_linear, play
from world import RUN_ID, World, execution_of

MEMORY_MB = 1024
# Beyond any measure of Lambda.
LARGEST = 1e9
NUMBERS = (
    "0",
    "-1",
    "1e999",
    "NaN",
    "inf",
    "9" * 20,
    "9" * 400,
    "9" * 1900,
    "0" * 400,
    "1." + "3" * 400,
    "٣",
    "1_0",
    "",
)
HEADS = ("START RequestId: ", "REPORT RequestId: ", "INIT_REPORT Init Duration: ", "XRAY TraceId: ", "END RequestId: ")
METRICS = {
    "durationMs": 80.5,
    "billedDurationMs": 81,
    "memorySizeMB": MEMORY_MB,
    "maxMemoryUsedMB": 40,
    "initDurationMs": 300.25,
    "restoreDurationMs": 3,
}
RECORDS: list[Any] = [
    {"type": "platform.report", "record": {"requestId": REQUEST_ID, "metrics": METRICS, "status": "success"}},
    {"type": "platform.report", "record": {"requestId": REQUEST_ID, "metrics": METRICS, "errorType": "Runtime.Exit"}},
    {"type": "platform.start", "record": {"requestId": REQUEST_ID, "version": "1"}},
    {"type": "platform.initReport", "record": {"phase": "init", "metrics": METRICS}},
]
ERRORS: list[Any] = [
    {"errorType": "ValueError", "errorMessage": SECRET, "stackTrace": [SECRET], "requestId": REQUEST_ID},
    {
        "errorType": "Sandbox.Timedout",
        "errorMessage": f"RequestId: {REQUEST_ID} Error: Task timed out after 3.00 seconds",
    },
    {"errorType": "Runtime.ExitError", "errorMessage": "Runtime exited with error: signal: killed"},
]


def text_of(document: Any) -> str:
    """Return a document as a function may write it, however deep it is."""
    try:
        return json.dumps(document)
    except RecursionError:
        return "[" * 5000


def line(chance: random.Random, memory_mb: int) -> str:
    """Return a line that looks like one of Lambda's, damaged."""
    more = chance.choice(("", "", "", "Init Duration: 300.00 ms\t", "Status: timeout\t", "Restore Duration: 3.00 ms\t"))
    plain = report_line(80.5, 81, memory_mb, more)
    kind = max(0, chance.randrange(-4, 6))
    if kind == 0:
        return plain
    if kind == 1:
        number = chance.choice(("80.50", "81", str(memory_mb), "40", "300.00", "3.00"))
        return plain.replace(number, chance.choice(NUMBERS))
    if kind == 2:
        at = chance.randrange(len(plain))
        return (
            plain[:at] + chance.choice(("\t", "\n", "\r", "\x00", ": ", "\ud800", " ms", "9" * 400)) + plain[at + 1 :]
        )
    if kind == 3:
        return text_of(damaged(chance.randrange(10**9), RECORDS)) + chance.choice(("\n", "", "\nXRAY TraceId: 1"))
    if kind == 4:
        return chance.choice(HEADS) + chance.choice((REQUEST_ID, "", "x", "9" * 400)) + "\n"
    return f"{SECRET} {chance.choice(NUMBERS)}\n"


def tail(chance: random.Random, memory_mb: int) -> str:
    """Return what Lambda sends of a log."""
    text = "".join(line(chance, memory_mb) for _ in range(chance.randrange(4))) + line(chance, memory_mb)
    return text[-4096:].encode(errors="replace").decode()


def hostile(seed: int) -> Any:
    """Return a function that answers and logs something else each time, the same for the same seed."""
    chance = random.Random(seed)  # noqa: S311

    def answer(asked: Asked) -> InvocationAnswer:
        error = chance.choice(("Unhandled", "Handled", *[None] * (seed % 60)))
        payload = text_of(damaged(chance.randrange(10**9), ERRORS)) if error else "{}"
        return InvocationAnswer(payload, error, tail(chance, asked.memory_mb), asked.version)

    return answer


def ended(played: Played) -> bool:
    """Return whether a step refused."""
    return played.refusal is not None


def measure(world: World, published: dict[str, Any]) -> Iterator[Played]:
    """Let the Executor measure all batches, and CleanUpBranch end what failed."""
    for branch in published["branches"]:
        of_branch = {
            "runId": RUN_ID,
            "targetArn": TARGET_ARN,
            **{name: branch[name] for name in ("powerValue", "version")},
        }
        for begin, count, position in branch["batches"]:
            batch = {"begin": begin, "count": count, "position": position}
            if position > begin:
                yield play(
                    executor.handler, {**of_branch, "batch": {**batch, "position": begin, "firstTry": True}}, world
                )
            played = play(executor.handler, {**of_branch, "batch": batch}, world)
            yield played
            if played.refusal is not None:
                error = {
                    "Error": type(played.refusal).__name__,
                    "Cause": json.dumps({"errorMessage": str(played.refusal)}),
                }
                yield play(clean_up_branch.handler, {**of_branch, "error": error}, world)
                break


def run(seed: int) -> None:
    """Tune a function that is hostile, and hold what must be true of each run."""
    world = World()
    world.target.behaviour = hostile(seed)
    execution = execution_of(RUN_ID)
    asked = {
        "lambdaARN": TARGET_ARN,
        "powerValues": [512, MEMORY_MB],
        "payload": {"secret": SECRET},
        "disablePayloadLogs": True,
        **({"num": 5, "toleratedErrorShare": 0.5} if seed % 2 else {"maxInvocations": 30}),
    }
    begun = {"runId": RUN_ID, "executionArn": execution.arn, "startedAt": execution.started_at, "input": asked}
    of_run = {"runId": RUN_ID, "targetArn": TARGET_ARN}
    started = play(initializer.handler, begun, world)
    assert started.refusal is None, started.refusal
    published = play(publisher.handler, {**of_run, "calls": 0, "round": started.answer["round"]}, world)
    tried = list(measure(world, published.answer))
    round_of = {**of_run, "round": {"number": 1}, "publisherCalls": 1}
    analyzed = play(analyzer.handler, round_of, world)
    assert play(cleaner.handler, of_run, world).refusal is None
    if analyzed.refusal is None and analyzed.answer["done"]:
        recorded = play(record.handler, of_run, world)
        assert recorded.refusal is None, recorded.refusal
        assert SECRET not in json.dumps(recorded.answer)

    assert tried
    assert (MEMORY_MB, {}, []) == (world.memory_mb, world.target.versions, world.leases.held())
    for blocks in world.documents.samples(RUN_ID).values():
        for sample in (each for block in blocks for each in block.samples):
            assert 0 <= sample.total_duration_ms <= 3 * LARGEST
            assert 0 <= (sample.billed_ms or 0) <= LARGEST


def test_no_log_of_a_function_breaks_a_run() -> None:
    """In both modes: logs and error documents damaged anywhere, with any number."""
    for seed in range(TRIES):
        run(seed)


class Refused(Exception):
    """What boto3's client raises for a group that does not exist."""


class WrittenLogs:
    """CloudWatch Logs' client, which pages through the lines that a function wrote."""

    class exceptions:  # noqa: N801 (boto3's name)
        """Its errors."""

        ResourceNotFoundException = Refused

    def __init__(self, seed: int) -> None:
        self._chance = random.Random(seed)  # noqa: S311

    def filter_log_events(self, **asked: Any) -> dict[str, Any]:
        """Return a page."""
        chance = self._chance
        hostile_share = chance.choice((0.02, 0.1, 0.5))
        events = []
        for number in range(chance.randrange(100)):
            report, own_id = report_line(80.5 + number % 7, 90, MEMORY_MB), f"{REQUEST_ID}-{number}"
            if chance.random() < hostile_share:
                report, own_id = line(chance, MEMORY_MB), chance.choice((own_id, REQUEST_ID))
            stream = chance.choice("abcdefghijklmnop")
            for message in (f"START RequestId: {REQUEST_ID} Version: 1\n", report):
                told = message.replace(REQUEST_ID, own_id)
                events.append({"message": told, "logStreamName": stream, "timestamp": number})
        return {"events": events, **({"nextToken": "x"} if len(asked) == 3 and chance.randrange(2) else {})}


def check(seed: int) -> None:
    """Check an enrolled function against what its log says, and hold what must be true of each check."""
    world = World()
    world.profiles.put(Profile(TARGET_ARN, {"num": 5, "payload": {"secret": SECRET}}))
    world.logs = CloudWatchLogs(WrittenLogs(seed))  # type: ignore[assignment]
    world.tune(payload={"secret": SECRET})
    world.functions.asked.clear()

    for _ in range(3):
        played = play(drift.handler, {"targetArn": TARGET_ARN}, world)
        assert played.refusal is None, played.refusal
        assert SECRET not in json.dumps(played.answer, allow_nan=False)

    assert [] == world.functions.asked
    read = CloudWatchLogs(WrittenLogs(seed)).durations_ms(
        FunctionLog("thumbnailer", "/aws/lambda/thumbnailer"), MEMORY_MB, 0, 300
    )
    assert all(0 <= each <= LARGEST for each in read)


def test_no_log_of_production_breaks_a_check() -> None:
    """Lines of START, REPORT and records damaged anywhere: durations that can be, or none."""
    for seed in range(TRIES):
        check(seed)


@pytest.mark.parametrize(
    "unit", ["A", "\t", "\n", "9", "{", "REPORT RequestId: ", "START RequestId: x\n", '{"platform.', ": "]
)
def test_a_long_log_is_read_in_linear_time(unit: str) -> None:
    """However long its lines are, and however many."""

    def read_lines(text: str) -> None:
        stream = LogStream()
        for each in text.split("\n"):
            read = read_platform_line(each, MEMORY_MB)
            if read is not None:
                stream.add(read, 0)

    for act in (lambda text: find_report(text, REQUEST_ID, MEMORY_MB), read_lines):
        assert is_linear(act, lambda size: unit * (size // len(unit)))
