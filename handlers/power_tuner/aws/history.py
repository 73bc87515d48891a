"""Runs as DynamoDB items."""

from collections.abc import Callable, Mapping
from itertools import islice
from typing import Any

import msgspec

from power_tuner.automation.trigger import Origin
from power_tuner.aws import keys
from power_tuner.aws.item_table import ItemTable
from power_tuner.errors import LeaseLost
from power_tuner.ports import Begun

# What the Optimizer and a rollback record on a run's item; a later failure of the run keeps it.
_NOTES = ("applying", "applied", "appliedTold", "rolledBack")


class DynamoHistory:
    """The items of all runs, in the app's table.

    Args:
        table: the app's table.
        now: returns the epoch second.
        retention_s: how long the note that a run began is kept.
    """

    def __init__(self, table: ItemTable, now: Callable[[], float], retention_s: int) -> None:
        self._table = table
        self._now = now
        self._retention_s = retention_s

    def note_begun(self, run_id: str, target_arn: str | None, started_at: str, origin: Origin | None = None) -> None:
        """Record that a run began and, once known, the target that it is about to touch."""
        item = {
            **keys.begun(run_id),
            "targetArn": target_arn,
            "startedAt": started_at,
            "origin": msgspec.json.encode(origin).decode() if origin else None,
            "expiresAt": int(self._now()) + self._retention_s,
        }
        # A second try of the Initializer has no target yet; the target that the first one recorded stays.
        self._table.put(item, None if target_arn else "attribute_not_exists(PK)")

    def begun(self, run_id: str) -> Begun | None:
        """Return what a run recorded when it began, None if it recorded nothing."""
        item = self._table.get(keys.begun(run_id))
        if not item:
            return None
        origin = msgspec.json.decode(item["origin"], type=Origin) if "origin" in item else None
        return Begun(item.get("targetArn"), item["startedAt"], origin)

    def latest(self, target_arn: str, limit: int) -> list[dict[str, Any]]:
        """Return the items of a target's runs, newest first."""
        return self._table.newest(*keys.runs(target_arn), limit)

    def of_day(self, date: str, limit: int) -> list[dict[str, Any]]:
        """Return the items of all runs that started on a date (YYYY-MM-DD, UTC), newest first."""
        return list(islice(self._table.indexed(keys.BY_DAY, keys.day(date)), limit))

    def of_status(self, status: str, limit: int) -> list[dict[str, Any]]:
        """Return the items of all runs that are ``completed``, ``failed`` or ``skipped``, newest first."""
        return list(islice(self._table.indexed(keys.BY_STATUS, status), limit))

    def record(self, item: Mapping[str, Any], *, over_failure: bool = False) -> None:
        """Write a run's item, over an earlier one of the same run; LeaseLost if that is of a failed run."""
        if over_failure:
            self._table.put(_with_keys(item))
        elif not self._table.put(_with_keys(item), "attribute_not_exists(PK) OR #status <> :failed", failed="failed"):
            raise LeaseLost(f"Run {item['runId']} was ended while its result was recorded.")

    def record_failure(self, item: Mapping[str, Any]) -> bool:
        """Write a failed run's item and return True; if its failure event was emitted already, return False.

        What was applied meanwhile stays recorded.
        """
        while True:
            known = self._table.get(_key_of(item)) or {}
            if "told" in known:
                return False
            notes = {name: known[name] for name in _NOTES if name in known}
            unnoted = [f"attribute_not_exists({name})" for name in _NOTES if name not in known]
            if self._table.put({**_with_keys(item), **notes}, " AND ".join(["attribute_not_exists(told)", *unnoted])):
                return True

    def note_told(self, item: Mapping[str, Any]) -> None:
        """Record on a failed run's item that its event was emitted."""
        self._table.update(_key_of(item), "SET told = :yes", yes=True)

    def item(self, target_arn: str, started_at: str, run_id: str) -> dict[str, Any] | None:
        """Return a run's item, None when there is none."""
        return self._table.get(keys.run(target_arn, started_at, run_id))

    def note_rolled_back(self, item: Mapping[str, Any], rolled_back: Mapping[str, Any]) -> None:
        """Record on a run's item that its decision was rolled back."""
        self._table.update(_key_of(item), "SET rolledBack = :what", what=rolled_back)

    def note_applying(self, run: Mapping[str, Any], applying: Mapping[str, Any]) -> None:
        """Record on a run's item what is about to be applied; LeaseLost if it was applied meanwhile, or has no item."""
        if not self._note(run, "SET applying = :what", "attribute_not_exists(applied)", applying):
            raise LeaseLost(f"What run {run['runId']} decided was applied meanwhile, or its item is gone.")

    def note_applied(self, run: Mapping[str, Any], applied: Mapping[str, Any]) -> None:
        """Record on a run's item what was applied, unless that is recorded already or there is no item."""
        self._note(run, "SET applied = :what REMOVE applying", "attribute_not_exists(applied)", applied)

    def note_applied_told(self, run: Mapping[str, Any]) -> None:
        """Record on a run's item that the applied event was emitted, if there is an item."""
        self._note(run, "SET appliedTold = :what", "attribute_exists(applied)", True)

    def _note(self, run: Mapping[str, Any], expression: str, condition: str, what: object) -> bool:
        """Change a run's item if there is one and the condition holds; return whether it was changed."""
        key = keys.run(run["target"]["arn"], run["startedAt"], run["runId"])
        return self._table.update(key, expression, f"attribute_exists(PK) AND {condition}", what=what) is not None


def _key_of(item: Mapping[str, Any]) -> keys.Key:
    return keys.run(item["targetArn"], item["startedAt"], item["runId"])


def _with_keys(item: Mapping[str, Any]) -> dict[str, Any]:
    date = item["startedAt"].partition("T")[0]
    return {**_key_of(item), keys.BY_DAY.attribute: keys.day(date), **item}
