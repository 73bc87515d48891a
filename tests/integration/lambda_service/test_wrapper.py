"""Functions that start through a wrapper script."""

import io
import zipfile
from typing import Any

import pytest

pytestmark = pytest.mark.local_aws
HANDLER = "import os\ndef handler(event, context): return os.environ.get('FROM_WRAPPER')"


def package_with_script(script: str) -> bytes:
    """Return a deployment package with a handler and an executable wrapper."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr(zipfile.ZipInfo("app.py"), HANDLER)
        entry = zipfile.ZipInfo("wrapper")
        entry.external_attr = 0o755 << 16
        archive.writestr(entry, script)
    return content.getvalue()


def add_wrapped(aws: Any, name: str, wrapper: str) -> None:
    """Create a function with a wrapper."""
    aws.add(name, Environment={"Variables": {"AWS_LAMBDA_EXEC_WRAPPER": wrapper}})
    code = package_with_script('#!/bin/sh\nexport FROM_WRAPPER=wrapped\nexec "$@"\n')
    aws.functions.update_function_code(FunctionName=name, ZipFile=code)
    aws.settled(name)


def test_wrapper_starts_the_runtime(aws: Any, name: str) -> None:
    """A wrapper script of the package gets the runtime's command, and what it exports reaches the handler."""
    add_wrapped(aws, name, "/var/task/wrapper")

    assert "wrapped" == aws.invoke(name).payload


def test_missing_wrapper(aws: Any, name: str) -> None:
    """A wrapper that does not exist fails each invocation, as on AWS."""
    add_wrapped(aws, name, "/var/task/nothing")
    result = aws.invoke(name)

    assert "Unhandled" == result.error
    assert "Runtime.ExitError" == result.payload["errorType"]
    assert result.payload["errorMessage"].endswith("Error: Runtime exited with error: exit status 127")
