"""REST requests are read as botocore writes them."""

import functools
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import botocore.serialize
import botocore.session
import pytest

from power_tuner_local.gateway.rest_requests import RestRequest, read_rest_request

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment
    from botocore.model import ServiceModel

# Operations whose requests look the same as those of an older one, which they are taken for.
TWINS = {
    "GetBucketLifecycleConfiguration": "GetBucketLifecycle",
    "GetBucketNotificationConfiguration": "GetBucketNotification",
    "ListDirectoryBuckets": "ListBuckets",
    "PutBucketLifecycleConfiguration": "PutBucketLifecycle",
    "PutBucketNotificationConfiguration": "PutBucketNotification",
}
FUNCTION_ARN = "arn:aws:lambda:us-east-1:123456789012:function:thumbnails"


@functools.cache
def model_of(service: str) -> "ServiceModel":
    return botocore.session.get_session().get_service_model(service)


def request(service: str, action: str, **parameters: Any) -> "WSGIEnvironment":
    """Return the request that botocore sends for an operation."""
    model = model_of(service)
    serializer = botocore.serialize.create_serializer(model.metadata["protocol"], include_validation=False)
    written = serializer.serialize_to_request(parameters, model.operation_model(action))
    path, _, fixed = written["url_path"].partition("?")
    query = "&".join([fixed, urlencode(written["query_string"], doseq=True)]).strip("&")
    headers = {f"HTTP_{name.upper().replace('-', '_')}": value for name, value in written["headers"].items()}
    return {"REQUEST_METHOD": written["method"], "RAW_URI": f"{path}?{query}", "QUERY_STRING": query, **headers}


def read(service: str, action: str, **parameters: Any) -> RestRequest:
    found = read_rest_request(service, request(service, action, **parameters))
    assert found is not None
    return found


def required(service: str, action: str) -> dict[str, Any]:
    """Return a value for each required parameter that is in path, query or header."""
    shape = model_of(service).operation_model(action).input_shape
    if shape is None:
        return {}
    return {name: "some" for name in shape.required_members if shape.members[name].serialization.get("location")}


@pytest.mark.parametrize("service", ["lambda", "s3", "scheduler"])
def test_every_operation_is_recognised(service: str) -> None:
    """The request of each operation is read as one for that operation."""
    wrong = {}
    for action in model_of(service).operation_names:
        found = read_rest_request(service, request(service, action, **required(service, action)))
        if found is None or found.action != TWINS.get(action, action):
            wrong[action] = found and found.action

    assert {} == wrong


def test_the_query_tells_a_part_from_an_object() -> None:
    """PUT on a key is PutObject, unless the query names the part of an upload."""
    part = {"PartNumber": 1, "UploadId": "upload"}

    assert "PutObject" == read("s3", "PutObject", Bucket="results", Key="a").action
    assert "UploadPart" == read("s3", "UploadPart", Bucket="results", Key="a", **part).action


def test_a_source_tells_a_copy_from_an_object() -> None:
    """PUT on a key is CopyObject if the request names a source."""
    assert "CopyObject" == read("s3", "CopyObject", Bucket="results", Key="a", CopySource="results/b").action


def test_labels_are_the_values_in_the_path() -> None:
    """Labels are decoded, and only a greedy one spans several segments: `a/b` is a key, `a%2Fb` is a name."""
    assert {"Bucket": "results", "Key": "a/b c"} == read("s3", "GetObject", Bucket="results", Key="a/b c").labels
    assert {"FunctionName": "a/b"} == read("lambda", "GetFunction", FunctionName="a/b").labels
    assert {"FunctionName": FUNCTION_ARN} == read("lambda", "GetFunction", FunctionName=FUNCTION_ARN).labels


def test_paths_that_no_operation_has_are_not_read() -> None:
    """A path with a segment too many is no request of the service."""
    environ = {"REQUEST_METHOD": "GET", "RAW_URI": "/2015-03-31/functions/a/b", "QUERY_STRING": ""}

    assert read_rest_request("lambda", environ) is None


def test_parameters_come_from_path_query_headers_and_payload() -> None:
    """An invocation has its function in the path, its qualifier in the query, its type in a header."""
    asked = {"FunctionName": "thumbnails", "Qualifier": "live", "InvocationType": "Event"}
    environ = request("lambda", "Invoke", **asked)
    found = read_rest_request("lambda", environ)

    assert found is not None
    assert asked | {"Payload": b"[1]"} == found.parameters(environ, b"[1]")


def test_parameters_come_from_a_json_body() -> None:
    """A JSON body holds the parameters that are nowhere else."""
    environ = request("lambda", "UpdateFunctionConfiguration", FunctionName="thumbnails")
    found = read_rest_request("lambda", environ)

    assert found is not None
    assert {"FunctionName": "thumbnails", "MemorySize": 512} == found.parameters(environ, b'{"MemorySize": 512}')


def test_a_list_in_the_query_stays_a_list() -> None:
    """A parameter of the type list takes all values of its key."""
    asked = {"Resource": FUNCTION_ARN, "TagKeys": ["team", "stage"]}
    environ = request("lambda", "UntagResource", **asked)
    found = read_rest_request("lambda", environ)

    assert found is not None
    assert asked == found.parameters(environ, b"")


def test_a_body_that_is_not_json_is_refused() -> None:
    """A body that should be JSON and is not raises ValueError."""
    environ = request("lambda", "UpdateFunctionConfiguration", FunctionName="thumbnails")
    found = read_rest_request("lambda", environ)

    assert found is not None
    with pytest.raises(ValueError, match="Expecting"):
        found.parameters(environ, b"{")


def test_success_status_is_the_models() -> None:
    """Creating a function answers 201."""
    assert 201 == read("lambda", "CreateFunction").success_status
