"""What Lambda refuses: each refusal of the control plane becomes the error that the steps know, or stays as it is."""

from collections.abc import Callable
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from botocore.stub import Stubber

from power_tuner.aws.functions import LambdaFunctions
from power_tuner.errors import PowerTunerError
from power_tuner.ports import (
    FunctionForbidden,
    FunctionNotFound,
    MemoryRefused,
    RevisionMismatch,
    UpdateInProgress,
    VersionInUse,
)
from power_tuner.tuning.target import Alias

ARN = "arn:aws:lambda:us-east-2:123456789012:function:thumbnailer"
Call = Callable[[LambdaFunctions], object]

CALLS: dict[str, tuple[str, str, Call]] = {
    "get": ("get_function_configuration", ARN, lambda functions: functions.get(ARN)),
    "set_memory": ("update_function_configuration", ARN, lambda functions: functions.set_memory(ARN, 512, "r-1")),
    "publish": ("publish_version", ARN, lambda functions: functions.publish(ARN, "code-1", "ours")),
    "move_alias": (
        "update_alias",
        f"{ARN}:live",
        lambda functions: functions.move_alias(ARN, "live", "7", Alias("6", "r-1")),
    ),
    "alias": ("get_alias", ARN, lambda functions: functions.alias(ARN, "live")),
    "delete_alias": ("delete_alias", ARN, lambda functions: functions.delete_alias(ARN, "live")),
    "delete_version": ("delete_function", f"{ARN}:7", lambda functions: functions.delete_version(ARN, "7")),
    "versions_described": (
        "list_versions_by_function",
        ARN,
        lambda functions: functions.versions_described(ARN, "ours"),
    ),
    "only_streams": ("list_function_url_configs", ARN, lambda functions: functions.only_streams(ARN)),
    "tags": ("list_tags", ARN, lambda functions: functions.tags(ARN)),
}
every_call = pytest.mark.parametrize("method", CALLS)


@pytest.fixture
def client(mocked_aws: None) -> Any:  # noqa: ARG001 - keeps real credentials away
    return boto3.client("lambda")


def refused(client: Any, method: str, code: str, message: str = "no") -> Exception:
    """Return what a method raises when Lambda refuses its call."""
    operation, _, call = CALLS[method]
    functions = LambdaFunctions(lambda _: client, lambda _: client)
    with Stubber(client) as stubber:
        stubber.add_client_error(operation, code, message)
        with pytest.raises((ClientError, PowerTunerError)) as caught:
            call(functions)
    return caught.value


@every_call
@pytest.mark.parametrize("code", ["ServiceException", "TooManyRequestsException", "InvalidParameterValueException"])
def test_what_has_no_name_of_its_own_stays_what_it_is(client: Any, method: str, code: str) -> None:
    """No refusal is taken for another one, and none is swallowed."""
    error: Any = refused(client, method, code)

    assert code == error.response["Error"]["Code"]


@pytest.mark.parametrize("method", sorted(CALLS.keys() - {"tags"}))
def test_a_missing_permission_stays_what_it_is(client: Any, method: str) -> None:
    """Whoever deployed the app has to see it; of tags alone it means that nothing is known."""
    error: Any = refused(client, method, "AccessDeniedException")

    answer: Any = error.__cause__ if isinstance(error, FunctionForbidden) else error
    assert "AccessDeniedException" == answer.response["Error"]["Code"]


TRANSLATED = sorted(CALLS.keys() - {"alias", "delete_alias", "tags"})


@pytest.mark.parametrize("method", TRANSLATED)
@pytest.mark.parametrize(
    ("code", "kind"),
    [("ResourceConflictException", UpdateInProgress), ("PreconditionFailedException", RevisionMismatch)],
)
def test_a_conflict_says_of_what(client: Any, method: str, code: str, kind: type[Exception]) -> None:
    """The steps wait for an update, and give up on another revision; a person reads which function it was."""
    error = refused(client, method, code)

    assert (kind, f"{CALLS[method][1]}: no") == (type(error), str(error))


@pytest.mark.parametrize("method", ["get", "set_memory", "publish", "only_streams"])
def test_a_missing_function_is_named(client: Any, method: str) -> None:
    """The message says which function does not exist."""
    error = refused(client, method, "ResourceNotFoundException")

    assert (FunctionNotFound, f"{ARN}: no") == (type(error), str(error))


@pytest.mark.parametrize("code", ["InvalidParameterValueException", "ValidationException"])
def test_a_refused_memory_is_told_by_its_message(client: Any, code: str) -> None:
    """Lambda answers one of two codes, and writes the field in any case."""
    error = refused(client, "set_memory", code, "'MemorySize' must be at most 3008")
    expected = "Lambda refuses 512 MB in this account: 'MemorySize' must be at most 3008"

    assert (MemoryRefused, expected) == (type(error), str(error))


@pytest.mark.parametrize("code", ["InvalidParameterValueException", "ValidationException"])
def test_other_code_is_told_by_its_message(client: Any, code: str) -> None:
    """The digest that was passed is not the one of $LATEST: another revision."""
    error = refused(client, "publish", code, "CodeSHA256 (a) is different from b")

    assert (RevisionMismatch, "CodeSHA256 (a) is different from b") == (type(error), str(error))


@pytest.mark.parametrize(("method", "message"), [("set_memory", "MemorySize"), ("publish", "CodeSha256")])
def test_a_field_in_another_refusal_means_nothing(client: Any, method: str, message: str) -> None:
    """A throttle that mentions the field is a throttle."""
    error: Any = refused(client, method, "TooManyRequestsException", message)

    assert "TooManyRequestsException" == error.response["Error"]["Code"]


def test_a_version_in_use_says_by_which_alias(client: Any) -> None:
    """Lambda's own words, in which the alias is named."""
    message = "Unable to delete version because the following Aliases reference it: [live]"
    error = refused(client, "delete_version", "ResourceConflictException", message)

    assert (VersionInUse, message) == (type(error), str(error))


def test_an_alias_in_another_refusal_is_no_use_of_a_version(client: Any) -> None:
    """Only a conflict says that a version is in use."""
    error: Any = refused(client, "delete_version", "TooManyRequestsException", "too many requests for this alias")

    assert "TooManyRequestsException" == error.response["Error"]["Code"]


def test_tags_that_may_not_be_read_are_unknown(client: Any) -> None:
    """That is no error: the function is then not enrolled by its tags."""
    with Stubber(client) as stubber:
        stubber.add_client_error("list_tags", "AccessDeniedException")

        assert LambdaFunctions(lambda _: client, lambda _: client).tags(ARN) is None


def test_an_answer_without_tags_is_none(client: Any) -> None:
    """Lambda may leave the member out."""
    with Stubber(client) as stubber:
        stubber.add_response("list_tags", {}, {"Resource": ARN})

        assert {} == LambdaFunctions(lambda _: client, lambda _: client).tags(ARN)


def test_a_refusal_without_a_message_is_told_by_itself() -> None:
    """Not every service writes one."""
    error = ClientError({"Error": {"Code": "ResourceConflictException"}}, "PublishVersion")

    def fail(**_: Any) -> None:
        raise error

    client: Any = type("Client", (), {"publish_version": staticmethod(fail)})()
    with pytest.raises(UpdateInProgress, match="PublishVersion"):
        LambdaFunctions(lambda _: client, lambda _: client).publish(ARN, "code-1", "ours")


class Reached(Exception):
    """A client was asked for."""


@every_call
def test_a_target_is_reached_in_its_own_region(method: str) -> None:
    """The ARN tells the region of the control plane; the client for invocations is left alone."""
    regions: list[str | None] = []

    def client_of(region: str | None) -> Any:
        regions.append(region)
        raise Reached

    def invoker_of(_: str | None) -> Any:
        raise AssertionError

    with pytest.raises(Reached):
        CALLS[method][2](LambdaFunctions(client_of, invoker_of))
    assert ["us-east-2"] == regions


def test_versions_are_found_on_every_page(client: Any) -> None:
    """A version without a description is nobody's, and $LATEST is never one of ours."""
    pages: list[list[dict[str, str]]] = [
        [{"Version": "$LATEST", "Description": "ours"}, {"Version": "1"}, {"Version": "2", "Description": "ours"}],
        [{"Version": "3", "Description": "theirs"}, {"Version": "4", "Description": "ours"}],
    ]
    with Stubber(client) as stubber:
        stubber.add_response(
            "list_versions_by_function", {"Versions": pages[0], "NextMarker": "2"}, {"FunctionName": ARN}
        )
        stubber.add_response("list_versions_by_function", {"Versions": pages[1]}, {"FunctionName": ARN, "Marker": "2"})

        assert ["2", "4"] == LambdaFunctions(lambda _: client, lambda _: client).versions_described(ARN, "ours")
