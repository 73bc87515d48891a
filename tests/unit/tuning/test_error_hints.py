"""What a person is told of the errors that functions have before they do any work."""

import json
import time

import pytest

from power_tuner.tuning.error_document import read_error_document
from power_tuner.tuning.error_hints import hint

HANDLER = '  File "/var/task/app.py", line 7, in handler\n    {}\n'


def told(error_type: str, message: str, trace: str = "") -> str | None:
    document = {"errorType": error_type, "errorMessage": message, "stackTrace": [HANDLER.format(trace)]}
    return hint(read_error_document(json.dumps(document)))


@pytest.mark.parametrize(
    ("error_type", "message", "trace", "expected"),
    [
        (
            "Runtime.ImportModuleError",
            "Unable to import module 'app': No module named 'PIL'",
            "",
            "a module is in neither",
        ),
        (
            "Runtime.ImportModuleError",
            "Error: Cannot find module 'sharp'\nRequire stack:\n- /var/task/app.js",
            "",
            "a module",
        ),
        ("LoadError", "cannot load such file -- nokogiri", "", "a module"),
        ("java.lang.NoClassDefFoundError", "com/shop/Order", "", "a module"),
        ("FileNotFoundException", "Could not load file or assembly 'Shop, Version=1.0.0.0'.", "", "a module"),
        ("Error", "getaddrinfo ENOTFOUND dynamodb.eu-west-1.amazonaws.com", "", "it cannot reach a service"),
        ("IndexError", "list index out of range", "", "the payload has not the form"),
        ("Function<NoMethodError>", "undefined method '[]' for nil", "", "the payload has not the form"),
        ("AttributeError", "'str' object has no attribute 'items'", "", "the payload has not the form"),
        ("Runtime.UnmarshalError", "Unable to unmarshal input", "", "the payload has not the form"),
        ("java.lang.NoClassDefFoundError", "java.lang.ClassNotFoundException: com.shop.Order", "", "a module"),
        (
            "Runtime.ImportModuleError",
            "Unable to import module 'app': /var/task/numpy/core.so: invalid ELF header",
            "",
            "a library is built for another",
        ),
        ("Runtime.HandlerNotFound", "Handler 'handler' missing on module 'app'", "", "its handler is not in its code"),
        ("Runtime.UserCodeSyntaxError", "Syntax error in module 'app': invalid syntax", "", "its code does not parse"),
        (
            "Runtime.InvalidEntrypoint",
            "RequestId: 1 Error: fork/exec /var/task/bootstrap: exec format error",
            "",
            "a library",
        ),
        (
            "Runtime.MarshalError",
            "Unable to marshal response: datetime is not JSON serializable",
            "",
            "what it returns",
        ),
        ("KeyError", "'TABLE_NAME'", 'os.environ["TABLE_NAME"]', "an environment variable is missing"),
        (
            "ParamValidationError",
            "Parameter validation failed:\nInvalid type for parameter TableName, value: None",
            "",
            "an env",
        ),
        (
            "ClientError",
            "An error occurred (AccessDeniedException) when calling the GetItem operation: User: x is not authorized",
            "",
            "its role lacks a permission",
        ),
        ("AccessDenied", "Access Denied", "", "its role lacks a permission"),
        (
            "EndpointConnectionError",
            'Could not connect to the endpoint URL: "https://x/"',
            "",
            "it cannot reach a service",
        ),
        ("KeyError", "'body'", 'event["body"]', "the payload has not the form"),
        ("TypeError", "string indices must be integers, not 'str'", "", "the payload has not the form"),
        (
            "TypeError",
            "Cannot read properties of undefined (reading 'Records')",
            "",
            "the payload has not the form",
        ),
    ],
)
def test_a_well_known_error_has_a_hint(error_type: str, message: str, trace: str, expected: str) -> None:
    """Dependencies, handler, configuration, permission, network and payload, as the runtimes word them."""
    assert str(told(error_type, message, trace)).startswith(expected)


@pytest.mark.parametrize(
    ("error_type", "message"),
    [
        ("ValueError", "no card 4111"),
        ("KeyError", "no such customer"),
        ("ValueError", "Cannot find package for order 7"),
        ("", ""),
        ("TypeError", "unhashable type: 'list'"),
    ],
)
def test_other_errors_have_none(error_type: str, message: str) -> None:
    """A wrong hint costs more than none."""
    assert told(error_type, message) is None


def test_a_hint_repeats_nothing_that_the_function_said() -> None:
    """It stands in results even where the function's own words are hidden."""
    assert "4111" not in str(told("KeyError", "'4111'", 'event["4111"]'))


def test_a_long_error_is_read_as_fast_as_a_short_one() -> None:
    """No error document makes an Executor slow."""
    started = time.perf_counter()
    told("TypeError", "Parameter validation failed" * 200_000, "os.enviro" * 200_000)

    assert time.perf_counter() - started < 0.5
