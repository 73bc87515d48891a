"""A threaded HTTP/1.1 server for a WSGI app, with keep-alive."""

import io
import socket
import threading
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from moto.moto_server.werkzeug_app import MotoRequestHandler
from werkzeug.serving import ThreadedWSGIServer

if TYPE_CHECKING:
    from collections.abc import Callable

    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

_NO_BODY = frozenset({HTTPStatus.NO_CONTENT, HTTPStatus.NOT_MODIFIED})


class ConnectionDropped(Exception):
    """Raised by an app to close the connection without a response."""


class _KeepAliveHandler(MotoRequestHandler):
    """Handle many requests on one connection.

    werkzeug closes each connection because it cannot know how much of a request's body the app has left unread.
    Here the body is read before the app is called, so that the connection stays usable.
    """

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: "HttpServer"

    def setup(self) -> None:
        super().setup()
        self.server.opened(self.connection)

    def finish(self) -> None:
        self.server.closed(self.connection)
        super().finish()

    def handle(self) -> None:
        try:
            super().handle()
        except (OSError, ValueError):  # the server was stopped during a request
            self.close_connection = True

    def run_wsgi(self) -> None:
        self.environ: WSGIEnvironment = self.make_environ()
        if "HTTP_TRANSFER_ENCODING" in self.environ:
            body = self.environ["wsgi.input"].read()
            del self.environ["HTTP_TRANSFER_ENCODING"]
            self.environ["CONTENT_LENGTH"] = str(len(body))
        else:
            body = self.rfile.read(int(self.environ.get("CONTENT_LENGTH") or 0))
        self.environ["wsgi.input"] = io.BytesIO(body)

        try:
            status, headers, content = _call(self.server.app, self.environ)
        except ConnectionDropped:
            self.close_connection = True
            self.connection.shutdown(socket.SHUT_RDWR)
            return
        code = int(status.split(" ", 1)[0])
        head = [f"HTTP/1.1 {status}"]
        head += [f"{name}: {value}" for name, value in headers if name.lower() != "connection"]
        if code not in _NO_BODY and not any(name.lower() == "content-length" for name, _ in headers):
            head.append(f"Content-Length: {len(content)}")
        if self.command == "HEAD" or code in _NO_BODY:
            content = b""
        if self.close_connection:
            head.append("Connection: close")
        self.wfile.write("\r\n".join([*head, "", ""]).encode("latin-1") + content)

    def log(self, type: str, message: str, *args: Any) -> None:  # noqa: A002 (werkzeug's name)
        """Log nothing: callers see errors in their responses."""


def _call(app: "WSGIApplication", environ: "WSGIEnvironment") -> tuple[str, list[tuple[str, str]], bytes]:
    """Call a WSGI app and return its whole response."""
    status, headers = "500 Internal Server Error", list[tuple[str, str]]()
    written: list[bytes] = []

    def start_response(new_status: str, new_headers: list[tuple[str, str]], _: Any = None) -> "Callable[[bytes], Any]":
        nonlocal status, headers
        status, headers = new_status, new_headers
        return written.append

    start: StartResponse = start_response
    result = app(environ, start)
    try:
        content = b"".join(result)
    finally:
        if close := getattr(result, "close", None):
            close()
    return status, headers, b"".join(written) + content


class HttpServer(ThreadedWSGIServer):
    """Serve a WSGI app on 127.0.0.1 in threads of this process."""

    request_queue_size = 1024
    daemon_threads = True
    block_on_close = False

    def __init__(self, app: "WSGIApplication", port: int = 0) -> None:
        self._connections: set[socket.socket] = set()
        self._lock = threading.Lock()
        super().__init__("127.0.0.1", port, app, handler=_KeepAliveHandler)
        self._thread = threading.Thread(
            target=self.serve_forever, kwargs={"poll_interval": 0.05}, name="local-aws-http", daemon=True
        )

    @property
    def endpoint_url(self) -> str:
        """Return the address that clients use."""
        return f"http://127.0.0.1:{self.server_port}"

    def start(self) -> None:
        """Accept connections until `stop` is called."""
        self._thread.start()

    def stop(self) -> None:
        """Stop accepting connections and close those that are open."""
        self.shutdown()
        self._thread.join()
        with self._lock:
            connections = list(self._connections)
        for connection in connections:
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                continue

    def opened(self, connection: socket.socket) -> None:
        """Register an open connection."""
        with self._lock:
            self._connections.add(connection)

    def closed(self, connection: socket.socket) -> None:
        """Remove a closed connection."""
        with self._lock:
            self._connections.discard(connection)
