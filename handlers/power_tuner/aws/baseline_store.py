"""Baselines as DynamoDB items."""

import msgspec

from power_tuner.automation.drift import Baseline
from power_tuner.aws import keys
from power_tuner.aws.item_table import Item, ItemTable, read_item


class DynamoBaselines:
    """One baseline item per target.

    Args:
        table: the app's table.
    """

    def __init__(self, table: ItemTable) -> None:
        self._table = table

    def get(self, target_arn: str) -> Baseline | None:
        """Return a target's baseline, None if it has none."""
        item = self._table.get(keys.baseline(target_arn))
        return read_item(item, _read) if item else None

    def put(self, target_arn: str, baseline: Baseline) -> None:
        """Write a target's baseline, over an earlier one."""
        self._table.put({**keys.baseline(target_arn), "baseline": msgspec.json.encode(baseline).decode()})


def _read(item: Item) -> Baseline:
    return msgspec.json.decode(item["baseline"], type=Baseline)
