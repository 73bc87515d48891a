"""The keys of every item in the app's table, and its indexes."""

from collections.abc import Mapping
from typing import NamedTuple

Key = dict[str, str]


class Index(NamedTuple):
    """An index of the table, and the attribute that is its partition key."""

    name: str
    attribute: str


BY_DAY = Index("by-day", "day")
BY_STATUS = Index("by-status", "status")
# All leases share one partition of the index by day, as do all profiles and all canaries: listed without a scan.
LEASES = "LEASE"
PROFILES = "PROFILE"
CANARIES = "CANARY"
_FUNCTION_PREFIX = "FUNCTION#"
_RUN_PREFIX = "RUN#"
_STAGE_PREFIX = "CANARY#"


def lease(target_arn: str) -> Key:
    """Return the key of the lease on a target."""
    return {"PK": _of_function(target_arn), "SK": "LEASE"}


def profile(target_arn: str) -> Key:
    """Return the key of a target's profile."""
    return {"PK": _of_function(target_arn), "SK": "PROFILE"}


def baseline(target_arn: str) -> Key:
    """Return the key of a target's baseline."""
    return {"PK": _of_function(target_arn), "SK": "BASELINE"}


def run(target_arn: str, started_at: str, run_id: str) -> Key:
    """Return the key of a run's item."""
    return {"PK": _of_function(target_arn), "SK": f"{_RUN_PREFIX}{started_at}#{run_id}"}


def runs(target_arn: str) -> tuple[str, str]:
    """Return the partition of a target's runs, and what their sort keys begin with."""
    return _of_function(target_arn), _RUN_PREFIX


def canary(target_arn: str) -> Key:
    """Return the key of a target's canary."""
    return {"PK": _of_function(target_arn), "SK": "CANARY"}


def canary_stage(run_id: str, number: int) -> Key:
    """Return the key of one stage of a run's canary."""
    return {"PK": f"RUN#{run_id}", "SK": f"{_STAGE_PREFIX}{number:02}"}


def canary_stages(run_id: str) -> tuple[str, str]:
    """Return the partition of the stages of a run's canary, and what their sort keys begin with."""
    return f"RUN#{run_id}", _STAGE_PREFIX


def begun(run_id: str) -> Key:
    """Return the key of the note that a run began."""
    return {"PK": f"RUN#{run_id}", "SK": "BEGUN"}


def daily_invocations(date: str) -> Key:
    """Return the key of the counter of a day's invocations."""
    return {"PK": f"INVOCATIONS#{date}", "SK": "INVOCATIONS"}


def run_invocations(run_id: str, date: str) -> Key:
    """Return the key of a run's account of a day: how many of the day's invocations it reserved, and used."""
    return {"PK": f"RUN#{run_id}", "SK": f"INVOCATIONS#{date}"}


def day(date: str) -> str:
    """Return the partition of the index by day that holds the runs that started on a date, such as 2026-11-23."""
    return f"DAY#{date}"


def target_of(key: Mapping[str, object]) -> str:
    """Return the target whose item has this key."""
    return str(key["PK"]).removeprefix(_FUNCTION_PREFIX)


def _of_function(target_arn: str) -> str:
    return f"{_FUNCTION_PREFIX}{target_arn}"
