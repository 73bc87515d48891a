"""Requests that violate the constraints of the API's model."""

from typing import Any

import pytest
from botocore.config import Config

from refusals import refusal

pytestmark = pytest.mark.local_aws
ACCOUNT = "arn:aws:iam::123456789012"
FUNCTION = {"FunctionName": "refused", "Handler": "app.handler", "Runtime": "python3.13", "Role": f"{ACCOUNT}:role/r"}
LONG = "q" * 129


@pytest.fixture(scope="module")
def client(aws: Any) -> Any:
    """A client that sends also what botocore itself would refuse."""
    unchecked = Config(retries={"total_max_attempts": 1}, proxies={}, parameter_validation=False)
    return aws.client("lambda", unchecked)


@pytest.mark.parametrize(
    ("action", "arguments", "subject", "constraint"),
    [
        (
            "get_function",
            {"FunctionName": "f", "Qualifier": "no!"},
            "Value 'no!' at 'qualifier'",
            r"Member must satisfy regular expression pattern: \$(LATEST(\.PUBLISHED)?)|[a-zA-Z0-9-_$]+",
        ),
        (
            "invoke",
            {"FunctionName": "f", "Qualifier": LONG},
            f"Value '{LONG}' at 'qualifier'",
            "Member must have length less than or equal to 128",
        ),
        (
            "create_function_url_config",
            {"FunctionName": "f", "Qualifier": "12", "AuthType": "NONE"},
            "Value '12' at 'qualifier'",
            r"Member must satisfy regular expression pattern: ((?!^\d+$)^[0-9a-zA-Z-_]+$)",
        ),
        (
            "update_function_configuration",
            {"FunctionName": "f", "MemorySize": 127},
            "Value '127' at 'memorySize'",
            "Member must have value greater than or equal to 128",
        ),
        (
            "update_function_configuration",
            {"FunctionName": "f", "Role": "nobody"},
            "Value 'nobody' at 'role'",
            (
                r"Member must satisfy regular expression pattern: "
                r"arn:(aws[a-zA-Z-]*)?:iam::\d{12}:role/?[a-zA-Z_0-9+=,.@\-_/]+"
            ),
        ),
        (
            "update_function_configuration",
            {"FunctionName": "f", "SnapStart": {"ApplyOn": "Always"}},
            "Value 'Always' at 'snapStart.applyOn'",
            "Member must satisfy enum value set: [PublishedVersions, None]",
        ),
        (
            "update_function_code",
            {"FunctionName": "f", "ZipFile": b"", "Architectures": ["arm64", "x86_64"]},
            "Value '[arm64, x86_64]' at 'architectures'",
            "Member must have length less than or equal to 1",
        ),
        (
            "update_function_code",
            {"FunctionName": "f", "ZipFile": b"", "Architectures": ["ARM64"]},
            "Value '[ARM64]' at 'architectures'",
            (
                "Member must satisfy constraint: [Member must satisfy enum value set: [x86_64, arm64], Member "
                "must not be null]"
            ),
        ),
        (
            "update_function_configuration",
            {"FunctionName": "f", "VpcConfig": {"SecurityGroupIds": ["group"]}},
            "Value '[group]' at 'vpcConfig.securityGroupIds'",
            (
                "Member must satisfy constraint: [Member must have length less than or equal to 1024, Member "
                "must have length greater than or equal to 0, Member must satisfy regular expression pattern: "
                "sg-[0-9a-zA-Z]*]"
            ),
        ),
        (
            "update_function_configuration",
            {"FunctionName": "f", "Environment": {"Variables": {"A": "secret"}}},
            "Value at 'environment.variables'",
            (
                "Map keys must satisfy constraint: [Member must satisfy regular expression pattern: "
                "[a-zA-Z]([a-zA-Z0-9_])+, Member must not be null]"
            ),
        ),
        (
            "create_alias",
            {
                "FunctionName": "f",
                "Name": "live",
                "FunctionVersion": "1",
                "RoutingConfig": {"AdditionalVersionWeights": {"2": 1.5}},
            },
            "Value '{2=1.5}' at 'routingConfig.additionalVersionWeights'",
            (
                "Map value must satisfy constraint: [Member must have value less than or equal to 1.0, Member "
                "must have value greater than or equal to 0.0, Member must not be null]"
            ),
        ),
        (
            "create_alias",
            {"FunctionName": "f", "Name": "7", "FunctionVersion": "1"},
            "Value '7' at 'name'",
            "Member must satisfy regular expression pattern: (?!^[0-9]+$)([a-zA-Z0-9-_]+)",
        ),
        (
            "untag_resource",
            {"Resource": "arn:aws:lambda:us-east-1:123456789012:function:f", "TagKeys": []},
            "Value null at 'tagKeys'",
            "Member must not be null",
        ),
        (
            "put_function_recursion_config",
            {"FunctionName": "f", "RecursiveLoop": "Perhaps"},
            "Value 'Perhaps' at 'recursiveLoop'",
            "Member must satisfy enum value set: [Terminate, Allow]",
        ),
        (
            "list_functions",
            {"FunctionVersion": "SOME"},
            "Value 'SOME' at 'functionVersion'",
            "Member must satisfy enum value set: [ALL]",
        ),
    ],
)
def test_violation_is_refused(
    client: Any, action: str, arguments: dict[str, Any], subject: str, constraint: str
) -> None:
    """A value outside its pattern, length, range or enumeration is refused before anything else is looked at."""
    refused = refusal(getattr(client, action), **arguments)

    message = f"1 validation error detected: {subject} failed to satisfy constraint: {constraint}"
    assert ("ValidationException", 400, message) == refused


def test_all_violations_are_named(client: Any) -> None:
    """One refusal names every violation; those of the query come before those of the path."""
    refused = refusal(client.get_function, FunctionName="f*", Qualifier="no!")

    assert refused[2].startswith("2 validation errors detected: Value 'no!' at 'qualifier' failed")
    assert "; Value 'f*' at 'functionName' failed" in refused[2]


@pytest.mark.parametrize(
    ("runtime", "message"),
    [
        ("python3.7", "The runtime parameter of python3.7 is no longer supported for creating or updating AWS Lambda"),
        ("nodejs12.x", "The runtime parameter of nodejs12.x is no longer supported for creating or updating"),
        ("cobol1.0", "Value cobol1.0 at 'runtime' failed to satisfy constraint: Member must satisfy enum value set: ["),
        ("Python3.13", "Value Python3.13 at 'runtime' failed to satisfy constraint: Member must satisfy enum value"),
    ],
)
def test_runtimes(client: Any, make_package: Any, runtime: str, message: str) -> None:
    """An unknown runtime, or one that AWS no longer accepts, is refused."""
    code = {"ZipFile": make_package("")}
    refused = refusal(client.create_function, **{**FUNCTION, "Runtime": runtime}, Code=code)

    assert ("InvalidParameterValueException", 400) == refused[:2]
    assert refused[2].startswith(message)


@pytest.mark.parametrize(
    ("variables", "is_refused"),
    [({"KEY": "x" * 4086}, False), ({"KEY": "x" * 4087}, True), ({"KEY": "ä" * 2044}, True)],
)
def test_environment_is_measured_as_json(aws: Any, name: str, variables: dict[str, str], *, is_refused: bool) -> None:
    """The JSON text of the environment variables may have 4096 bytes; the error shows the text."""
    aws.add(name)
    arguments = {"FunctionName": name, "Environment": {"Variables": variables}}
    if is_refused:
        refused = refusal(aws.functions.update_function_configuration, **arguments)
        assert refused[2].endswith(f'exceeded the 4KB limit. String measured: {{"KEY":"{variables["KEY"]}"}}')
    else:
        assert variables == aws.functions.update_function_configuration(**arguments)["Environment"]["Variables"]
