"""Admission: which deployment starts a run."""

from typing import Any

import pytest

from fakes import NOON
from power_tuner.automation.admission import Admission, Deployed, admit, run_name, skip_name
from power_tuner.automation.profile import Profile
from power_tuner.tuning.lease import Lease, Original
from power_tuner.tuning.run_item import CompletedRun, FailedRun, RunItem
from run_items import completed_run, failed_run, skipped_run

CODE_2 = Deployed("code-2", "fingerprint")
ARN = "arn:aws:lambda:eu-west-1:123456789012:function:thumbnailer"
PROFILE = Profile(ARN, {"num": 7, "strategy": "speed"}, cool_down_s=420)
BEGAN, BEGAN_S = "2026-11-23T11:30:00.000Z", 1_795_433_400.0
EXECUTION_ARN = "arn:aws:states:eu-west-1:123456789012:execution:power-tuner:run-4"


def run(run_id: str = "run-3", **changes: Any) -> CompletedRun:
    """Return the item of a run of older code."""
    return completed_run(
        run_id, **{"fingerprint": "fingerprint", "started_at": BEGAN, "settings": PROFILE.settings, **changes}
    )


def failed(error: str = "NothingMeasured", started_at: str = BEGAN) -> FailedRun:
    return failed_run("run-3", started_at=started_at, settings=PROFILE.settings, error=error)


def lease(code_sha256: str | None, execution_arn: str | None = EXECUTION_ARN) -> Lease:
    return Lease(
        run_id="run-4",
        execution_arn=execution_arn,
        target_arn=ARN,
        original=Original(896, "fingerprint", code_sha256) if code_sha256 else None,
        until_s=int(BEGAN_S) + 2400,
    )


def admitted(*runs: RunItem, waited_s: float = 1e6, held: Lease | None = None) -> Admission:
    """Decide on the deployment of code-2, so many seconds after the last run began."""
    return admit(PROFILE, CODE_2, runs, held, BEGAN_S + waited_s)


def test_the_first_deployment_starts_a_run() -> None:
    """Nothing was measured, nobody measures."""
    assert Admission(None, None, None) == admitted()


def test_what_was_tuned_with_these_settings_is_not_tuned_again() -> None:
    """However long ago, and whichever of the runs it was."""
    runs = run(), run("run-1", code_sha256="code-2", started_at="2025-01-01T00:00:00.000Z")

    assert Admission("this code was tuned with these settings by run run-1") == admitted(*runs)


def test_another_configuration_is_measured_again() -> None:
    """Of the same code: other layers, another runtime or environment run otherwise."""
    assert admitted(run(code_sha256="code-2", fingerprint="other")) == Admission()
    other = Deployed("code-2", "other")
    assert run_name(ARN, CODE_2, "settings", 0) != run_name(ARN, other, "settings", 0)


def test_an_item_of_an_earlier_version_knows_only_its_code() -> None:
    """It is not measured again for that."""
    known = run("run-1", code_sha256="code-2", fingerprint="")

    assert admitted(known) == Admission("this code was tuned with these settings by run run-1")


@pytest.mark.parametrize(
    "known",
    [
        run(),
        run(code_sha256="code-2", settings="others"),
        run(code_sha256="code-2", settings=None),
        failed(),
        skipped_run(started_at=BEGAN, code_sha256="code-2"),
    ],
)
def test_what_was_not_tuned_so_is_tuned(known: RunItem) -> None:
    """Other code, other settings, or a run without a result."""
    assert Admission() == admitted(known)


@pytest.mark.parametrize("known", [run(), failed()])
@pytest.mark.parametrize(("waited_s", "starts"), [(419.6, False), (420.0, True), (421.0, True)])
def test_the_cool_down_counts_from_the_beginning_of_the_last_run(
    known: RunItem, waited_s: float, *, starts: bool
) -> None:
    """A run that failed counts too; when the cool-down is over the next may start."""
    told = (
        "cool-down: its last run began 420 s ago, and its profile allows one in 420 s; "
        "the next drift check tunes what is deployed then"
    )

    assert Admission(None if starts else told) == admitted(known, waited_s=waited_s)


@pytest.mark.parametrize(
    ("newest", "starts"),
    [
        (skipped_run(), True),
        (failed("Execution.ABORTED", NOON), True),
        (failed("Execution.TIMED_OUT", NOON), True),
        (failed("NothingMeasured", NOON), False),
    ],
)
def test_what_measured_nothing_delays_nobody(newest: RunItem, *, starts: bool) -> None:
    """A skip and a run that was ended from outside; then the run before counts."""
    assert starts is (admitted(newest, run(), waited_s=1900).skipped_because is None)
    assert admitted(newest, run(), waited_s=60).skipped_because is not None


def test_a_run_of_this_code_goes_on() -> None:
    """Also within the cool-down, which is that run's own."""
    held = lease("code-2")

    assert Admission(coalesced_into="run-4") == admitted(held=held)
    assert Admission(coalesced_into="run-4") == admitted(run(), waited_s=60, held=held)


def test_a_run_of_other_code_is_replaced() -> None:
    """But not within the cool-down: who deploys every minute is not measured every minute."""
    held = lease("code-1")

    assert Admission(supersedes=EXECUTION_ARN) == admitted(held=held)
    assert admitted(run(), waited_s=60, held=held).skipped_because


@pytest.mark.parametrize("held", [lease("code-2", None), lease("code-1", None), lease(None, None)])
def test_what_holds_the_lease_and_is_no_run_is_neither_joined_nor_stopped(held: Lease) -> None:
    """The Optimizer and a rollback hold it without an execution; the run waits."""
    assert Admission() == admitted(held=held)


def test_a_run_that_may_have_looked_already_is_not_joined() -> None:
    """It notes what it found later than it looks: what is deployed in between would never be measured."""
    assert Admission() == admitted(waited_s=60, held=lease(None))


def test_an_execution_is_named_after_function_code_and_settings() -> None:
    """Copies of an event get the same name, anything else another; a later attempt is numbered from 2."""
    name = run_name(ARN, CODE_2, "settings", 0)
    others = {
        run_name(f"{ARN}2", CODE_2, "settings", 0),
        run_name(ARN, Deployed("code-3", "0a1b"), "settings", 0),
    }
    others |= {run_name(ARN, CODE_2, "others", 0)}

    assert name == run_name(ARN, CODE_2, "settings", 0)
    assert (3, False) == (len(others), name in others)
    assert f"{name}-2" == run_name(ARN, CODE_2, "settings", 1)
    assert f"{name}-20" == run_name(ARN, CODE_2, "settings", 19)
    assert ("thumbnailer", 20) == (name.rpartition("-")[0], len(name.rpartition("-")[2]))


def test_an_execution_of_a_long_name_is_cut() -> None:
    """Of 80 characters 50 are the function's, 21 the digest's and its hyphen's."""
    long = ARN.replace("thumbnailer", "t" * 49 + "u" * 15)
    name = run_name(long, CODE_2, "settings", 0)

    assert ("t" * 49 + "u", 71) == (name.rpartition("-")[0], len(name))


def test_a_skip_is_named_after_function_time_and_reason() -> None:
    """Copies of an event write one item."""
    name = skip_name(ARN, 1000.5, "it is not enrolled")
    others = [(f"{ARN}2", 1000.5, "it is not enrolled"), (ARN, 1001.5, "it is not enrolled"), (ARN, 1000.5, "other")]

    assert name == skip_name(ARN, 1000.5, "it is not enrolled")
    assert 4 == len({name, *(skip_name(*other) for other in others)})
    assert ("skip", 20) == (name.partition("-")[0], len(name.partition("-")[2]))
