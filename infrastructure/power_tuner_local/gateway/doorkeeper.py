"""Keeps the local AWS private: who lacks its key, and any web page, is refused before anything is read.

Every user of this machine, and every page in its owner's browser, can reach a port on loopback.
"""

import hmac
import json
from dataclasses import replace
from http import HTTPStatus
from typing import TYPE_CHECKING

from power_tuner_local.gateway.identity import Keyring
from power_tuner_local.gateway.service_errors import XML_SERVICES, error_response

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

    from power_tuner_local.gateway.api_calls import ApiCall

KEY_HEADER = "X-Local-Aws-Key"
"""Carries the operator's key in requests that AWS does not have."""
_LOOPBACK = frozenset({"127.0.0.1", "localhost", "[::1]"})
_QUERY_SERVICES = XML_SERVICES - {"s3"}


def comes_from_a_page(headers: "Mapping[str, str]") -> bool:
    """Return whether a browser sent a request for a page; no AWS client does. Header names are in lower case."""
    return "origin" in headers or "sec-fetch-site" in headers or not _is_loopback(headers.get("host", ""))


def _is_loopback(host: str) -> bool:
    """Return whether a Host header names this machine: a page that had its own name point here names itself."""
    name = host.lower() if host.endswith("]") else host.lower().rpartition(":")[0] or host.lower()
    return name in _LOOPBACK or name.endswith(".localhost")


class Doorkeeper:
    """Refuses requests of web pages, and requests without a key of this local AWS.

    Attributes:
        keyring: The keys of this local AWS.
        issued: Returns whether a service of this local AWS has handed out an access key.
    """

    def __init__(self) -> None:
        self.keyring = Keyring()
        self.issued: Callable[[str], bool] = lambda _access_key: False

    def refuse_page(self, environ: "WSGIEnvironment") -> "WSGIApplication | None":
        """Return the response to a web page; None for other clients."""
        names = {"origin": "HTTP_ORIGIN", "sec-fetch-site": "HTTP_SEC_FETCH_SITE", "host": "HTTP_HOST"}
        if not comes_from_a_page({name: str(environ[key]) for name, key in names.items() if key in environ}):
            return None
        return json_response(HTTPStatus.FORBIDDEN, {"error": "the local AWS serves no web pages"})

    def refuse_control(self, environ: "WSGIEnvironment") -> "WSGIApplication | None":
        """Return the response to a request that AWS does not have and that lacks the operator's key; else None."""
        given = str(environ.get(f"HTTP_{KEY_HEADER.upper().replace('-', '_')}", ""))
        if hmac.compare_digest(given.encode(), self.keyring.operator_key.encode()):
            return None
        return json_response(HTTPStatus.FORBIDDEN, {"error": f"the header {KEY_HEADER} lacks the local AWS's key"})

    def refuse_caller(self, call: "ApiCall") -> "WSGIApplication | None":
        """Return AWS's response to a request without a valid access key; None if it has one."""
        if self.keyring.knows(call.access_key) or (call.access_key and self.issued(call.access_key)):
            return None
        call = _with_protocol(call)
        code, message = _unknown_key(call) if call.access_key else _no_key(call)
        return error_response(call, HTTPStatus.FORBIDDEN, code, message)


def _with_protocol(call: "ApiCall") -> "ApiCall":
    """Return a call whose service is known well enough to choose the form of the error response.

    What is unsigned names no service: an action beside the body is JSON, one in the body is of a query protocol, and
    S3 has none.
    """
    if call.service or (b"Action=" not in call.body and " " not in call.action):
        return call
    return replace(call, service="iam" if b"Action=" in call.body else "s3")


def _unknown_key(call: "ApiCall") -> tuple[str, str]:
    if call.service == "s3":
        return "InvalidAccessKeyId", "The AWS Access Key Id you provided does not exist in our records."
    code = "InvalidClientTokenId" if call.service in _QUERY_SERVICES else "UnrecognizedClientException"
    return code, "The security token included in the request is invalid."


def _no_key(call: "ApiCall") -> tuple[str, str]:
    if call.service == "s3":
        return "AccessDenied", "Access Denied"
    if call.service in _QUERY_SERVICES:
        return "MissingAuthenticationToken", "Request is missing Authentication Token"
    return "MissingAuthenticationTokenException", "Missing Authentication Token"


def json_response(status: HTTPStatus, document: object) -> "WSGIApplication":
    """Return an app that responds with a JSON document."""

    def answer(_environ: "WSGIEnvironment", start_response: "StartResponse") -> "Iterable[bytes]":
        start_response(f"{status.value} {status.phrase}", [("Content-Type", "application/json")])
        return [json.dumps(document).encode()]

    return answer
