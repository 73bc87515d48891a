"""The keys of the app's table in their wire form: what is stored in users' accounts must stay as it is."""

import pytest

from power_tuner.aws import keys

ARN = "arn:aws:lambda:eu-west-1:123456789012:function:thumbnailer"


@pytest.mark.parametrize(
    ("key", "partition", "sort"),
    [
        (keys.run(ARN, "2026-11-23T12:00:00.000Z", "run-1"), f"FUNCTION#{ARN}", "RUN#2026-11-23T12:00:00.000Z#run-1"),
        (keys.lease(ARN), f"FUNCTION#{ARN}", "LEASE"),
        (keys.profile(ARN), f"FUNCTION#{ARN}", "PROFILE"),
        (keys.baseline(ARN), f"FUNCTION#{ARN}", "BASELINE"),
        (keys.begun("run-1"), "RUN#run-1", "BEGUN"),
    ],
)
def test_each_kind_of_item_has_its_key(key: keys.Key, partition: str, sort: str) -> None:
    """Everything about a function is in one partition."""

    assert {"PK": partition, "SK": sort} == key


def test_the_runs_of_a_function_are_one_query() -> None:
    """A partition, and what the sort keys begin with."""

    assert (f"FUNCTION#{ARN}", "RUN#") == keys.runs(ARN)


def test_a_day_is_a_partition_of_its_index() -> None:
    """So are all leases, and all profiles."""

    assert ("DAY#2026-11-23", "LEASE", "PROFILE") == (keys.day("2026-11-23"), keys.LEASES, keys.PROFILES)
