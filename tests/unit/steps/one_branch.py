"""One branch of a run, and ways in which its target may behave."""

import json
from collections.abc import Callable
from typing import Any

from fake_lambda import Asked, cpu_bound, report_line
from power_tuner.ports import InvocationAnswer, SampleBlock
from power_tuner.tuning.sample import Sample
from world import RUN_ID, World

BRANCH = {"powerValue": 1024, "version": "1"}
OOM_LOG = report_line(900, 900, 1024, "Status: error\tError Type: Runtime.OutOfMemory")
TIMEOUT_LOG = report_line(3000, 3000, 1024, "Status: timeout")


def begun(world: World, **run_input: Any) -> World:
    world.begin(**{"powerValues": [1024], **run_input})
    world.publish(round_batches={"1024": [[0, 5]]})
    return world


def blocks(world: World, memory_mb: int = 1024) -> list[SampleBlock]:
    return world.documents.samples(RUN_ID).get(memory_mb, [])


def samples(world: World) -> list[Sample]:
    return [sample for block in blocks(world) for sample in block.samples]


def answers(payload: str = "{}", error: str | None = None, *, log: str = "", version: str = "1") -> Any:
    return lambda _asked: InvocationAnswer(payload, error, log or report_line(10, 10, 1024), version)


def slow(world: World, seconds: float) -> Callable[[Asked], InvocationAnswer]:
    def behave(asked: Asked) -> InvocationAnswer:
        world.clock.advance(seconds)
        return cpu_bound(asked)

    return behave


def error(error_type: str, message: str = "no card 4111") -> str:
    return json.dumps({"errorType": error_type, "errorMessage": message, "stackTrace": ["4111\n"]})
