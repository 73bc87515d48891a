"""Ask three slow services about an order, one after the other: nearly all waiting, over real sockets."""

import json
import socket
import socketserver
import threading
import time
from typing import Any

_ANSWER_AFTER_S = 0.03
_LINE_BYTES = 4096


class _Service(socketserver.StreamRequestHandler):
    """A service that knows everything and takes its time."""

    def handle(self) -> None:
        """Answer one question, which is one line of JSON."""
        question = json.loads(self.rfile.readline(_LINE_BYTES))
        time.sleep(_ANSWER_AFTER_S)
        answer = {"about": question["about"], "order": question["order"], "units": 3, "price": 4.2}
        self.wfile.write(json.dumps(answer).encode() + b"\n")


_server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), _Service)
_server.daemon_threads = True
threading.Thread(target=_server.serve_forever, daemon=True).start()


def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Gather stock, price and delivery of the order that the event names."""
    answers = [_ask(about, event["order"]) for about in ("stock", "price", "delivery")]
    return {"order": event["order"], "total": sum(answer["units"] * answer["price"] for answer in answers)}


def _ask(about: str, order: str) -> dict[str, Any]:
    with socket.create_connection(_server.server_address) as connection, connection.makefile("rb") as lines:
        connection.sendall(json.dumps({"about": about, "order": order}).encode() + b"\n")
        answer: dict[str, Any] = json.loads(lines.readline(_LINE_BYTES))
    return answer
