"""Aliases: the adapter over the local Lambda service, and its stand-in, keep the same promises."""

import pytest

from integration.adapters.lambda_account import ACCOUNT, REGION, Account
from power_tuner.ports import FunctionNotFound, RevisionMismatch, UpdateInProgress

NOBODY = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:nobody"


def move(account: Account, arn: str, alias: str, version: str) -> None:
    """Point an alias to a version as it was just found."""
    account.functions.move_alias(arn, alias, version, account.functions.alias(arn, alias))


def version_of(account: Account, arn: str, alias: str) -> str | None:
    found = account.functions.alias(arn, alias)
    return found.version if found else None


def test_an_alias_is_created_and_moved(account: Account, arn: str) -> None:
    """What it points to is invoked by its name."""
    first, second = account.publish_two(arn)
    move(account, arn, "prod", first)
    move(account, arn, "prod", second)

    assert (second, 512) == (account.functions.get(arn, "prod").version, account.functions.get(arn, "prod").memory_mb)


def test_it_is_known_where_an_alias_points(account: Account, arn: str) -> None:
    """None while there is no such alias, then its version."""
    first, second = account.publish_two(arn)
    seen = [version_of(account, arn, "prod")]
    for version in (first, second):
        move(account, arn, "prod", version)
        seen.append(version_of(account, arn, "prod"))

    assert [None, first, second] == seen


def test_a_missing_function_has_no_alias(account: Account) -> None:
    """Asked for one it has none; it cannot be given one."""
    with pytest.raises(FunctionNotFound):
        move(account, NOBODY, "prod", "1")

    assert version_of(account, NOBODY, "prod") is None


def test_an_alias_is_deleted_once(account: Account, arn: str) -> None:
    """Deleting it again is fine; its version and other aliases stay."""
    version = account.publish(arn).version
    for alias in ("prod", "beta"):
        move(account, arn, alias, version)
    for _ in range(2):
        account.functions.delete_alias(arn, "prod")

    assert (None, version) == tuple(version_of(account, arn, alias) for alias in ("prod", "beta"))
    assert version == account.functions.get(arn, version).version


def test_an_alias_does_not_point_to_nothing(account: Account, arn: str) -> None:
    """Neither a new nor an existing one is given a version that does not exist."""
    version = account.publish(arn).version
    with pytest.raises(FunctionNotFound):
        move(account, arn, "prod", "77")
    move(account, arn, "beta", version)
    with pytest.raises(FunctionNotFound):
        move(account, arn, "beta", "77")

    assert (None, version) == tuple(version_of(account, arn, alias) for alias in ("prod", "beta"))


def test_what_an_owner_moved_meanwhile_stays(account: Account, arn: str) -> None:
    """Between reading an alias and moving it, a deployment may move it: it is not overwritten."""
    first, second = account.publish_two(arn)
    account.point_alias(arn, first)
    account.before("update_alias", lambda: account.point_alias(arn, second))

    with pytest.raises(RevisionMismatch):
        move(account, arn, "live", first)
    assert second == version_of(account, arn, "live")


def test_what_an_owner_made_meanwhile_stays(account: Account, arn: str) -> None:
    """An alias that did not exist a moment ago is not overwritten either."""
    first, second = account.publish_two(arn)
    account.before("create_alias", lambda: account.point_alias(arn, second))

    with pytest.raises(UpdateInProgress):
        move(account, arn, "live", first)
    assert second == version_of(account, arn, "live")


def test_what_an_owner_deleted_meanwhile_stays_deleted(account: Account, arn: str) -> None:
    """An alias that is gone is not made again by a move."""
    first, second = account.publish_two(arn)
    account.point_alias(arn, first)
    account.before("update_alias", lambda: account.drop_alias(arn))

    with pytest.raises(FunctionNotFound):
        move(account, arn, "live", second)
    assert version_of(account, arn, "live") is None


def test_an_alias_of_two_versions_is_known(account: Account, arn: str) -> None:
    """While a canary is under way a second version gets a share of the invocations."""
    first, second = account.publish_two(arn)
    account.point_alias(arn, first, second)

    found = account.functions.alias(arn, "live")
    assert found is not None
    assert (found.version, found.is_weighted) == (first, True)


def test_a_second_version_gets_a_share(account: Account, arn: str) -> None:
    """Then another one, then none; the alias points where it is told to."""
    first, second = account.publish_two(arn)
    move(account, arn, "prod", first)
    seen = []
    for version, weights in ((first, {second: 0.1}), (first, {second: 0.5}), (second, {})):
        found = account.functions.alias(arn, "prod")
        assert found
        account.functions.set_weights(arn, "prod", version, weights, found)
        now = account.functions.alias(arn, "prod")
        assert now
        seen.append((now.version, dict(now.weights)))

    assert seen == [(first, {second: 0.1}), (first, {second: 0.5}), (second, {})]


def test_a_share_that_somebody_changed_meanwhile_is_not_overwritten(account: Account, arn: str) -> None:
    """The revision is another, even if nothing else is."""
    first, second = account.publish_two(arn)
    move(account, arn, "prod", first)
    found = account.functions.alias(arn, "prod")
    assert found
    account.functions.set_weights(arn, "prod", first, {}, found)
    with pytest.raises(RevisionMismatch):
        account.functions.set_weights(arn, "prod", first, {second: 0.1}, found)


def test_no_share_is_given_of_what_is_not_there(account: Account, arn: str) -> None:
    """Of an alias that was deleted meanwhile."""
    version = account.publish(arn).version
    move(account, arn, "prod", version)
    found = account.functions.alias(arn, "prod")
    assert found
    account.functions.delete_alias(arn, "prod")
    with pytest.raises(FunctionNotFound):
        account.functions.set_weights(arn, "prod", version, {}, found)
