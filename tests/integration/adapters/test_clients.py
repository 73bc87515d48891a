"""The clients: one per use and region, with the patience that its use needs."""

import socket
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import boto3
import pytest

from power_tuner.aws.clients import Clients

SERVICES = ["cloudformation", "codedeploy", "dynamodb", "events", "logs", "s3", "ssm", "stepfunctions"]


def by_service(service: str) -> Callable[[Clients], Any]:
    return lambda clients: clients.get(service)


PATIENT: dict[str, Callable[[Clients], Any]] = {
    "lambda": lambda clients: clients.control_plane_of_lambda("eu-west-1"),
    **{service: by_service(service) for service in SERVICES},
}


@pytest.fixture
def clients(mocked_aws: None) -> Clients:  # noqa: ARG001 - keeps real credentials away
    return Clients()


@pytest.mark.parametrize("service", PATIENT)
def test_a_client_waits_for_a_busy_service(clients: Clients, service: str) -> None:
    """Ten attempts in all, as many runs may share what an account allows; half a minute for an answer."""
    client = PATIENT[service](clients)
    config = client.meta.config

    assert (service, "eu-west-1") == (client.meta.service_model.service_name, client.meta.region_name)
    assert ({"mode": "standard", "total_max_attempts": 10}, 30) == (config.retries, config.read_timeout)


def test_an_invocation_is_waited_for_and_not_repeated(clients: Clients) -> None:
    """15 minutes and some seconds; what is tried again is decided by this app; 128 may run at once."""
    client: Any = clients.lambda_invoker("eu-west-1")
    config = client.meta.config

    assert "lambda" == client.meta.service_model.service_name
    assert ({"mode": "standard", "total_max_attempts": 1}, 920) == (config.retries, config.read_timeout)
    assert 128 == config.max_pool_connections


@pytest.mark.parametrize("make", [Clients.control_plane_of_lambda, Clients.lambda_invoker])
def test_lambda_has_a_client_for_each_region(clients: Clients, make: Callable[[Clients, str | None], Any]) -> None:
    """None means the app's own."""
    made = [make(clients, region) for region in ("us-east-2", None, "us-east-2", None)]

    assert ["us-east-2", "eu-west-1"] == [client.meta.region_name for client in made[:2]]
    assert made[:2] == made[2:]


@pytest.mark.parametrize("make", PATIENT.values(), ids=PATIENT)
def test_a_client_is_made_once(clients: Clients, make: Callable[[Clients], Any]) -> None:
    """Making one takes longer than many a call."""

    assert make(clients) is make(clients)


def test_clients_are_made_as_they_are_used() -> None:
    """By what was handed in, and none before it is needed."""
    made: list[str] = []

    def make(service_name: str, /, *, region_name: str | None, config: Any) -> Any:
        made.append(service_name)
        return boto3.client("sts", region_name=region_name or "eu-west-1", config=config)

    clients = Clients(make)
    before = list(made)
    clients.get("s3")
    clients.lambda_invoker(None)

    assert ([], ["s3", "lambda"]) == (before, made)


class Endpoint(BaseHTTPRequestHandler):
    """An endpoint that answers every invocation and keeps its headers."""

    protocol_version = "HTTP/1.1"
    seen: list[dict[str, str]]

    def do_POST(self) -> None:
        """Answer with an empty object."""
        self.rfile.read(int(self.headers["Content-Length"]))
        self.seen.append({name.lower(): value for name, value in self.headers.items()})
        self.send_response(200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, *_: object) -> None:
        """Print nothing."""


@pytest.fixture
def endpoint() -> Iterator[ThreadingHTTPServer]:
    """A server on this machine."""
    Endpoint.seen = []
    server = ThreadingHTTPServer(("127.0.0.1", 0), Endpoint)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def invoker(endpoint: ThreadingHTTPServer) -> Any:
    """The client for invocations, which speaks to that server."""
    session = boto3.Session("id", "secret", region_name="eu-west-1")
    url = f"http://127.0.0.1:{endpoint.server_port}"

    def make(service_name: Any, /, *, region_name: str | None, config: Any) -> Any:
        return session.client(service_name, region_name=region_name, config=config, endpoint_url=url)

    return Clients(make).lambda_invoker(None)


def test_an_idle_connection_is_kept_alive(invoker: Any) -> None:
    """A NAT gateway forgets a connection after 350 s without a packet; a target may take longer."""
    invoker.invoke(FunctionName="one")["Payload"].read()

    (pool,) = invoker._endpoint.http_session._manager.pools._container.values()
    connection = pool._get_conn()
    connected = connection.sock
    options = (socket.TCP_KEEPIDLE, socket.TCP_KEEPINTVL, socket.TCP_KEEPCNT)
    assert 1 == connected.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)
    assert [60, 60, 3] == [connected.getsockopt(socket.IPPROTO_TCP, option) for option in options]
    connection.close()


def test_a_target_is_traced_as_it_is_in_production(invoker: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """The trace of the Executor does not travel with the invocations that it measures."""
    monkeypatch.setenv("AWS_LAMBDA_FUNCTION_NAME", "executor")
    monkeypatch.setenv("_X_AMZN_TRACE_ID", "Root=1-6a50-1;Parent=2;Sampled=1")

    invoker.invoke(FunctionName="one")

    assert "x-amzn-trace-id" not in Endpoint.seen[0]
