"""Lambda's API: the adapter over the local Lambda service, and its stand-in, keep the same promises."""

import threading
from typing import Any

import boto3
import pytest
from botocore.exceptions import ParamValidationError
from botocore.stub import Stubber

from integration.adapters.lambda_account import ACCOUNT, MARKER, REGION, Account, local_account
from power_tuner.aws.functions import LambdaFunctions
from power_tuner.ports import (
    FunctionForbidden,
    FunctionNotFound,
    MemoryRefused,
    RevisionMismatch,
    UpdateInProgress,
    VersionInUse,
)


def test_a_missing_function_is_not_found(account: Account) -> None:
    """Every question about it says so."""
    arn = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:nobody"
    with pytest.raises(FunctionNotFound):
        account.functions.get(arn)
    with pytest.raises(FunctionNotFound):
        account.functions.publish(arn, "code", MARKER)
    with pytest.raises(FunctionNotFound):
        account.functions.invoke(arn, None, "{}", want_log=True)
    with pytest.raises(FunctionNotFound):
        account.functions.only_streams(arn)
    with pytest.raises(FunctionNotFound):
        account.functions.set_memory(arn, 512, "revision")

    assert [] == account.functions.versions_described(arn, MARKER)


def test_of_a_missing_function_nothing_is_left_to_delete(account: Account) -> None:
    """A version of a function that is gone is gone too."""
    account.functions.delete_version(f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:nobody", "1")


def test_a_function_is_found_by_its_name(account: Account, arn: str) -> None:
    """A bare name means the app's own region."""

    assert arn == account.functions.get(arn.rsplit(":", 1)[1]).arn


def test_latest_may_be_named(account: Account, arn: str) -> None:
    """The qualifier $LATEST is as good as none."""

    assert account.functions.get(arn, "$LATEST").version == account.functions.get(arn).version == "$LATEST"


def test_only_what_streams_at_every_url_only_streams(account: Account, arn: str) -> None:
    """No URL is no streaming; a second URL, of an alias, that waits for the whole response makes it callable."""
    without = account.functions.only_streams(arn)
    account.give_url(arn, "RESPONSE_STREAM")
    streaming = account.functions.only_streams(arn)
    account.point_alias(arn, account.publish(arn).version)
    account.give_url(arn, "BUFFERED")

    assert (False, True, False) == (without, streaming, account.functions.only_streams(arn))


def test_a_region_without_function_urls_has_none(mocked_aws: None) -> None:  # noqa: ARG001 - keeps credentials away
    """Eleven regions answer that they do not know the operation; that is no missing permission."""
    client = boto3.client("lambda")
    with Stubber(client) as stubber:
        message = "Unable to determine service/operation name to be authorized"
        stubber.add_client_error("list_function_url_configs", "AccessDeniedException", message, http_status_code=403)

        assert not LambdaFunctions(lambda _: client, lambda _: client).only_streams("thumbnailer")


@pytest.mark.parametrize("operation", ["get_function_configuration", "list_function_url_configs"])
def test_what_the_role_may_not_do_is_forbidden(mocked_aws: None, operation: str) -> None:  # noqa: ARG001 - as above
    """With AWS's own words, which name the action."""
    client = boto3.client("lambda")
    functions = LambdaFunctions(lambda _: client, lambda _: client)
    with Stubber(client) as stubber:
        stubber.add_client_error(operation, "AccessDeniedException", "not authorized to", http_status_code=403)

        with pytest.raises(FunctionForbidden, match=r"^thumbnailer: not authorized to$"):
            (functions.get if operation.startswith("get") else functions.only_streams)("thumbnailer")


def test_a_missing_version_is_not_found(account: Account, arn: str) -> None:
    """A qualifier that does not exist is not answered with something else."""
    with pytest.raises(FunctionNotFound):
        account.functions.get(arn, "77")
    with pytest.raises(FunctionNotFound):
        account.functions.invoke(arn, "77", "{}", want_log=True)


def test_the_memory_is_set_for_the_revision_that_was_read(account: Account, arn: str) -> None:
    """An old revision is refused, and changes nothing."""
    old = account.latest(arn).revision_id
    account.set_memory(arn, 512)

    with pytest.raises(RevisionMismatch):
        account.functions.set_memory(arn, 256, old)
    assert 512 == account.latest(arn).memory_mb


def test_an_update_takes_its_time(account: Account, arn: str) -> None:
    """While an update is in progress it is shown, and a second change is refused."""
    latest = account.latest(arn)
    account.functions.set_memory(arn, 512, latest.revision_id)
    busy = account.functions.get(arn)
    with pytest.raises(UpdateInProgress):
        account.functions.publish(arn, latest.code_sha256, MARKER)

    assert busy.update_in_progress
    assert (512, False) == (account.latest(arn).memory_mb, account.latest(arn).update_in_progress)


@pytest.mark.parametrize("memory_mb", [10_240, 3009])
def test_a_memory_beyond_the_account_is_refused(account: Account, arn: str, memory_mb: int) -> None:
    """The refusal is told apart from other bad parameters, and changes nothing."""
    with pytest.raises(MemoryRefused, match=f"Lambda refuses {memory_mb} MB in this account"):
        account.set_memory(arn, memory_mb)

    assert 1024 == account.latest(arn).memory_mb


def test_a_memory_that_lambda_does_not_have_is_refused(account: Account, arn: str) -> None:
    """Below 128 MB there is none in any account; the client does not even ask."""
    with pytest.raises((ValueError, ParamValidationError), match="127, valid min value: 128"):
        account.set_memory(arn, 127)

    assert 1024 == account.latest(arn).memory_mb


@pytest.mark.parametrize("memory_mb", [3008, 128])
def test_the_ends_of_what_the_account_allows_are_allowed(account: Account, arn: str, memory_mb: int) -> None:
    """The smallest and the largest memory size may be set."""
    account.set_memory(arn, memory_mb)

    assert memory_mb == account.latest(arn).memory_mb


def test_an_old_revision_is_refused_during_an_update_too(account: Account, arn: str) -> None:
    """What was read before somebody else's change does not become right by waiting."""
    old = account.latest(arn)
    account.functions.set_memory(arn, 512, old.revision_id)
    with pytest.raises(RevisionMismatch):
        account.functions.set_memory(arn, 256, old.revision_id)
    with pytest.raises(RevisionMismatch):
        account.functions.publish(arn, "bm90IHRoaXMgY29kZQ==", MARKER)

    assert 512 == account.latest(arn).memory_mb


def test_a_second_memory_waits_for_the_first(account: Account, arn: str) -> None:
    """During an update the right revision is not enough."""
    account.functions.set_memory(arn, 512, account.latest(arn).revision_id)
    with pytest.raises(UpdateInProgress):
        account.functions.set_memory(arn, 256, account.functions.get(arn).revision_id)

    assert 512 == account.latest(arn).memory_mb


def test_a_version_is_as_latest_was(account: Account, arn: str) -> None:
    """It keeps the memory and our description; but for those, it is the same function."""
    account.set_memory(arn, 512)
    version = account.publish(arn)
    account.set_memory(arn, 1024)
    latest = account.latest(arn)
    shown = account.functions.get(arn, version.version)

    assert (512, MARKER) == (version.memory_mb, version.description) == (shown.memory_mb, shown.description)
    assert latest.version_fingerprint == version.version_fingerprint


def test_our_memory_is_not_in_the_fingerprint(account: Account, arn: str) -> None:
    """Setting the memory and publishing are no foreign change."""
    before = account.latest(arn).fingerprint
    account.set_memory(arn, 512)
    account.publish(arn)

    assert before == account.latest(arn).fingerprint


def test_an_unchanged_function_is_not_published_again(account: Account, arn: str) -> None:
    """The existing version is answered, with the description that it had."""
    first = account.publish(arn, "release")
    second = account.publish(arn)

    assert (first.version, "release") == (second.version, second.description)


def test_other_code_is_not_published(account: Account, arn: str) -> None:
    """The digest guards against a deployment in between."""
    account.latest(arn)
    with pytest.raises(RevisionMismatch):
        account.functions.publish(arn, "bm90IHRoaXMgY29kZQ==", MARKER)

    assert [] == account.functions.versions_described(arn, MARKER)


def test_versions_are_found_by_their_description(account: Account, arn: str) -> None:
    """Exactly that description, and never $LATEST."""
    account.publish(arn, f"{MARKER}0")
    account.set_memory(arn, 512)
    ours = account.publish(arn)

    assert [ours.version] == account.functions.versions_described(arn, MARKER)


def test_a_version_is_deleted_once(account: Account, arn: str) -> None:
    """Deleting it again is fine; $LATEST and the others stay."""
    kept = account.publish(arn, "release")
    account.set_memory(arn, 512)
    ours = account.publish(arn)
    account.functions.delete_version(arn, ours.version)
    account.functions.delete_version(arn, ours.version)

    assert kept.version == account.functions.get(arn, kept.version).version
    assert 512 == account.latest(arn).memory_mb
    with pytest.raises(FunctionNotFound):
        account.functions.get(arn, ours.version)


def test_the_number_of_a_deleted_version_is_not_given_again(account: Account, arn: str) -> None:
    """The same content, published again, is another version."""
    first = account.publish(arn).version
    account.functions.delete_version(arn, first)

    assert int(first) + 1 == int(account.publish(arn).version)


@pytest.mark.parametrize("version", ["", "$LATEST", "live", "-1"])
def test_only_numbered_versions_are_deleted(account: Account, arn: str, version: str) -> None:
    """Anything else might be the whole function, so Lambda is not even asked."""
    with pytest.raises(ValueError, match="is not a version number"):
        account.functions.delete_version(arn, version)

    assert 1024 == account.latest(arn).memory_mb


def test_a_version_behind_an_alias_is_in_use(account: Account, arn: str) -> None:
    """Lambda refuses to delete it, which is no update in progress."""
    version = account.publish(arn).version
    account.point_alias(arn, version)

    with pytest.raises(VersionInUse):
        account.functions.delete_version(arn, version)
    assert version == account.functions.get(arn, "live").version


def test_a_version_is_invoked(account: Account, arn: str) -> None:
    """The answer says which version ran, and its log has the REPORT."""
    version = account.publish(arn).version
    answer = account.functions.invoke(arn, version, '"x"', want_log=True)

    assert (version, None) == (answer.executed_version, answer.function_error)
    assert "REPORT RequestId: " in answer.log_tail


def test_latest_is_invoked(account: Account, arn: str) -> None:
    """Without a qualifier, $LATEST runs, and says so."""

    assert "$LATEST" == account.functions.invoke(arn, None, '"x"', want_log=True).executed_version


def test_what_an_alias_points_to_is_invoked(account: Account, arn: str) -> None:
    """A processor may be named with its alias."""
    first, _ = account.publish_two(arn)
    account.point_alias(arn, first)

    assert first == account.functions.invoke(arn, "live", '"x"', want_log=True).executed_version


def test_tags_are_read(account: Account, arn: str) -> None:
    """All of them; a function without any has none, and of one that is gone nothing is known."""
    seen = [account.functions.tags(arn)]
    account.tag(arn, {"power-tuner": "on", "team": "pictures"})
    seen.append(account.functions.tags(arn))
    account.remove(arn)
    seen.append(account.functions.tags(arn))

    assert [{}, {"power-tuner": "on", "team": "pictures"}, None] == seen


def test_a_log_comes_on_demand(account: Account, arn: str) -> None:
    """Processors are invoked without one."""

    assert "" == account.functions.invoke(arn, None, '"x"', want_log=False).log_tail


def test_a_failing_function_is_an_answer(local_client: Any) -> None:
    """An error of the function is no error of the call."""
    account = local_account(local_client)
    answer = account.functions.invoke(account.add("failing"), None, '"fail"', want_log=True)

    assert "Unhandled" == answer.function_error
    assert '"errorType": "ValueError"' in answer.payload


def test_invocations_may_run_side_by_side(local_client: Any) -> None:
    """One client serves the threads of an Executor."""
    account = local_account(local_client)
    arn = account.add("side-by-side")
    answers: list[str] = []
    threads = [
        threading.Thread(
            target=lambda: answers.append(account.functions.invoke(arn, None, '"x"', want_log=True).payload)
        )
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert ['["x"]'] * 4 == answers
