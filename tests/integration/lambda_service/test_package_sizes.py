"""Deployment packages that are too large."""

import io
import struct
import zipfile
from typing import Any

import pytest

from power_tuner_local.lambda_service import LambdaApiError

pytestmark = pytest.mark.local_aws
SIZE = 12_345


def create(aws: Any, content: bytes) -> tuple[str, int, str]:
    """Return the refusal of a function with a deployment package."""
    with pytest.raises(LambdaApiError) as caught:
        aws.service.call(
            "CreateFunction",
            {
                "FunctionName": "large",
                "Role": "arn:aws:iam::123456789012:role/r",
                "Code": {"ZipFile": content},
                "Handler": "app.handler",
                "Runtime": "python3.13",
            },
        )
    return caught.value.code, caught.value.status, caught.value.message


def claiming(unzipped_bytes: int) -> bytes:
    """Return a deployment package that claims to be larger when unpacked."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("app.py", b" " * SIZE)
    return content.getvalue().replace(struct.pack("<L", SIZE), struct.pack("<L", unzipped_bytes))


def test_zipped(aws: Any) -> None:
    """A package that is sent with the request is smaller than 50 MB."""
    refused = create(aws, bytes(52_428_800))

    message = "Zipped size must be smaller than 52428800 bytes"
    assert ("RequestEntityTooLargeException", 413, message) == refused


def test_unzipped(aws: Any) -> None:
    """A package is smaller than 250 MB when unpacked."""
    refused = create(aws, claiming(262_144_000))

    message = "Unzipped size must be smaller than 262144000 bytes"
    assert ("InvalidParameterValueException", 400, message) == refused


def test_request(aws: Any) -> None:
    """A request has 70,167,211 bytes at most, whatever it says."""
    answers: list[str] = []
    environ = {
        "REQUEST_METHOD": "POST",
        "RAW_URI": "/2015-03-31/functions",
        "PATH_INFO": "/2015-03-31/functions",
        "CONTENT_LENGTH": "70167212",
        "wsgi.input": io.BytesIO(b"{}"),
    }
    body = b"".join(aws.service(environ, lambda status, _headers: answers.append(status)))

    assert ["413"] == [answer.partition(" ")[0] for answer in answers]
    assert b"Request must be smaller than 70167211 bytes for the CreateFunction operation" in body
