"""Runs as DynamoDB items."""

from collections.abc import Callable, Iterator
from itertools import islice

import msgspec
from msgspec import convert, to_builtins
from msgspec.structs import replace

from power_tuner.automation.trigger import Origin
from power_tuner.aws import keys
from power_tuner.aws.item_table import Attributes, Item, ItemTable, each_readable, read_item
from power_tuner.errors import LeaseLost
from power_tuner.ports import Begun
from power_tuner.tuning.applied import Applied, RolledBack, read_applied, read_rolled_back
from power_tuner.tuning.ceiling import Ceiling
from power_tuner.tuning.iso_time import iso_time
from power_tuner.tuning.run_item import CompletedRun, FailedRun, RunItem, RunKey, SkippedRun

# What the Optimizer and a rollback record on a run's item; a later failure of the run keeps it.
_NOTES = ("applying", "applied", "appliedAt", "appliedTold", "rolledBack")
# Their members tell their kinds.
_OF_SEVERAL_KINDS = frozenset({"applying", "applied", "rolledBack"})


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

    def note_begun(
        self,
        run_id: str,
        target_arn: str | None,
        started_at: str,
        origin: Origin | None = None,
        ceiling: Ceiling | None = None,
    ) -> None:
        """Record that a run began and, once known, the target that it is about to touch."""
        item = {
            **keys.begun(run_id),
            "targetArn": target_arn,
            "startedAt": started_at,
            "origin": msgspec.json.encode(origin).decode() if origin else None,
            "atMost": msgspec.json.encode(ceiling).decode() if ceiling else None,
            "expiresAt": int(self._now()) + self._retention_s,
        }
        # A second try of the Initializer has no target yet; the target that the first one recorded stays.
        self._table.put(item, None if target_arn else "attribute_not_exists(PK)")

    def begun(self, run_id: str) -> Begun | None:
        """Return what a run recorded when it began, None if it recorded nothing."""
        item = self._table.get(keys.begun(run_id))
        return read_item(item, _read_begun) if item else None

    def latest(self, target_arn: str, limit: int, *, with_skipped: bool = True) -> list[RunItem]:
        """Return the items of a target's runs, newest first; without the skipped ones, however many there are."""
        runs = map(from_item, self._table.newest(*keys.runs(target_arn)))
        return list(islice((run for run in runs if with_skipped or not isinstance(run, SkippedRun)), limit))

    def of_day(self, date: str, limit: int) -> list[RunItem]:
        """Return the items of all runs that started on a date (YYYY-MM-DD, UTC), newest first."""
        return list(map(from_item, islice(self._table.indexed(keys.BY_DAY, keys.day(date)), limit)))

    def each_of_status(self, status: str) -> Iterator[RunItem]:
        """Yield all runs of a status that can be read, newest first; then raise DamagedItem with the others."""
        return each_readable(self._table.indexed(keys.BY_STATUS, status), from_item)

    def of_status(self, status: str, limit: int | None = None) -> list[RunItem]:
        """Return the items of all runs that are ``completed``, ``failed`` or ``skipped``, newest first."""
        return list(map(from_item, islice(self._table.indexed(keys.BY_STATUS, status), limit)))

    def record(self, item: CompletedRun | SkippedRun, *, over_failure: bool = False) -> None:
        """Write a run's item, over an earlier one of the same run; LeaseLost if that is of a failed run."""
        condition = None if over_failure else "attribute_not_exists(PK) OR #status <> :failed"
        values = {} if over_failure else {"failed": "failed"}
        if not self._table.put(to_item(item), condition, **values):
            raise LeaseLost(f"Run {item.run_id} was ended while its result was recorded.")

    def record_failure(self, item: FailedRun) -> bool:
        """Write a failed run's item and return True; if its failure event was emitted already, return False.

        What was applied meanwhile stays recorded.
        """
        while True:
            known = self._table.get(keys.run(*item.key)) or {}
            if "told" in known:
                return False
            notes = {name: known[name] for name in _NOTES if name in known}
            unnoted = [f"attribute_not_exists({name})" for name in _NOTES if name not in known]
            if self._table.put({**to_item(item), **notes}, " AND ".join(["attribute_not_exists(told)", *unnoted])):
                return True

    def note_event_emitted(self, run: RunKey) -> None:
        """Record on a failed run's item that its event was emitted."""
        self._table.update(keys.run(*run), "SET told = :yes", yes=True)

    def item(self, run: RunKey) -> RunItem | None:
        """Return a run's item, None when there is none."""
        item = self._table.get(keys.run(*run))
        return from_item(item) if item else None

    def note_rolled_back(self, run: RunKey, rolled_back: RolledBack) -> None:
        """Record on a run's item that its decision was rolled back."""
        self._table.update(keys.run(*run), "SET rolledBack = :what", what=to_builtins(rolled_back))

    def note_applying(self, run: RunKey, applying: Applied) -> None:
        """Record on a run's item what is about to be applied; LeaseLost if it was applied meanwhile, or has no item."""
        if not self._note(run, "SET applying = :what", "attribute_not_exists(applied)", to_builtins(applying)):
            raise LeaseLost(f"What run {run.run_id} decided was applied meanwhile, or its item is gone.")

    def note_applied(self, run: RunKey, applied: Applied) -> None:
        """Record on a run's item what was applied, unless that is recorded already or there is no item."""
        what, at = to_builtins(applied), iso_time(self._now())
        change = "SET applied = :what, appliedAt = :at REMOVE applying"
        self._note(run, change, "attribute_not_exists(applied)", what, at=at)

    def forget_refusal(self, run: RunKey) -> None:
        """Take the note off a run's item that its decision was not applied, if that is what it says."""
        self._note(run, "REMOVE applied, appliedAt, appliedTold", "applied.applied = :what", False)

    def note_applied_event_emitted(self, run: RunKey) -> None:
        """Record on a run's item that the applied event was emitted, if there is an item."""
        self._note(run, "SET appliedTold = :what", "attribute_exists(applied)", True)

    def _note(self, run: RunKey, expression: str, condition: str, what: object, **more: object) -> bool:
        """Change a run's item if there is one and the condition holds; return whether it was changed."""
        condition = f"attribute_exists(PK) AND {condition}"
        return self._table.update(keys.run(*run), expression, condition, what=what, **more) is not None


def to_item(run: RunItem) -> Attributes:
    """Return the item that keeps a run, with its keys."""
    date = run.started_at.partition("T")[0]
    return {**keys.run(*run.key), keys.BY_DAY.attribute: keys.day(date), **to_builtins(run)}


def from_item(item: Item) -> RunItem:
    """Read a run from its item; DamagedItem if that cannot be read."""
    return read_item(item, _read)


def _read(item: Item) -> RunItem:
    run: RunItem = convert({name: value for name, value in item.items() if name not in _OF_SEVERAL_KINDS}, RunItem)
    if isinstance(run, SkippedRun):
        return run
    return replace(
        run,
        applying=read_applied(item["applying"]) if "applying" in item else None,
        applied=read_applied(item["applied"]) if "applied" in item else None,
        rolled_back=read_rolled_back(item["rolledBack"]) if "rolledBack" in item else None,
    )


def _read_begun(item: Item) -> Begun:
    origin = msgspec.json.decode(item["origin"], type=Origin) if "origin" in item else None
    ceiling = msgspec.json.decode(item["atMost"], type=Ceiling) if "atMost" in item else None
    return Begun(item.get("targetArn"), item["startedAt"], origin, ceiling)
