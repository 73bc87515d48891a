"""Every permission is needed, and none that is needed is missing: a sample of ``make permissions``."""

import random
from typing import TYPE_CHECKING

import pytest

from campaign.grants import DOCUMENTED, Prover
from campaign.stage import Stage

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.local_aws
SEED = 6
REMOVED = 3
REHEARSED = ("warm", "failing", "enrolled by tag")


@pytest.fixture(scope="module")
def prover() -> "Iterator[Prover]":
    """Everything allowed, and known who needs what in some of the runs."""
    with Stage() as stage:
        prover = Prover(stage)
        prover.rehearse(REHEARSED)
        yield prover


def test_a_permission_taken_away_breaks_a_run(prover: Prover) -> None:
    """A sample of the actions that a run uses: without any one of them the run ends otherwise."""
    used = [grant for grant in prover.grants() if prover.users(grant)]
    chosen = random.Random(SEED).sample(used, REMOVED)  # noqa: S311 (no secret)

    proofs = [prover.prove(grant) for grant in chosen]

    assert [] == [proof.grant for proof in proofs if not proof.play]


def test_nothing_is_refused_that_is_needed(prover: Prover) -> None:
    """With the roles of the template the runs end as they must."""
    ended = ["SUCCEEDED", "FAILED", "completed deployment"]
    assert ended == [prover.usual(name)[0] for name in REHEARSED]
    assert "NothingMeasured" == prover.usual("failing")[1]


def test_what_is_documented_is_granted(prover: Prover) -> None:
    """The list of permissions that only AWS itself uses names none that is gone."""
    granted = {(grant.owner, grant.action) for grant in prover.grants()}

    assert set() == set(DOCUMENTED) - granted
