"""API calls: the service, action and caller of a request."""

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, unquote

from power_tuner_local.gateway.rest_requests import read_rest_request

if TYPE_CHECKING:
    from collections.abc import Mapping

    from _typeshed.wsgi import WSGIEnvironment

_SIGNING_NAMES = {"eventbridge": "events", "monitoring": "cloudwatch"}
_LAMBDA_PATH = re.compile(r"/20\d\d-\d\d-\d\d/(functions|layers|event-source-mappings|account-settings|tags)\b")
_TARGET_SERVICES = {"AWSStepFunctions": "states", "AWSEvents": "events", "AmazonSQS": "sqs", "Logs_20140328": "logs"}
_ROUTED_BY_PATH = frozenset({"lambda", "s3", "scheduler"})


@dataclass(frozen=True, slots=True)
class ApiCall:
    """One request to the local AWS.

    Attributes:
        ordinal: The request's number since the local AWS started, from 1.
        service: The service's signing name: `lambda`, `states`, `dynamodb`, ...
        action: The API's operation: `PublishVersion`, `PutItem`, ... or method and path if no operation matches.
        access_key: The access key id that signed the request; `gateway.identity` tells whose it is.
        resource: The resource in the path (a function, a bucket), or an empty string.
        body: The request's body.
        path: The request's path.
        query: The request's query, still encoded.
        session: The request's session token; each sandbox has its own.
    """

    ordinal: int
    service: str
    action: str
    access_key: str
    resource: str
    body: bytes
    path: str = ""
    query: str = ""
    session: str = ""

    def parameter(self, name: str) -> str | None:
        """Return a parameter of the query; None if it is missing."""
        return parse_qs(self.query, keep_blank_values=True).get(name, [None])[0]

    def mentions(self, text: str) -> bool:
        """Return whether the path, query or body contains a text, such as the name of a function or run."""
        return text in self.path or text in unquote(self.query) or text.encode() in self.body

    def json(self) -> "Mapping[str, object]":
        """Return the body of a JSON request; an empty mapping if it is not a JSON object."""
        try:
            document = json.loads(self.body)
        except ValueError:
            return {}
        return document if isinstance(document, dict) else {}


def read_call(environ: "WSGIEnvironment", body: bytes, ordinal: int) -> ApiCall:
    """Return the API call that a request makes."""
    # WSGI hands over the bytes of the decoded path as Latin-1
    path = environ.get("PATH_INFO", "").encode("latin-1").decode("utf-8", "replace")
    query = environ.get("QUERY_STRING", "")
    access_key, service = _credential(environ.get("HTTP_AUTHORIZATION", ""), query)
    target = environ.get("HTTP_X_AMZ_TARGET", "")
    if not service:
        service = "lambda" if _LAMBDA_PATH.match(path) else _TARGET_SERVICES.get(target.split(".")[0], "")
    action, resource = "", ""
    if target:
        action = target.rpartition(".")[2]
    elif service in _ROUTED_BY_PATH:
        if request := read_rest_request(service, environ):
            action, resource = request.action, next(iter(request.labels.values()), "")
    elif environ.get("CONTENT_TYPE", "").startswith("application/x-www-form-urlencoded"):
        action = parse_qs(body.decode("utf-8", "replace")).get("Action", [""])[0]
    return ApiCall(
        ordinal=ordinal,
        service=service,
        action=action or f"{environ['REQUEST_METHOD']} {path}",
        access_key=access_key,
        resource=resource,
        body=body,
        path=path,
        query=query,
        session=environ.get("HTTP_X_AMZ_SECURITY_TOKEN", ""),
    )


def _credential(authorization: str, query: str) -> tuple[str, str]:
    """Return the access key id and service of a signed request."""
    scope = ""
    if "Credential=" in authorization:
        scope = authorization.partition("Credential=")[2].split(",")[0].strip()
    elif authorization.startswith("AWS "):  # signature version 2, which only S3 still takes
        return authorization.removeprefix("AWS ").rpartition(":")[0], "s3"
    else:
        parameters = parse_qs(query)
        if "AWSAccessKeyId" in parameters:
            return parameters["AWSAccessKeyId"][0], "s3"
        scope = parameters.get("X-Amz-Credential", [""])[0]
    match scope.split("/"):
        case [access_key, _, _, service, _]:
            return access_key, _SIGNING_NAMES.get(service, service)
    return "", ""
