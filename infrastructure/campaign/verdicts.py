"""Verdicts on runs: whether the app kept what it promises."""

import enum
from typing import TYPE_CHECKING, Any, NamedTuple

from campaign.cases import DEPLOYS, HARMLESS, SCENARIOS, Case
from campaign.observation import NOT_STARTED
from campaign.targets import MEMORY_MB

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from campaign.observation import Observation

COMPLETED, FAILED = "Power Tuning Completed", "Power Tuning Failed"


class Verdict(enum.Enum):
    """How a run ended; all but the first two break a promise."""

    OK = "OK"
    CLEAN_FAILURE = "CLEAN FAILURE"
    LEAK = "LEAK"
    HIDDEN_FAILURE = "HIDDEN FAILURE"
    WRONG_RESULT = "WRONG RESULT"
    HANG = "HANG"

    @property
    def keeps_the_promise(self) -> bool:
        """Return whether a run may end so."""
        return self in {Verdict.OK, Verdict.CLEAN_FAILURE}


class Judgement(NamedTuple):
    """A verdict and its reason."""

    verdict: Verdict
    reason: str


def judge(case: Case, seen: "Observation") -> Judgement:
    """Return the worst verdict that holds for a run."""
    runs = [seen, seen.second] if seen.second else [seen]
    if not all(run.status for run in runs):
        return Judgement(Verdict.HANG, "the execution has not ended")
    for verdict, reasons in (
        (Verdict.LEAK, list(leaks(seen))),
        (Verdict.HIDDEN_FAILURE, [reason for run in runs for reason in _contradictions(case, run)]),
        (Verdict.HIDDEN_FAILURE, list(_unexplained(case, seen))),
        (Verdict.WRONG_RESULT, [reason for run in runs for reason in _wrong_results(case, run)]),
        (Verdict.WRONG_RESULT, list(_given_up(case, seen))),
    ):
        if reasons:
            return Judgement(verdict, "; ".join(reasons))
    if any(run.status == "SUCCEEDED" for run in runs) or (seen.status == NOT_STARTED and case.loses_an_event):
        return Judgement(Verdict.OK, "")
    return Judgement(Verdict.CLEAN_FAILURE, f"{seen.error or seen.status}: {seen.cause}"[:200])


def leaks(seen: "Observation") -> "Iterator[str]":
    """Yield what a run left behind."""
    if seen.lease_left:
        yield "the lease is left"
    if seen.active:
        yield "calls of the run come long after its end"
    if seen.interleaved:
        yield "two runs published in turns"
    for part in ("configuration", "versions", "aliases", "tags", "permissions"):
        expected, after = seen.expected[part], seen.after[part]
        yield from (
            f"{part}: {key} is {after.get(key)!r}, not {expected.get(key)!r}"
            for key in sorted({*expected, *after})
            if expected.get(key) != after.get(key)
        )


def _unexplained(case: Case, seen: "Observation") -> "Iterator[str]":
    """Yield what happened and is nowhere explained: a run that was not started, a decision that was not applied.

    The app cannot know of an event that was lost, and cannot report it.
    """
    if case.loses_an_event or seen.dead_letters:
        return
    if seen.status == NOT_STARTED and not (seen.skips or seen.explained):
        yield "no run was started, and nothing says why"
    applies = SCENARIOS[case.scenario].applies and seen.status == "SUCCEEDED"
    if applies and not any("applied" in item for item in seen.items):
        yield "nothing says what became of the decision"


def _contradictions(case: Case, seen: "Observation") -> "Iterator[str]":
    """Yield where execution, item, document and events disagree."""
    if seen.status == NOT_STARTED:
        return
    statuses = {item["status"] for item in seen.items}
    status, event = ("completed", COMPLETED) if seen.status == "SUCCEEDED" else ("failed", FAILED)
    other_event = FAILED if event == COMPLETED else COMPLETED
    # whoever stops a run while its completion event is being sent gets both events, the failure's last
    overtaken = event == FAILED and FAILED in seen.events and "stop" in case.intrusions
    if other_event in seen.events and not overtaken:
        yield f"the execution {seen.status}, and an event says: {other_event}"
    if statuses - {status}:
        yield f"the execution {seen.status}, and an item says: {', '.join(statuses - {status})}"
    if seen.status != "SUCCEEDED" and seen.dead_letters:
        return  # the dead-letter queue has it, and it can be replayed
    if status not in statuses:
        yield f"the execution {seen.status}, and no item says so"
    if event not in seen.events:
        yield f"the execution {seen.status}, and no event says so"
    if seen.status == "SUCCEEDED":
        if not seen.document or seen.document["output"] != seen.output:
            yield "the result document is not what the execution answered"
    elif not all(item.get("error") and item.get("cause") for item in seen.items):
        yield "an item does not say what went wrong"


def _given_up(case: Case, seen: "Observation") -> "Iterator[str]":
    """Yield what was given up because of something that is no deployment."""
    scenario = SCENARIOS[case.scenario]
    if not scenario.completes or not all(strike.intrudes in HARMLESS for _, strike in case.faults):
        return
    intrudes = case.strike_names
    if not any(run.status == "SUCCEEDED" for run in (seen, seen.second) if run):
        yield f"the function was {intrudes} alone, and the run ended: {seen.error}: {seen.cause}"
    elif scenario.applies and not any(item.get("applied", {}).get("applied") for item in seen.items):
        yield f"the function was {intrudes} alone, and the decision was not applied"


def _wrong_results(case: Case, seen: "Observation") -> "Iterator[str]":
    if seen.status != "SUCCEEDED" or not seen.document or not seen.output:
        return
    scenario = SCENARIOS[case.scenario]
    replaced = "code" in case.intrusions and -1 < (-1 if seen.deployed_at is None else seen.deployed_at) < seen.begun_at
    if not scenario.completes and not replaced:
        yield "a run that cannot complete did"
    branches: dict[int, dict[str, Any]] = {branch["powerValue"]: branch for branch in seen.document["branches"]}
    wanted = set(scenario.fields["powerValues"])
    # the engine need not measure them all, but the memory that the function has it does
    if set(branches) != wanted and (scenario.samples is not None or not {MEMORY_MB} <= set(branches) <= wanted):
        yield f"memory sizes {sorted(branches)}"
    for branch in branches.values():
        yield from _wrong_branch(branch, scenario.samples)
    chosen = branches.get(seen.output["power"])
    if chosen is None or chosen["outcome"] != "ok":
        yield f"{seen.output['power']} MB was chosen and not measured"
    deploys = bool(case.intrusions & DEPLOYS) and seen.deployed_at is not None
    if deploys and seen.begun_at < (seen.deployed_at or 0) < seen.judged_at:
        yield "somebody deployed while it was measured"


def _wrong_branch(branch: "Mapping[str, Any]", samples: int | None) -> "Iterator[str]":
    if branch["outcome"] != "ok":
        if not branch["reason"]:
            yield f"{branch['powerValue']} MB was not measured, and nothing says why"
    elif samples is not None and branch["samples"] != samples:
        yield f"{branch['powerValue']} MB has {branch['samples']} samples instead of {samples}"
    elif not branch["averageDurationMs"] > 0:
        yield f"{branch['powerValue']} MB took {branch['averageDurationMs']} ms"
