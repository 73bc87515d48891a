"""Decide whether a deployment starts a run: once per code and settings, not too often, never two at a time."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from power_tuner.automation.profile import Profile
from power_tuner.tuning.arn import name_of
from power_tuner.tuning.lease import Lease
from power_tuner.tuning.run_item import CompletedRun, FailedRun, RunItem, SkippedRun

# An execution's name has at most 80 characters.
_NAME_CHARS = 50
_DIGEST_CHARS = 20
# A run that was stopped or timed out measured nothing, so no cool-down follows it.
_ENDED_FROM_OUTSIDE = frozenset({"Execution.ABORTED", "Execution.TIMED_OUT"})


class Deployed(NamedTuple):
    """What runs now: code, and the fingerprint of the configuration without the memory size."""

    code_sha256: str
    fingerprint: str


@dataclass(frozen=True, slots=True)
class Admission:
    """What a deployment leads to.

    Attributes:
        skipped_because: the reason, None when a run starts.
        coalesced_into: the run that already measures what was deployed, None when there is none.
        supersedes: the execution that must be stopped first, because the code that it measures was replaced.
    """

    skipped_because: str | None = None
    coalesced_into: str | None = None
    supersedes: str | None = None


def admit(
    profile: Profile, deployed: Deployed, runs: Sequence[RunItem], lease: Lease | None, now_s: float
) -> Admission:
    """Return what the deployment of an enrolled function leads to.

    Args:
        profile: its enrolment.
        deployed: the code and configuration that it has now.
        runs: the items of its latest runs, newest first.
        lease: who holds it now.
        now_s: epoch second.
    """
    for run in runs:
        if isinstance(run, CompletedRun) and _is_of(run, deployed) and run.settings == profile.settings:
            return Admission(f"this code was tuned with these settings by run {run.run_id}")
    # The lease of the Optimizer has no execution, and ends soon.
    found = lease.original if lease is not None and lease.execution_arn else None
    measured = Deployed(found.code_sha256, found.fingerprint) if found else None
    if lease is not None and measured == deployed:
        return Admission(coalesced_into=lease.run_id)
    waited_s = _since_last_run_s(runs, now_s)
    if waited_s is not None and waited_s < profile.cool_down_s:
        return Admission(
            f"cool-down: its last run began {waited_s:.0f} s ago, and its profile allows one in "
            f"{profile.cool_down_s} s; the next drift check tunes what is deployed then"
        )
    if lease is not None and measured is not None:
        return Admission(supersedes=lease.execution_arn)
    return Admission()


def run_name(target_arn: str, deployed: Deployed, settings: str, attempt: int) -> str:
    """Return the name of the execution that tunes what is deployed: the same for all copies of an event.

    Args:
        target_arn: unqualified.
        deployed: the code and configuration.
        settings: the digest of the settings.
        attempt: 0, or more when earlier attempts ended without a result before the code was deployed again.
    """
    text = f"{target_arn} {deployed.code_sha256} {deployed.fingerprint} {settings}"
    digest = hashlib.sha256(text.encode()).hexdigest()[:_DIGEST_CHARS]
    return f"{name_of(target_arn)[:_NAME_CHARS]}-{digest}" + (f"-{attempt + 1}" if attempt else "")


def skip_name(target_arn: str, at_s: float, reason: str) -> str:
    """Return the id of a skip: the same for all copies of an event."""
    return "skip-" + hashlib.sha256(f"{target_arn} {at_s} {reason}".encode()).hexdigest()[:_DIGEST_CHARS]


def _is_of(run: CompletedRun, deployed: Deployed) -> bool:
    """Return whether a run measured what is deployed; items of earlier versions know only its code."""
    return run.code_sha256 == deployed.code_sha256 and run.fingerprint in {"", deployed.fingerprint}


def _since_last_run_s(runs: Sequence[RunItem], now_s: float) -> float | None:
    for run in runs:
        ended_from_outside = isinstance(run, FailedRun) and run.error in _ENDED_FROM_OUTSIDE
        if not isinstance(run, SkippedRun) and not ended_from_outside:
            return now_s - datetime.fromisoformat(run.started_at).timestamp()
    return None
