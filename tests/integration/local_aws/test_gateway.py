"""The gateway of the local AWS."""

import http.client
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

from power_tuner_local import LocalAws
from power_tuner_local.gateway.doorkeeper import KEY_HEADER
from power_tuner_local.gateway.identity import role_of

if TYPE_CHECKING:
    from pathlib import Path

    from power_tuner_local.gateway.api_calls import ApiCall

pytestmark = pytest.mark.local_aws


def test_every_request_passes_the_interceptors(aws: LocalAws, tmp_path: "Path") -> None:
    """An interceptor sees service, action, resource and caller of each request, numbered in order."""
    seen: list[ApiCall] = []
    (tmp_path / "app.py").write_text("", encoding="utf-8")
    aws.add_function(tmp_path, name="seen")
    before = list(aws.gateway.interceptors)

    def see(call: "ApiCall") -> None:
        seen.append(call)

    aws.gateway.interceptors.append(see)
    try:
        aws.client("lambda", role="executor").publish_version(FunctionName="seen")
        aws.client("s3").create_bucket(Bucket="some-bucket")
        aws.client("s3").put_object(Bucket="some-bucket", Key="a/b", Body=b"x")
        aws.client("s3").list_objects_v2(Bucket="some-bucket")
        aws.client("dynamodb").list_tables()
        aws.client("sts").get_caller_identity()
        aws.client("events").list_rules()
        aws.client("scheduler").list_schedules()
    finally:
        aws.gateway.interceptors[:] = before

    assert [
        ("lambda", "PublishVersion", "seen"),
        ("s3", "CreateBucket", "some-bucket"),
        ("s3", "PutObject", "some-bucket"),
        ("s3", "ListObjectsV2", "some-bucket"),
        ("dynamodb", "ListTables", ""),
        ("sts", "GetCallerIdentity", ""),
        ("events", "ListRules", ""),
        ("scheduler", "ListSchedules", ""),
    ] == [(call.service, call.action, call.resource) for call in seen]
    assert role_of(seen[0].access_key) == "executor"
    assert list(range(seen[0].ordinal, seen[0].ordinal + len(seen))) == [call.ordinal for call in seen]


def test_connections_stay_open(aws: LocalAws) -> None:
    """Several requests go over one connection, with and without a body."""
    connection = http.client.HTTPConnection(urlsplit(aws.endpoint_url).netloc)
    try:
        connection.connect()
        local_address = connection.sock.getsockname()
        for method, body in (("GET", None), ("PUT", b"x" * 70_000), ("HEAD", None), ("GET", None)):
            connection.request(method, "/keep-alive-bucket", body=body)
            response = connection.getresponse()
            response.read()
            assert not response.will_close
        assert local_address == connection.sock.getsockname()
    finally:
        connection.close()


def test_only_one_runs_in_a_process(aws: LocalAws) -> None:
    """A second local AWS in one process is refused, since moto's state is the process's."""
    assert aws.endpoint_url
    with pytest.raises(RuntimeError, match="already running"):
        LocalAws()


def test_unknown_local_route_is_refused(aws: LocalAws) -> None:
    """A request for an unknown route under /_local/ gets a 404."""
    connection = http.client.HTTPConnection(urlsplit(aws.endpoint_url).netloc)
    try:
        connection.request("POST", "/_local/nonsense", headers={KEY_HEADER: aws.keyring.operator_key})
        assert 404 == connection.getresponse().status
    finally:
        connection.close()
