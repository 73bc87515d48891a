"""Many runs at once in an account with low quotas: a small version of ``make load``."""

import pytest

from campaign.load import Load, put_under_load

pytestmark = pytest.mark.local_aws


def test_runs_in_a_small_account_all_complete() -> None:
    """More Executors than there are places: throttles are waited out, all runs complete in full, nothing is left."""
    load = Load(runs=2, calls_per_s=5.0, concurrency=3, memories_mb=(128, 256))
    figures = put_under_load(load, timeout_s=150)

    assert {"SUCCEEDED": 2} == figures.ends, figures.causes
    assert ([], [], 0) == (figures.short, figures.left, figures.leases)
    assert figures.calls_refused > 0
    assert figures.invocations_refused > 0
    assert figures.most_concurrent <= 3
