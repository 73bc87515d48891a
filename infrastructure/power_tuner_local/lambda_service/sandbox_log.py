"""A sandbox's log, in order: text from stdout and stderr, and the runtime client's framed messages."""

import time
from dataclasses import dataclass

_MAGIC = b"\xa5\x5a\x00"
_HEADER_BYTES = 16
TAIL_BYTES = 4096


@dataclass(frozen=True, slots=True)
class LogEvent:
    """A log event of CloudWatch Logs."""

    time_ms: int
    message: str


class SandboxLog:
    """Collects the log of one sandbox."""

    def __init__(self) -> None:
        self._pending = bytearray()
        self._text = bytearray()
        self._events: list[LogEvent] = []
        self._tail = bytearray()

    def feed(self, chunk: bytes) -> None:
        """Add bytes from the sandbox's log pipe."""
        self._pending += chunk
        while self._pending:
            start = self._pending.find(_MAGIC)
            if start != 0:
                size = len(self._pending) - _partial_magic(self._pending) if start < 0 else start
                if not size:
                    return
                self._text += self._pending[:size]
                del self._pending[:size]
                self._cut_lines()
                continue
            if len(self._pending) < _HEADER_BYTES:
                return
            length = int.from_bytes(self._pending[4:8], "big")
            if len(self._pending) < _HEADER_BYTES + length:
                return
            time_ms = int.from_bytes(self._pending[8:16], "big") // 1000
            message = bytes(self._pending[_HEADER_BYTES : _HEADER_BYTES + length])
            del self._pending[: _HEADER_BYTES + length]
            self._end_line()
            self._add(message if message.endswith(b"\n") else message + b"\n", time_ms)

    def write(self, line: str, *, in_tail: bool = True) -> None:
        """Add a line of the platform, such as START; `in_tail` tells whether the tail shows it too."""
        self._end_line()
        self._add(f"{line}\n".encode(), _now_ms(), in_tail=in_tail)

    def prepend(self, earlier: "SandboxLog") -> None:
        """Insert the log of an earlier sandbox before this one."""
        self._tail[:0] = earlier.tail()
        self._events[:0] = earlier.take_events()

    def tail(self) -> bytes:
        """Return the last 4 KB, as `LogType=Tail` does, even if that cuts a line."""
        return bytes(self._tail[-TAIL_BYTES:])

    def take_events(self) -> list[LogEvent]:
        """Return the events of the invocation that ends here, and clear them."""
        self._end_line()
        events, self._events = self._events, []
        self._tail.clear()
        return events

    def _cut_lines(self) -> None:
        while (end := self._text.find(b"\n")) >= 0:
            line = bytes(self._text[: end + 1])
            del self._text[: end + 1]
            self._add(line, _now_ms())

    def _end_line(self) -> None:
        if self._text:
            self._text += b"\n"
            self._cut_lines()

    def _add(self, line: bytes, time_ms: int, *, in_tail: bool = True) -> None:
        if line != b"\n":
            self._events.append(LogEvent(time_ms, line.decode("utf-8", "replace")))
        if in_tail:
            self._tail += line
        if len(self._tail) > 4 * TAIL_BYTES:
            del self._tail[:-TAIL_BYTES]


def _partial_magic(pending: bytearray) -> int:
    """Return how many bytes at the end may be the start of a frame."""
    for size in (2, 1):
        if pending.endswith(_MAGIC[:size]):
            return size
    return 0


def _now_ms() -> int:
    return time.time_ns() // 1_000_000
