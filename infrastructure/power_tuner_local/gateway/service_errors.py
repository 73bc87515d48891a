"""Error responses of AWS's services, each in the service's protocol."""

import json
from http import HTTPStatus
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape  # it writes XML and reads none # nosec B406

if TYPE_CHECKING:
    from collections.abc import Iterable

    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

    from power_tuner_local.gateway.api_calls import ApiCall

XML_SERVICES = frozenset({"cloudformation", "iam", "s3", "sns", "sts"})
_OWN_STATUS = frozenset({"lambda", "scheduler", *XML_SERVICES})


def error_response(call: "ApiCall", status: HTTPStatus, code: str, message: str) -> "WSGIApplication":
    """Return an app that responds with an error.

    Args:
        call: The request.
        status: The HTTP status; services with a JSON protocol use 400 for every client error.
        code: The error code.
        message: The error message.
    """
    if call.service not in _OWN_STATUS and status < HTTPStatus.INTERNAL_SERVER_ERROR:
        status = HTTPStatus.BAD_REQUEST

    def answer(_environ: "WSGIEnvironment", start_response: "StartResponse") -> "Iterable[bytes]":
        line = f"{status.value} {status.phrase}"
        if call.service in XML_SERVICES:
            start_response(line, [("Content-Type", "text/xml")])
            fault = f"<Error><Code>{code}</Code><Message>{escape(message)}</Message></Error>"
            return [(fault if call.service == "s3" else f"<ErrorResponse>{fault}</ErrorResponse>").encode()]
        start_response(line, [("Content-Type", "application/json"), ("X-Amzn-ErrorType", code)])
        return [json.dumps({"__type": code, "message": message}).encode()]

    return answer
