"""Whatever stands in a log, and whatever lies in the table as a profile: nothing breaks, and no measure is made up."""

import json
import math
import random
import re

import boto3
import pytest
from botocore.stub import ANY, Stubber

import deployments
import drift
import executor
import fleet
import initializer
from event_contracts import example
from fake_lambda import TARGET_ARN, Asked, report_line
from power_tuner.automation.profile import Profile, read_profile
from power_tuner.automation.trigger import Trigger
from power_tuner.aws.production_logs import CloudWatchLogs
from power_tuner.errors import InvalidInput
from power_tuner.ports import InvocationAnswer
from power_tuner.tuning.report_line import find_report
from power_tuner.tuning.target import FunctionLog
from security.hostile import SECRET, TRIES, VALUES, changes, damaged, is_linear, play
from world import RUN_ID, World, execution_of

REQUEST_ID = "8f5b"
RECORD = {
    "time": "2026-11-23T12:00:00.000Z",
    "type": "platform.report",
    "record": {
        "requestId": REQUEST_ID,
        "metrics": {
            "durationMs": 70.31,
            "billedDurationMs": 71,
            "memorySizeMB": 512,
            "maxMemoryUsedMB": 40,
            "initDurationMs": 90.0,
        },
        "status": "success",
        "errorType": "Runtime.OutOfMemory",
    },
}
START = f"START RequestId: {REQUEST_ID} Version: 7\n"
LINES = (
    START,
    f'{{"type": "platform.start", "record": {{"requestId": "{REQUEST_ID}", "version": "7"}}}}\n',
    "INIT_REPORT Init Duration: 10000.00 ms\tPhase: init\tStatus: timeout\n",
    report_line(70.31, 71, 512),
    report_line(70.31, 71, 512, "Init Duration: 90.00 ms\tStatus: error\tError Type: Runtime.OutOfMemory\t"),
    f"END RequestId: {REQUEST_ID}\n",
)
PUT = (
    "\x00",
    "\t",
    "\n",
    "\r",
    ": ",
    " ms",
    "-",
    "9" * 400,
    "1e999",
    "٣",
    "\u2028",
    "\ud800",
    "{",
    "[" * 990,
    "A" * 3000,
)
PROFILE = {
    "targetArn": TARGET_ARN,
    "input": {"num": 5, "strategy": "speed", "payload": {"secret": SECRET}},
    "policy": {"apply": "alias", "alias": "live"},
    "coolDownSeconds": 60,
    "driftMode": "read",
    "driftThreshold": 0.2,
    "enrolledBy": "profile",
}


def written(seed: int) -> str:
    """Return some lines of a log, damaged at some places: the same for the same seed."""
    chance = random.Random(seed)  # noqa: S311
    records = [damaged(seed + each, [RECORD]) for each in range(2)]
    lines = [*chance.choices(LINES, k=4), *(json.dumps(each) + "\n" for each in records)]
    chance.shuffle(lines)
    text = "".join(lines)
    for _ in range(chance.choice((0, 1, 2, 5))):
        digits = [found.start() for found in re.finditer(r"\d", text)]
        at = chance.choice([*digits, len(text)]) if chance.random() < 0.5 else chance.randrange(len(text) + 1)
        text = text[:at] + chance.choice(PUT) + text[at + chance.choice((0, 1, 4, 40)) :]
    return text


def is_a_measure(value: float | None) -> bool:
    return value is None or (math.isfinite(value) and 0 <= value <= 1e9)


def test_no_tail_of_a_log_breaks_a_batch() -> None:
    """A report is read, or there is none; what it measures are finite numbers."""
    world = World()
    world.begin(powerValues=[512])
    (branch,) = world.publish()["branches"]
    event = {"runId": RUN_ID, "targetArn": TARGET_ARN, "powerValue": 512, "version": branch["version"]}
    for seed in range(TRIES):
        tail = written(seed).encode(errors="replace").decode()

        def answer(asked: Asked, tail: str = tail) -> InvocationAnswer:
            return InvocationAnswer("{}", None, tail, asked.version)

        world.target.behaviour = answer
        play(executor.handler, {**event, "batch": {"begin": seed, "count": 1}}, world)

        report = find_report(tail, REQUEST_ID, 512)
        measures = (report.duration_ms, report.billed_ms, report.init_ms, report.restore_ms) if report else ()
        assert all(map(is_a_measure, measures))


def test_no_line_of_production_breaks_a_check() -> None:
    """Whatever is in the log group of a function: its durations are finite numbers, or it has none."""
    client = boto3.client("logs", "eu-west-1", aws_access_key_id="none", aws_secret_access_key="none")
    with Stubber(client) as stubber:
        for seed in range(TRIES):
            text = written(seed).encode(errors="replace").decode()
            events = [
                {"message": line, "timestamp": at, "logStreamName": f"stream-{at % 2}"}
                for at, line in enumerate(text.splitlines(keepends=True))
            ]
            asked = dict.fromkeys(("logGroupName", "startTime", "filterPattern"), ANY)
            stubber.add_response("filter_log_events", {"events": events}, asked)

            found = CloudWatchLogs(client).durations_ms(
                FunctionLog("thumbnailer", "/aws/lambda/thumbnailer"), 512, 0, 100
            )

            assert all(map(is_a_measure, found))


@pytest.mark.parametrize("number", ["9" * 400, "1000000001", "1e400", "-1", "NaN", "Infinity", "9" * 5000])
@pytest.mark.parametrize("measure", ["70.31", "71", "40", "90.0"])
def test_what_is_no_measure_of_lambdas_is_no_report(measure: str, number: str) -> None:
    """Neither in a text nor in a record; an infinite duration would be a mean of nothing else."""
    text = report_line(70.31, 71, 512, "Init Duration: 90.0 ms\t").replace(f" {measure} ", f" {number} ")
    record = json.dumps(RECORD).replace(f": {measure}", f": {number}")

    assert [None, None] == [find_report(START + line, REQUEST_ID, 512) for line in (text, record)]


def damaged_profile(seed: int) -> str:
    """Return the text of a profile that is damaged as a document, as a text, or by a value in its place."""
    chance = random.Random(seed)  # noqa: S311
    text = json.dumps(chance.choice((damaged(seed, [PROFILE]), chance.choice(VALUES))))
    return text[: chance.randrange(len(text))] if seed % 4 == 0 else text


def test_no_damaged_profile_stops_the_others() -> None:
    """The fleet has every target; what is done for one that cannot be read is refused by name, and nothing touched."""
    other = TARGET_ARN.replace("thumbnailer", "resizer")
    for seed in range(TRIES):
        world = World()
        world.profiles.put(Profile(other))
        world.profiles.damage(TARGET_ARN, damaged_profile(seed))
        trigger = Trigger("schedule", TARGET_ARN, "code-1").to_input()
        execution = execution_of(RUN_ID)
        run = {"runId": RUN_ID, "executionArn": execution.arn, "startedAt": execution.started_at, "input": trigger}

        page = play(fleet.handler, {}, world)
        deployed = play(deployments.handler, example("deployment-update-code"), world)
        play(drift.handler, {"targetArn": TARGET_ARN}, world)
        begun = play(initializer.handler, run, world)

        assert [{"targetArn": other}, {"targetArn": TARGET_ARN}] == page.answer["targets"]
        assert deployed.refusal is None
        assert [] == changes(world)
        assert [] == world.functions.asked
        assert begun.refusal is None or [] == world.leases.held()


def test_a_profile_under_another_functions_key_is_none() -> None:
    """Whoever may write one item cannot have another function tuned by it."""
    other = TARGET_ARN.replace("thumbnailer", "resizer")

    with pytest.raises(InvalidInput, match="one of this function; enrol the function again"):
        read_profile(other, json.dumps(PROFILE))
    assert read_profile(TARGET_ARN, json.dumps(PROFILE)).policy.alias == "live"


@pytest.mark.parametrize("unit", ["A", "\n", "\t", " ", "REPORT RequestId: ", "9", "{", '{"type":"platform.report"}\n'])
def test_a_long_log_is_read_in_linear_time(unit: str) -> None:
    """In one line and in many."""
    assert is_linear(lambda text: find_report(text, REQUEST_ID, 512), lambda size: unit * (size // len(unit)))
