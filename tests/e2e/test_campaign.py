"""Whatever goes wrong at whatever call, a run keeps its promises: a sample of ``make campaign``."""

from concurrent.futures import ThreadPoolExecutor
from copy import deepcopy
from typing import TYPE_CHECKING

import pytest

from campaign import canaries
from campaign.cases import SCENARIOS, STRIKES, Case, Site, cases_of, pairs_of, sample
from campaign.observation import NOT_STARTED
from campaign.player import Player
from campaign.stage import Stage
from campaign.verdicts import Verdict, judge

if TYPE_CHECKING:
    from collections.abc import Iterator

    from campaign.observation import Observation

pytestmark = pytest.mark.local_aws
SEED = 6
RUNS_EACH = 1
ANYWHERE = Site("PublisherFunction", "lambda", "PublishVersion", 1)


@pytest.fixture(scope="module")
def stage() -> "Iterator[Stage]":
    """One local AWS with the app, for all runs."""
    with Stage() as opened:
        yield opened


@pytest.fixture(scope="module")
def player(stage: Stage) -> Player:
    """Plays all runs."""
    return Player(stage)


@pytest.fixture(scope="module")
def untouched(player: Player) -> "Observation":
    """A run that nothing went wrong with; a test that falsifies it takes a copy."""
    return player.play(SCENARIOS["warm"])


@pytest.mark.parametrize("scenario", ["warm", "deployed", "together"])
def test_sample_keeps_the_promises(player: Player, scenario: str) -> None:
    """No run of the sample leaves anything behind, hides its failure, answers wrongly or hangs.

    `make campaign` plays the other scenarios.
    """
    sites = player.sites(SCENARIOS[scenario])
    chosen = sample(cases_of(scenario, sites, STRIKES), RUNS_EACH, SEED)

    assert len(sites) >= 40

    def play(case: Case) -> tuple[str, Verdict, str]:
        seen = player.play(SCENARIOS[case.scenario], *case.faults)
        return (case.key, *judge(case, seen))

    with ThreadPoolExecutor(4) as pool:
        judged = list(pool.map(play, chosen))

    assert RUNS_EACH == len(judged)
    assert [] == [each for each in judged if not each[1].keeps_the_promise]


def test_a_tag_ends_nothing(player: Player) -> None:
    """A tag, one less and a permission renew the revision; the run completes, and the decision is applied."""
    cases = [
        Case("warm", Site("PublisherFunction", "lambda", "UpdateFunctionConfiguration", 2), "tagged"),
        Case("warm", ANYWHERE, "untagged"),
        Case("applied", Site("OptimizerFunction", "lambda", "UpdateFunctionConfiguration", 1), "permission added"),
    ]

    with ThreadPoolExecutor(len(cases)) as pool:
        seen = list(pool.map(lambda case: player.play(SCENARIOS[case.scenario], *case.faults), cases))

    assert [each.struck for each in seen] == [True] * len(cases)
    assert [judge(case, each) for case, each in zip(cases, seen, strict=True)] == [(Verdict.OK, "")] * len(cases)


def test_what_a_tag_ended_is_seen(player: Player) -> None:
    """A run that a tag ended, and a decision that it kept from being applied, break a promise."""
    site = Site("PublisherFunction", "lambda", "UpdateFunctionConfiguration", 2)
    case = Case("applied", site, "tagged")
    seen = player.play(SCENARIOS["applied"], *case.faults)
    sound = judge(case, seen).verdict
    for item in seen.items:
        item["applied"]["applied"] = False

    assert sound is Verdict.OK
    assert judge(case, seen) == (
        Verdict.WRONG_RESULT,
        "the function was tagged alone, and the decision was not applied",
    )


def test_pairs_strike_a_run_twice(player: Player) -> None:
    """A run with two faults has two different ones; the same seed gives the same runs."""
    cases = cases_of("warm", player.sites(SCENARIOS["warm"]), STRIKES)
    pairs = pairs_of(cases, 20, SEED)

    assert pairs == pairs_of(cases, 20, SEED)
    assert [pair for pair in pairs if len({strike.name for _, strike in pair.faults}) != 2] == []
    assert judge(pairs[0], player.play(SCENARIOS["warm"], *pairs[0].faults)).verdict.keeps_the_promise


def test_a_leak_is_seen(untouched: "Observation") -> None:
    """A memory that nobody gave back is a LEAK: the judge is not blind."""
    seen = deepcopy(untouched)
    case = Case("warm", ANYWHERE, "500")

    assert Verdict.OK is judge(case, seen).verdict
    seen.after["configuration"]["MemorySize"] = 128
    assert (Verdict.LEAK, "configuration: MemorySize is 128, not 512") == judge(case, seen)
    seen.status = ""
    assert Verdict.HANG is judge(case, seen).verdict


def test_a_hidden_failure_and_a_wrong_result_are_seen(untouched: "Observation") -> None:
    """An event that is missing, and samples that are missing, are each seen for what they are."""
    case = Case("warm", ANYWHERE, "500")
    silent, short = deepcopy(untouched), deepcopy(untouched)
    del silent.events["Power Tuning Completed"]
    assert short.document
    short.document["branches"][0]["samples"] = 1

    assert (Verdict.HIDDEN_FAILURE, "the execution SUCCEEDED, and no event says so") == judge(case, silent)
    assert (Verdict.WRONG_RESULT, "128 MB has 1 samples instead of 2") == judge(case, short)


def test_what_nobody_says_is_seen(player: Player) -> None:
    """A decision of which nobody says what became of it, and a deployment that started nothing, are hidden failures."""
    case = Case("deployed", ANYWHERE, "500")
    seen = player.play(SCENARIOS["deployed"])
    sound = judge(case, seen).verdict
    for item in seen.items:
        item.pop("applied")

    assert Verdict.OK is sound
    assert (Verdict.HIDDEN_FAILURE, "nothing says what became of the decision") == judge(case, seen)
    seen.status = NOT_STARTED
    assert (Verdict.HIDDEN_FAILURE, "no run was started, and nothing says why") == judge(case, seen)


def test_code_that_was_replaced_before_the_run_may_complete(untouched: "Observation") -> None:
    """A target that cannot be measured may have been mended before its run began, and at no other time."""
    seen = deepcopy(untouched)
    case = Case("failing", ANYWHERE, "code deployed")

    assert (Verdict.WRONG_RESULT, "a run that cannot complete did") == judge(case, seen)
    seen.deployed_at = seen.begun_at - 1
    assert Verdict.OK is judge(case, seen).verdict


def test_a_decision_changes_what_its_run_has_found(player: Player) -> None:
    """Memory that somebody deployed before the run began is what the run decides about."""
    start, strike = Site("TuneStateMachine", "lambda", "Invoke", 1), STRIKES["memory deployed"]
    seen = player.play(SCENARIOS["applied"], (start, strike))

    assert Verdict.OK is judge(Case("applied", start, strike.name), seen).verdict
    assert 128 == seen.after["configuration"]["MemorySize"]


def test_a_check_that_failed_explains_why_no_run_was_started(player: Player) -> None:
    """The fleet's check names the error of a target that it could not check."""
    site, strike = Site("DriftFunction", "dynamodb", "GetItem", 1), STRIKES["crash before"]
    seen = player.play(SCENARIOS["checked"], (site, strike))

    assert seen.struck
    assert Verdict.CLEAN_FAILURE is judge(Case("checked", site, strike.name), seen).verdict


def test_canaries_keep_the_promises(stage: Stage) -> None:
    """A lost answer and a crash, each at a change of the alias; and no fault at all."""
    first, second = (Site("CanaryFunction", "lambda", "UpdateAlias", number) for number in (1, 2))
    chosen = [
        canaries.Case(100.0),
        canaries.Case(200.0, first, "lost answer"),
        canaries.Case(100.0, second, "crash after"),
    ]
    player = canaries.CanaryPlayer(stage)
    with ThreadPoolExecutor(len(chosen)) as pool:
        judged = list(pool.map(player.play, chosen))

    assert [each for each in judged if not each[1].verdict.keeps_the_promise] == []
    assert [judgement.verdict for _, judgement in judged[:2]] == [Verdict.OK, Verdict.OK]
