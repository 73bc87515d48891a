"""Baselines: the table and its stand-in keep the same promises."""

import json
from typing import TYPE_CHECKING

import pytest
from msgspec import to_builtins
from msgspec.structs import replace

from fake_stores import FakeBaselines
from power_tuner.automation.drift import Baseline, level_of
from power_tuner.aws import keys
from power_tuner.aws.baseline_store import DynamoBaselines
from power_tuner.aws.item_table import ItemTable
from power_tuner.errors import DamagedItem
from power_tuner.ports import Baselines

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table

ARN = "arn:aws:lambda:eu-west-1:123456789012:function:thumbnailer"
BASELINE = Baseline(
    run_id="run-1",
    source="read",
    code_sha256="code-1",
    memory_mb=512,
    runtime="python3.13",
    architecture="arm64",
    timeout_s=30,
    level=level_of([100.1 + number / 7 for number in range(20)]),
)


@pytest.fixture(params=["fake", "DynamoDB"])
def baselines(request: pytest.FixtureRequest) -> Baselines:
    if request.param == "fake":
        return FakeBaselines()
    return DynamoBaselines(request.getfixturevalue("item_table"))


def test_a_baseline_comes_back_as_it_went(baselines: Baselines) -> None:
    """To the last digit; a level that is not known too."""
    baselines.put(ARN, BASELINE)
    baselines.put(f"{ARN}-2", replace(BASELINE, level=None))

    assert (BASELINE, None) == (baselines.get(ARN), getattr(baselines.get(f"{ARN}-2"), "level", "no baseline"))


def test_who_was_never_accepted_has_no_baseline(baselines: Baselines) -> None:
    """Nobody's baseline is None."""

    assert baselines.get(ARN) is None


def test_a_later_baseline_replaces_an_earlier_one(baselines: Baselines) -> None:
    """One per function."""
    baselines.put(ARN, BASELINE)
    baselines.put(ARN, replace(BASELINE, run_id="run-2"))

    assert "run-2" == getattr(baselines.get(ARN), "run_id", None)


def test_a_baseline_is_an_item_of_its_function(table: "Table", item_table: ItemTable) -> None:
    """As text, so that its numbers come back as they went."""
    DynamoBaselines(item_table).put(ARN, BASELINE)
    (item,) = table.scan()["Items"]

    assert keys.baseline(ARN) == {name: item[name] for name in ("PK", "SK")}
    assert to_builtins(BASELINE) == json.loads(str(item["baseline"]))


@pytest.mark.parametrize("text", ["{}", "[", '{"runId": 1}'])
def test_a_damaged_baseline_is_named(item_table: ItemTable, text: str) -> None:
    """With the function that it is of."""
    item_table.put({**keys.baseline(ARN), "baseline": text})

    with pytest.raises(DamagedItem, match=f"{ARN} in the stack's table cannot be read: "):
        DynamoBaselines(item_table).get(ARN)
