"""The part of AWS's runtime client that is compiled, for a Python that it was not compiled for."""

import os
import socket

_DEADLINE = "Lambda-Runtime-Deadline-Ms"
_NAMES = {
    name.lower(): name
    for name in (
        "Lambda-Runtime-Aws-Request-Id",
        "Lambda-Runtime-Trace-Id",
        "Lambda-Runtime-Invoked-Function-Arn",
        _DEADLINE,
        "Lambda-Runtime-Client-Context",
        "Lambda-Runtime-Cognito-Identity",
        "Content-Type",
    )
}
_ROOT = "/2018-06-01/runtime/invocation"


class _Connection:
    """A connection to the Runtime API; nothing is imported for it that a handler would be charged for."""

    def __init__(self) -> None:
        self._socket: socket.socket | None = None

    def request(self, method: str, path: str, headers: dict[str, str], body: bytes) -> tuple[bytes, dict[str, str]]:
        """Return the body and the headers of a response."""
        host, _, port = os.environ["AWS_LAMBDA_RUNTIME_API"].rpartition(":")
        if self._socket is None:
            self._socket = socket.create_connection((host, int(port)))
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        lines = [f"{method} {path} HTTP/1.1", f"Host: {host}:{port}", f"Content-Length: {len(body)}"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        self._socket.sendall("\r\n".join([*lines, "", ""]).encode("latin-1") + body)
        return self._response(self._socket)

    def _response(self, connection: socket.socket) -> tuple[bytes, dict[str, str]]:
        received = b""
        while b"\r\n\r\n" not in received:
            received += _chunk(connection)
        head, _, body = received.partition(b"\r\n\r\n")
        status, *lines = head.decode("latin-1").split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        parts = [body]
        left = int(headers["content-length"]) - len(body)
        while left > 0:
            parts.append(_chunk(connection))
            left -= len(parts[-1])
        if not status.split(" ")[1].startswith("2"):
            raise RuntimeError(f"the Runtime API answered {status}")
        return b"".join(parts), headers


_api = _Connection()


def initialize_client(user_agent: str) -> None:
    """Do nothing: nobody reads the name of the client."""


def next() -> tuple[bytes, dict[str, str | int | None]]:  # noqa: A001 (the name that AWS's client calls)
    """Return the next event, and what is said of its invocation."""
    event, headers = _api.request("GET", f"{_ROOT}/next", {}, b"")
    said = {name: headers.get(key) or None for key, name in _NAMES.items()}
    return event, {**said, _DEADLINE: int(said[_DEADLINE] or 0)}


def post_invocation_result(invoke_id: str, result: bytes, content_type: str, _invocation_id: str | None = None) -> None:
    """Send the result of an invocation."""
    _api.request("POST", f"{_ROOT}/{invoke_id}/response", {"Content-Type": content_type}, result)


def post_error(invoke_id: str, error: str, xray_fault: str, _invocation_id: str | None = None) -> None:
    """Send the error of an invocation."""
    headers = {"Content-Type": "application/json"}
    if xray_fault:
        headers["Lambda-Runtime-Function-XRay-Error-Cause"] = xray_fault
    _api.request("POST", f"{_ROOT}/{invoke_id}/error", headers, error.encode())


def _chunk(connection: socket.socket) -> bytes:
    received = connection.recv(1 << 18)
    if not received:
        raise RuntimeError("the Runtime API closed the connection")
    return received
