"""The live sandboxes: reused while warm; ended when idle, stale or too many."""

import os
import threading
import time
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable

    from power_tuner_local.lambda_service.sandbox import Sandbox


class SandboxKey(NamedTuple):
    """What a sandbox was created for; it serves no other key."""

    function_arn: str
    version: str
    generation: str


class SandboxPool:
    """Keeps idle sandboxes, newest first; a sandbox that is taken serves one invocation at a time."""

    def __init__(self, max_sandboxes: int, idle_s: float) -> None:
        self._max_sandboxes = max_sandboxes
        self._idle_s = idle_s
        self._lock = threading.Lock()
        self._idle: dict[SandboxKey, list[Sandbox]] = {}
        self._busy: dict[Sandbox, SandboxKey] = {}
        self._closed = False
        self._life_reader, self._life_writer = os.pipe()

    @property
    def lifeline(self) -> int:
        """Return the pipe that closes when this process ends, and the sandboxes with it."""
        return self._life_reader

    def take_warm(self, key: SandboxKey) -> "Sandbox | None":
        """Return an idle sandbox, if there is one; end those that an update has made stale."""
        with self._lock:
            stale = [
                other
                for other in self._idle
                if other.function_arn == key.function_arn and other.version == key.version and other != key
            ]
            ended = [sandbox for other in stale for sandbox in self._idle.pop(other)]
            waiting = self._idle.get(key)
            sandbox = waiting.pop() if waiting else None
            if sandbox is not None:
                self._busy[sandbox] = key
        _close_all(ended)
        return sandbox

    def make(self, key: SandboxKey, create: "Callable[[], Sandbox]") -> "Sandbox":
        """Create a sandbox, after making room for it."""
        self._make_room()
        sandbox = create()
        with self._lock:
            closed = self._closed
            if not closed:
                self._busy[sandbox] = key
        if closed:
            sandbox.close()
            raise RuntimeError("the local Lambda service is closed")
        return sandbox

    def release(self, sandbox: "Sandbox") -> None:
        """Keep a sandbox for the next invocation."""
        sandbox.idle_since_s = time.monotonic()
        with self._lock:
            key = self._busy.pop(sandbox, None)
            keep = key is not None and not self._closed
            if key is not None and keep:
                self._idle.setdefault(key, []).append(sandbox)
        if not keep:
            sandbox.close()

    def discard(self, sandbox: "Sandbox") -> None:
        """End a sandbox that cannot be reused."""
        with self._lock:
            self._busy.pop(sandbox, None)
        sandbox.close()

    def retire(self, function_arn: str, version: str | None = None) -> None:
        """End the idle sandboxes of a function, or of one of its versions."""
        with self._lock:
            gone = [key for key in self._idle if key.function_arn == function_arn and version in {None, key.version}]
            ended = [sandbox for key in gone for sandbox in self._idle.pop(key)]
        _close_all(ended)

    def expire(self) -> None:
        """End sandboxes that have been idle for too long."""
        oldest_s = time.monotonic() - self._idle_s
        with self._lock:
            ended = []
            for key, sandboxes in list(self._idle.items()):
                ended += [sandbox for sandbox in sandboxes if sandbox.idle_since_s < oldest_s]
                self._idle[key] = [sandbox for sandbox in sandboxes if sandbox.idle_since_s >= oldest_s]
                if not self._idle[key]:
                    del self._idle[key]
        _close_all(ended)

    def crash(self, session: str, *, timed_out: bool) -> bool:
        """Kill the busy sandbox with a session token, as a crash or timeout would; return whether there was one."""
        with self._lock:
            for sandbox in self._busy:
                if sandbox.session == session:
                    sandbox.crash(timed_out=timed_out)
                    return True
        return False

    def pids(self) -> list[int]:
        """Return the process ids of all live sandboxes."""
        with self._lock:
            idle = [sandbox.pid for sandboxes in self._idle.values() for sandbox in sandboxes]
            return idle + [sandbox.pid for sandbox in self._busy]

    def close(self) -> None:
        """End every sandbox."""
        with self._lock:
            if self._closed:
                return
            self._closed = True
            ended = [sandbox for sandboxes in self._idle.values() for sandbox in sandboxes]
            self._idle.clear()
            # the thread that uses a sandbox closes it, perhaps at this moment
            for sandbox in self._busy:
                sandbox.crash(timed_out=False)
        _close_all(ended)
        os.close(self._life_writer)
        os.close(self._life_reader)

    def _make_room(self) -> None:
        with self._lock:
            alive = len(self._busy) + sum(map(len, self._idle.values()))
            idle = sorted(
                ((sandbox.idle_since_s, key, sandbox) for key, each in self._idle.items() for sandbox in each),
                key=lambda entry: entry[0],
            )
            excess = idle[: max(0, alive + 1 - self._max_sandboxes)]
            for _, key, sandbox in excess:
                self._idle[key].remove(sandbox)
                if not self._idle[key]:
                    del self._idle[key]
        _close_all([sandbox for *_, sandbox in excess])


def _close_all(sandboxes: "list[Sandbox]") -> None:
    for sandbox in sandboxes:
        sandbox.close()
