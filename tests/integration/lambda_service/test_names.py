"""Names of functions that do not exist, or not here."""

from typing import Any

import pytest

from refusals import refusal

pytestmark = pytest.mark.local_aws
ARN = "arn:aws:lambda:us-east-1:123456789012:function"


@pytest.mark.parametrize(
    "action",
    [
        "get_function",
        "get_function_configuration",
        "get_function_concurrency",
        "get_policy",
        "delete_function",
        "invoke",
    ],
)
class TestElsewhere:
    """Functions of other regions and accounts are refused, whatever the request."""

    def test_other_region(self, aws: Any, name: str, action: str) -> None:
        """The ARN of a function in another region is refused, also if one here has its name."""
        aws.add(name)
        elsewhere = f"arn:aws:lambda:eu-central-1:123456789012:function:{name}"
        refused = refusal(getattr(aws.functions, action), FunctionName=elsewhere)

        message = "Functions from 'eu-central-1' are not reachable in this region ('us-east-1')"
        assert ("ResourceNotFoundException", 404, message) == refused

    @pytest.mark.parametrize("form", ["arn:aws:lambda:us-east-1:{}:function:{}", "{}:{}"], ids=["ARN", "partial"])
    def test_other_account(self, aws: Any, name: str, action: str, form: str) -> None:
        """A function of another account is refused without a message, also if one here has its name."""
        aws.add(name)
        refused: Any = refusal(getattr(aws.functions, action), FunctionName=form.format("999999999999", name))

        assert ("AccessDeniedException", 403, None) == refused


@pytest.mark.parametrize(("length", "is_refused"), [(64, False), (65, True), (140, True)])
def test_new_names_have_64_characters(aws: Any, make_package: Any, length: int, *, is_refused: bool) -> None:
    """A new function's name may have 64 characters."""
    function = {
        "FunctionName": "n" * length,
        "Role": "arn:aws:iam::123456789012:role/r",
        "Code": {"ZipFile": make_package("")},
        "Handler": "app.handler",
        "Runtime": "python3.13",
    }
    if is_refused:
        message = (
            f"1 validation error detected: Value '{'n' * length}' at 'functionName' failed to satisfy constraint: "
            "Member must have length less than or equal to 64"
        )
        refused = refusal(aws.functions.create_function, **function)
        assert ("InvalidParameterValueException", 400, message) == refused
    else:
        assert "n" * length == aws.functions.create_function(**function)["FunctionName"]


@pytest.mark.parametrize(
    ("action", "arguments", "message"),
    [
        ("get_function", {}, f"Function not found: {ARN}:nobody"),
        ("get_function", {"Qualifier": "7"}, f"Function not found: {ARN}:nobody:7"),
        ("get_function_configuration", {}, f"Function not found: {ARN}:nobody"),
        ("get_function_concurrency", {}, f"Function not found: {ARN}:nobody"),
        ("invoke", {}, f"Function not found: {ARN}:nobody:$LATEST"),
        ("invoke", {"Qualifier": "live"}, f"Function not found: {ARN}:nobody:live"),
        ("put_function_concurrency", {"ReservedConcurrentExecutions": 1}, f"Function not found: {ARN}:nobody:$LATEST"),
        ("create_alias", {"Name": "live", "FunctionVersion": "3"}, f"Function not found: {ARN}:nobody:3"),
        ("get_policy", {}, "The resource you requested does not exist."),
        ("remove_permission", {"StatementId": "s"}, f"No policy found for: {ARN}:nobody"),
        ("create_function_url_config", {"AuthType": "NONE"}, "Function does not exist"),
        ("update_function_url_config", {"AuthType": "NONE"}, "Function does not exist"),
        ("list_function_url_configs", {}, "Function does not exist"),
        ("get_function_url_config", {}, "The resource you requested does not exist."),
        ("delete_function_url_config", {}, "The resource you requested does not exist."),
        ("put_function_event_invoke_config", {"MaximumRetryAttempts": 0}, "The function doesn't exist."),
        (
            "get_function_event_invoke_config",
            {"Qualifier": "7"},
            f"The function {ARN}:nobody:7 doesn't have an EventInvokeConfig",
        ),
        (
            "delete_function_event_invoke_config",
            {},
            f"The function {ARN}:nobody:$LATEST doesn't have an EventInvokeConfig",
        ),
    ],
)
def test_missing_function(aws: Any, action: str, arguments: dict[str, Any], message: str) -> None:
    """Each operation has its own words for a function that does not exist."""
    refused = refusal(getattr(aws.functions, action), FunctionName="nobody", **arguments)

    assert ("ResourceNotFoundException", 404, message) == refused


class TestAliasesAndVersions:
    """Aliases and versions that do not exist, or are not allowed."""

    @pytest.mark.parametrize(
        ("action", "arguments", "message"),
        [
            ("update_alias", {"Name": "live", "Description": "x"}, "Alias not found: {}:live"),
            ("get_alias", {"Name": "live"}, "Cannot find alias arn: {}:live"),
            ("remove_permission", {"Qualifier": "live", "StatementId": "s"}, "Cannot find alias arn: {}:live"),
            ("get_function", {"Qualifier": "live"}, "Function not found: {}:live"),
            ("create_function_url_config", {"Qualifier": "live", "AuthType": "NONE"}, "Function does not exist"),
        ],
    )
    def test_missing_alias(self, aws: Any, name: str, action: str, arguments: dict[str, Any], message: str) -> None:
        """Each operation has its own words for an alias that does not exist."""
        arn = aws.add(name)
        refused = refusal(getattr(aws.functions, action), FunctionName=name, **arguments)

        assert ("ResourceNotFoundException", 404, message.format(arn)) == refused

    @pytest.mark.parametrize(
        ("number", "other", "message"),
        [
            ("1", "1", "Invalid function version 1. Function version 1 is already included in routing configuration."),
            ("$LATEST", "1", "$LATEST is not supported for an alias pointing to more than 1 version"),
        ],
    )
    def test_weights(self, aws: Any, name: str, number: str, other: str, message: str) -> None:
        """Weights need two published versions; an alias that exists does not hide the refusal."""
        aws.add(name)
        aws.publish(name)
        aws.functions.create_alias(FunctionName=name, Name="live", FunctionVersion="1")
        refused = refusal(
            aws.functions.create_alias,
            FunctionName=name,
            Name="live",
            FunctionVersion=number,
            RoutingConfig={"AdditionalVersionWeights": {other: 0.5}},
        )

        assert ("InvalidParameterValueException", 400, message) == refused

    @pytest.mark.parametrize("qualifier", ["1", "live", "$LATEST"])
    def test_reserved_concurrency_is_the_functions(self, aws: Any, name: str, qualifier: str) -> None:
        """Concurrency cannot be reserved for a version or an alias."""
        arn = aws.add(name)
        refused = refusal(
            aws.functions.put_function_concurrency, FunctionName=f"{arn}:{qualifier}", ReservedConcurrentExecutions=1
        )

        message = (
            "This operation is permitted on Lambda functions only. Aliases and versions do not support this operation. "
            "Please specify either a function name or an unqualified function ARN."
        )
        assert ("InvalidParameterValueException", 400, message) == refused


def test_created_and_published_has_the_unqualified_arn(aws: Any, name: str, make_package: Any) -> None:
    """CreateFunction with Publish returns version 1 under the function's own ARN."""
    created = aws.functions.create_function(
        FunctionName=name,
        Role="arn:aws:iam::123456789012:role/r",
        Code={"ZipFile": make_package("")},
        Handler="app.handler",
        Runtime="python3.13",
        Publish=True,
    )

    assert (f"{ARN}:{name}", "1", "Pending") == (created["FunctionArn"], created["Version"], created["State"])


@pytest.mark.parametrize(
    ("action", "arguments"),
    [
        ("get_layer_version_policy", {"LayerName": "l", "VersionNumber": 1}),
        (
            "create_event_source_mapping",
            {"FunctionName": "f", "EventSourceArn": "arn:aws:sqs:us-east-1:123456789012:q"},
        ),
        (
            "create_code_signing_config",
            {"AllowedPublishers": {"SigningProfileVersionArns": ["arn:aws:signer:x:1:y/z"]}},
        ),
        (
            "put_provisioned_concurrency_config",
            {"FunctionName": "f", "Qualifier": "1", "ProvisionedConcurrentExecutions": 1},
        ),
    ],
)
def test_what_does_not_exist_here_is_refused_by_name(aws: Any, action: str, arguments: dict[str, Any]) -> None:
    """An operation that the local AWS lacks is refused, and the error names it."""
    operation = "".join(word.capitalize() for word in action.split("_"))
    refused = refusal(getattr(aws.functions, action), **arguments)

    message = f"The local Lambda service does not support {operation}."
    assert ("NotImplementedException", 501, message) == refused


@pytest.mark.parametrize(
    ("action", "parameter", "value"),
    [
        ("invoke", "TenantId", "tenant"),
        ("invoke", "DurableExecutionName", "execution"),
        ("publish_version", "PublishTo", "LATEST_PUBLISHED"),
    ],
)
def test_parameters_without_a_meaning_here_are_refused(
    aws: Any, name: str, action: str, parameter: str, value: Any
) -> None:
    """A parameter that the local AWS cannot serve is refused instead of ignored."""
    aws.add(name)
    operation = "".join(word.capitalize() for word in action.split("_"))
    refused = refusal(getattr(aws.functions, action), FunctionName=name, **{parameter: value})

    message = f"The local Lambda service does not support {parameter} of {operation}."
    assert ("NotImplementedException", 501, message) == refused
