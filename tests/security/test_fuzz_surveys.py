"""Whatever the states of a survey hand on, CloudWatch names and logs say: the page is written, nothing is touched."""

import json
import math
from typing import Any

from hypothesis import given

import drift
import fleet
from power_tuner.aws.production_logs import CloudWatchLogs
from power_tuner.tuning.report_line import Report
from security.hostile import SECRET, TRIES, VALUES, any_json, changes, damaged, play, same_cases
from security.test_fuzz_runs import WrittenLogs
from world import World

LIKE = "arn:aws:states:eu-west-1:123456789012:execution:fleet:check"
MEMORY_MB = 1024
DAY = "2026-11-22"


def in_use(*names: str) -> World:
    """Return a world in which CloudWatch has counted invocations of functions of these names."""
    world = World()
    for name in ("thumbnailer", *names):
        world.daily_metrics.counted["Invocations", name] = {DAY: 1e6}
        world.daily_metrics.counted["Duration", name] = {DAY: 1e8}
    called = Report(100.0, 100, memory_mb=MEMORY_MB, max_memory_used_mb=60)
    world.logs.calls += [("thumbnailer", world.clock.now() - 3600, called)] * 40
    return world


def handed_on(document: Any) -> Any:
    """Return a document as one state hands it to the next: JSON knows no NaN, and is UTF-8."""
    try:
        text = json.dumps(document, allow_nan=False, ensure_ascii=False)
    except (ValueError, RecursionError):
        return None
    return json.loads(text.encode(errors="replace"))


def survey(world: World) -> dict[str, Any]:
    """Do what the states do one after the other; return what the page is given."""
    found = play(fleet.handler, {"find": "busiest", "execution": LIKE}, world)
    assert found.refusal is None, found.refusal
    surveyed = play(drift.handler, handed_on(found.answer), world)
    assert surveyed.refusal is None, surveyed.refusal
    document: dict[str, Any] = handed_on(surveyed.answer)
    return document


def page_of(world: World, found: Any) -> None:
    """Write the page, and hold what must be true of each."""
    played = play(fleet.handler, {"write": "page", "survey": found}, world)
    assert played.refusal is None, played.refusal
    assert "<script>alert(1)" not in world.documents.objects["fleet.html"]


def untouched(world: World) -> bool:
    return not changes(world) and not world.functions.asked


WHOLE = survey(in_use())
CANDIDATES = play(fleet.handler, {"find": "busiest", "execution": LIKE}, in_use()).answer["candidates"]


def test_no_survey_keeps_the_page_from_being_written() -> None:
    """What a survey handed on, damaged anywhere: the page has it, or says that there is none."""
    world = in_use()
    for seed in range(TRIES):
        page_of(world, handed_on(damaged(seed, [WHOLE])))
    assert untouched(world)


@given(any_json)
@same_cases
def test_no_json_in_place_of_a_survey_breaks_the_fleet(value: Any) -> None:
    """Any JSON as what the states hand on: answered, or refused in a sentence."""
    world = in_use()
    page_of(world, handed_on(value))
    for handler, event in (
        (fleet.handler, {"find": "busiest", "execution": value}),
        (fleet.handler, {"next": value}),
        (drift.handler, {"candidates": value}),
        (drift.handler, {"targetArn": value}),
    ):
        play(handler, handed_on(event) or {}, world)
    assert untouched(world)


def test_no_candidates_break_a_survey() -> None:
    """The functions that one state hands to the next, damaged anywhere."""
    world = in_use()
    for seed in range(TRIES):
        played = play(drift.handler, {"candidates": handed_on(damaged(seed, [CANDIDATES]))}, world)
        if played.refusal is None:
            page_of(world, handed_on(played.answer))
    assert untouched(world)


def test_no_name_breaks_a_survey() -> None:
    """What CloudWatch has as the names of functions: anybody may put metrics there under any name."""
    names = [each for each in VALUES if isinstance(each, str)]
    world = in_use(*names)
    page_of(world, survey(world))
    assert untouched(world)


def test_no_log_breaks_a_survey() -> None:
    """Lines of production damaged anywhere: figures that can be, or unknown."""
    # The engine is asked each time, which takes longer than all else here.
    for seed in range(0, TRIES, 5):
        world = in_use()
        world.logs = CloudWatchLogs(WrittenLogs(seed))  # type: ignore[assignment]
        found = survey(world)
        assert SECRET not in json.dumps(found, allow_nan=False)
        for each in found["functions"]:
            assert all(math.isfinite(amount) for amount in (each["cost"], *(each["saved"] or ())))
        assert untouched(world)
