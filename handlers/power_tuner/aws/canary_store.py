"""Canaries as DynamoDB items; every change is one conditional write."""

from collections.abc import Callable, Iterator
from functools import partial

from msgspec import ValidationError, convert, to_builtins
from msgspec.structs import replace

from power_tuner.automation.trial import CanaryStage, Trial
from power_tuner.aws import keys
from power_tuner.aws.item_table import Item, ItemTable, each_readable, read_item
from power_tuner.errors import DamagedItem, InvalidInput, LeaseLost
from power_tuner.lambda_limits import MAX_MEMORY_MB, MIN_MEMORY_MB
from power_tuner.tuning.canary_settings import read_canary_settings

_MAX_REASON_CHARS = 200


class DynamoCanaries:
    """One item per canary that is under way, and one per stage.

    Args:
        table: the app's table.
        now: returns the epoch second.
        retention_s: how long stages are kept.
    """

    def __init__(self, table: ItemTable, now: Callable[[], float], retention_s: int) -> None:
        self._table = table
        self._now = now
        self._retention_s = retention_s

    def begin(self, trial: Trial) -> Trial | None:
        """Note a canary; return None if that is the target's, else the one that the target has."""
        if self._table.put(to_item(trial), "attribute_not_exists(PK)"):
            return None
        other = self.get(trial.target_arn)
        # It ended between the two calls: the caller may try again.
        return other if other is not None else self.begin(trial)

    def get(self, target_arn: str) -> Trial | None:
        """Return the canary of a target, by a consistent read."""
        item = self._table.get(keys.canary(target_arn))
        return from_item(item) if item else None

    def save(self, trial: Trial) -> Trial:
        """Write a canary and return it; LeaseLost if somebody else has written or ended it meanwhile."""
        written = replace(trial, saved=trial.saved + 1)
        if not self._table.put(
            to_item(written), "runId = :run AND saved = :saved", run=trial.run_id, saved=trial.saved
        ) and (self.get(trial.target_arn) != written):
            # A request whose answer was lost is sent again, and then finds what it wrote itself.
            raise LeaseLost(f"The canary of run {trial.run_id} was changed or ended by somebody else meanwhile.")
        return written

    def end(self, trial: Trial) -> None:
        """Delete a canary, if it is still that of this run."""
        self._table.delete(keys.canary(trial.target_arn), "runId = :run", run=trial.run_id)

    def held(self) -> Iterator[Trial]:
        """Yield all canaries that can be read; then raise DamagedItem, which names the others."""
        return each_readable(self._table.indexed(keys.BY_DAY, keys.CANARIES), from_item)

    def note_stage(self, stage: CanaryStage) -> None:
        """Record a stage; one that is recorded already is written again."""
        key = keys.canary_stage(stage.run_id, stage.number)
        self._table.put({**key, **to_builtins(stage), "expiresAt": int(self._now()) + self._retention_s})

    def stages(self, run_id: str) -> list[CanaryStage]:
        """Return the stages of a run's canary, in order."""
        found = self._table.newest(*keys.canary_stages(run_id))
        return [read_item(item, partial(convert, type=CanaryStage)) for item in found][::-1]


def to_item(trial: Trial) -> Item:
    """Return a canary as an item."""
    return {**keys.canary(trial.target_arn), keys.BY_DAY.attribute: keys.CANARIES, **to_builtins(trial)}


def from_item(item: Item) -> Trial:
    """Read a canary from its item; DamagedItem if that cannot be read, or is of another target than its key says."""
    target_arn = keys.target_of(item)
    try:
        trial = convert(item, Trial)
        # Within the limits in which a canary is begun.
        read_canary_settings("settings", item["settings"])
    except (ValidationError, InvalidInput) as error:
        raise _damaged(target_arn, str(error)) from None
    if trial.target_arn != target_arn:
        raise _damaged(target_arn, "it says that it is of another function")
    memories_mb = (trial.doing.from_memory_mb, *trial.versions.values())
    if not all(MIN_MEMORY_MB <= each <= MAX_MEMORY_MB for each in memories_mb):
        raise _damaged(target_arn, "no function can have the memory size that it says")
    if trial.weights != trial.settings.weights[: len(trial.weights)]:
        raise _damaged(target_arn, "its weights are not those of its settings")
    return trial


def _damaged(target_arn: str, reason: str) -> DamagedItem:
    return DamagedItem(
        f"The canary of {target_arn} in the stack's table cannot be read: {reason[:_MAX_REASON_CHARS]}. See that the "
        "weights of the function's aliases and its memory size are what they should be, then delete the item."
    )
