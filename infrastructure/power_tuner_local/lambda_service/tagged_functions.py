"""The Resource Groups Tagging API, as far as it finds functions by their tags."""

import json
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from power_tuner_local.gateway.api_calls import ApiCall, read_call
from power_tuner_local.gateway.doorkeeper import json_response
from power_tuner_local.gateway.service_errors import error_response

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from _typeshed.wsgi import StartResponse, WSGIEnvironment

    from power_tuner_local.lambda_service.functions import FunctionRegistry

_LARGEST_PAGE = 100
_PAGE = 50


class TaggedFunctions:
    """Serves GetResources for the resource type lambda:function."""

    def __init__(self, registry: "FunctionRegistry") -> None:
        self._registry = registry

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> "Iterable[bytes]":
        """Serve one request."""
        body = environ["wsgi.input"].read()
        call = read_call(environ, body, 0)
        asked: dict[str, Any] = json.loads(body)
        if call.action != "GetResources" or asked.get("ResourceTypeFilters") not in (["lambda"], ["lambda:function"]):
            return _refusal(call, environ, start_response)
        found = [
            {
                "ResourceARN": each.arn,
                "Tags": [{"Key": key, "Value": value} for key, value in sorted(each.tags.items())],
            }
            for each in self._registry.all()
            if each.tags and all(_holds(each.tags, wanted) for wanted in asked.get("TagFilters", []))
        ]
        begin = int(asked.get("PaginationToken") or 0)
        end = begin + min(int(asked.get("ResourcesPerPage", _PAGE)), _LARGEST_PAGE)
        token = str(end) if end < len(found) else ""
        answer = {"ResourceTagMappingList": found[begin:end], "PaginationToken": token}
        return json_response(HTTPStatus.OK, answer)(environ, start_response)


def _holds(tags: "Mapping[str, str]", wanted: "Mapping[str, Any]") -> bool:
    """Return whether tags have a key, with one of the values if any are named."""
    value = tags.get(wanted["Key"])
    return value is not None and (not wanted.get("Values") or value in wanted["Values"])


def _refusal(call: ApiCall, environ: "WSGIEnvironment", start_response: "StartResponse") -> "Iterable[bytes]":
    message = f"The local AWS does not support {call.action} of tagging, but for functions."
    return error_response(call, HTTPStatus.NOT_IMPLEMENTED, "NotImplementedException", message)(environ, start_response)
