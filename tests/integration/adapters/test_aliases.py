"""Aliases: the adapter over the local Lambda service, and its stand-in, keep the same promises."""

import pytest

from integration.adapters.lambda_account import ACCOUNT, REGION, Account
from power_tuner.ports import FunctionNotFound, RevisionMismatch, UpdateInProgress

NOBODY = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:nobody"


def test_an_alias_is_created_and_moved(account: Account, arn: str) -> None:
    """The version that it pointed to before is returned, so that it can be moved back."""
    first, second = account.publish_two(arn)

    assert [None, first] == [
        account.functions.move_alias(arn, "prod", first),
        account.functions.move_alias(arn, "prod", second),
    ]
    assert (second, 512) == (account.functions.get(arn, "prod").version, account.functions.get(arn, "prod").memory_mb)


def test_it_is_known_where_an_alias_points(account: Account, arn: str) -> None:
    """None while there is no such alias, then its version."""
    first, second = account.publish_two(arn)
    seen = [account.functions.alias_version(arn, "prod")]
    for version in (first, second):
        account.functions.move_alias(arn, "prod", version)
        seen.append(account.functions.alias_version(arn, "prod"))

    assert [None, first, second] == seen


def test_a_missing_function_has_no_alias(account: Account) -> None:
    """Asked for one it has none; it cannot be given one."""
    with pytest.raises(FunctionNotFound):
        account.functions.move_alias(NOBODY, "prod", "1")

    assert account.functions.alias_version(NOBODY, "prod") is None


def test_an_alias_is_deleted_once(account: Account, arn: str) -> None:
    """Deleting it again is fine; its version and other aliases stay."""
    version = account.publish(arn).version
    for alias in ("prod", "beta"):
        account.functions.move_alias(arn, alias, version)
    for _ in range(2):
        account.functions.delete_alias(arn, "prod")

    assert (None, version) == tuple(account.functions.alias_version(arn, alias) for alias in ("prod", "beta"))
    assert version == account.functions.get(arn, version).version


def test_an_alias_does_not_point_to_nothing(account: Account, arn: str) -> None:
    """Neither a new nor an existing one is given a version that does not exist."""
    version = account.publish(arn).version
    with pytest.raises(FunctionNotFound):
        account.functions.move_alias(arn, "prod", "77")
    account.functions.move_alias(arn, "beta", version)
    with pytest.raises(FunctionNotFound):
        account.functions.move_alias(arn, "beta", "77")

    assert (None, version) == tuple(account.functions.alias_version(arn, alias) for alias in ("prod", "beta"))


def test_what_an_owner_moved_meanwhile_stays(account: Account, arn: str) -> None:
    """Between reading an alias and moving it, a deployment may move it: it is not overwritten."""
    first, second = account.publish_two(arn)
    account.point_alias(arn, first)
    account.before("update_alias", lambda: account.point_alias(arn, second))

    with pytest.raises(RevisionMismatch):
        account.functions.move_alias(arn, "live", first)
    assert second == account.functions.alias_version(arn, "live")


def test_what_an_owner_made_meanwhile_stays(account: Account, arn: str) -> None:
    """An alias that did not exist a moment ago is not overwritten either."""
    first, second = account.publish_two(arn)
    account.before("create_alias", lambda: account.point_alias(arn, second))

    with pytest.raises(UpdateInProgress):
        account.functions.move_alias(arn, "live", first)
    assert second == account.functions.alias_version(arn, "live")


def test_what_an_owner_deleted_meanwhile_stays_deleted(account: Account, arn: str) -> None:
    """An alias that is gone is not made again by a move."""
    first, second = account.publish_two(arn)
    account.point_alias(arn, first)
    account.before("update_alias", lambda: account.drop_alias(arn))

    with pytest.raises(FunctionNotFound):
        account.functions.move_alias(arn, "live", second)
    assert account.functions.alias_version(arn, "live") is None
