"""The Runtime API endpoint of a sandbox: the HTTP server that AWS's runtime client calls."""

import contextlib
import socket
import struct
import time
from dataclasses import dataclass

from power_tuner_local.gateway.doorkeeper import comes_from_a_page
from power_tuner_local.lambda_service.socket_owner import is_of_another_user

_SO_TIMESTAMPNS = 35
_STAMP = struct.Struct("qq")
_CHUNK_BYTES = 1 << 18


@dataclass(frozen=True, slots=True)
class RuntimeRequest:
    """A request of the runtime client.

    Attributes:
        arrived_ns: When its last byte arrived, by the kernel if it tells: this process may have noticed it later.
    """

    method: str
    path: str
    headers: dict[str, str]
    body: bytes
    arrived_ns: int


class RuntimeConnection:
    """A connection of the runtime client."""

    def __init__(self, accepted: socket.socket) -> None:
        self._socket = accepted
        accepted.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        # only Linux knows it; elsewhere a request has arrived when it is noticed
        with contextlib.suppress(OSError):
            accepted.setsockopt(socket.SOL_SOCKET, _SO_TIMESTAMPNS, 1)
        self._buffer = bytearray()
        self._arrived_ns = 0
        self._continued = False

    def fileno(self) -> int:
        """Return the descriptor to poll."""
        return self._socket.fileno()

    def receive(self) -> bool:
        """Read what has arrived; return False if the client has disconnected."""
        try:
            chunk, ancillary, _, _ = self._socket.recvmsg(_CHUNK_BYTES, 64)
        except (ConnectionError, TimeoutError):
            return False
        self._arrived_ns = time.clock_gettime_ns(time.CLOCK_REALTIME)
        for _, kind, stamp in ancillary:
            if kind == _SO_TIMESTAMPNS:
                seconds, nanoseconds = _STAMP.unpack(stamp)
                self._arrived_ns = seconds * 1_000_000_000 + nanoseconds
        self._buffer += chunk
        return bool(chunk)

    def next_request(self) -> RuntimeRequest | None:
        """Return the next request if it is complete."""
        end = self._buffer.find(b"\r\n\r\n")
        if end < 0:
            return None
        lines = bytes(self._buffer[:end]).decode("latin-1").split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines[1:])}
        body = self._body(end + 4, headers)
        if body is None:
            if headers.get("expect") and not self._continued:
                self._continued = True
                self._socket.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
            return None
        self._continued = False
        if comes_from_a_page(headers):
            self.send("403 Forbidden", {})
            return None
        method, path, _ = lines[0].split(" ", 2)
        return RuntimeRequest(method, path, headers, body, self._arrived_ns)

    def _body(self, start: int, headers: dict[str, str]) -> bytes | None:
        """Take the request off the buffer and return its body; None if it is not complete."""
        if headers.get("transfer-encoding", "").lower() == "chunked":
            return self._chunked_body(start)
        end = start + int(headers.get("content-length", "0"))
        if len(self._buffer) < end:
            return None
        body = bytes(self._buffer[start:end])
        del self._buffer[:end]
        return body

    def _chunked_body(self, start: int) -> bytes | None:
        """Do the same for a body in chunks (RFC 9112, section 7.1); trailers are left out."""
        chunks: list[bytes] = []
        position = start
        while (line_end := self._buffer.find(b"\r\n", position)) >= 0:
            size = int(bytes(self._buffer[position:line_end]).partition(b";")[0], 16)
            position = line_end + 2
            if not size:
                return self._end_of_chunks(position, chunks)
            if len(self._buffer) < position + size + 2:
                return None
            chunks.append(bytes(self._buffer[position : position + size]))
            position += size + 2
        return None

    def _end_of_chunks(self, position: int, chunks: list[bytes]) -> bytes | None:
        while (line_end := self._buffer.find(b"\r\n", position)) >= 0:
            is_empty, position = line_end == position, line_end + 2
            if is_empty:
                del self._buffer[:position]
                return b"".join(chunks)
        return None

    def send(self, status: str, headers: dict[str, str], body: bytes = b"") -> None:
        """Send a response."""
        lines = [f"HTTP/1.1 {status}", *(f"{name}: {value}" for name, value in headers.items())]
        head = "\r\n".join([*lines, f"Content-Length: {len(body)}", "", ""]).encode("latin-1")
        self._socket.sendall(head + body)

    def close(self) -> None:
        """Close the connection."""
        self._socket.close()


class RuntimeEndpoint:
    """The address of a sandbox's Runtime API."""

    def __init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=8)
        self.address = f"127.0.0.1:{self._listener.getsockname()[1]}"

    def fileno(self) -> int:
        """Return the descriptor to poll."""
        return self._listener.fileno()

    def accept(self) -> RuntimeConnection | None:
        """Accept a new connection; None for one of another user of this machine, which is closed."""
        accepted, (host, port) = self._listener.accept()
        if is_of_another_user(host, port):
            accepted.close()
            return None
        return RuntimeConnection(accepted)

    def close(self) -> None:
        """Close the endpoint."""
        self._listener.close()
