"""The local AWS as a background process, which clients find through its state file."""

import contextlib
import fcntl
import json
import logging
import os
import signal
import threading
import time
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from power_tuner_local.connection import LocalAwsConnection
from power_tuner_local.gateway.identity import Keyring

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_STATE_FILE, _LOCK_FILE = "local-aws.json", "local-aws.lock"
_POLL_S = 0.05
_STOP_S = 15.0


class AlreadyRunningError(Exception):
    """A background server already uses this state folder."""


@dataclass(frozen=True, slots=True)
class ServerState:
    """A running server, as its state file describes it.

    Attributes:
        endpoint_url: The server's address.
        pid: The server's process id.
        started: When the server became ready, in seconds since 1970.
        secret: The secret of the server's access keys.
    """

    endpoint_url: str
    pid: int
    started: float
    secret: str

    def connection(self) -> LocalAwsConnection:
        """Return a connection to the server."""
        return LocalAwsConnection(self.endpoint_url, Keyring(self.secret))


def serve(state_dir: "Path", *, port: int = 0, log: "Path | None" = None, update_s: float | None = None) -> None:
    """Serve the local AWS until SIGTERM or SIGINT.

    Args:
        state_dir: The folder for the state file.
        port: The port, or 0 for any free one.
        log: The file for warnings; stderr if None.
        update_s: How long updates of functions take; as short as by default if None.

    Raises:
        AlreadyRunningError: A server already uses this state folder.
    """
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    logging.basicConfig(filename=log, level=logging.WARNING, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    with _only_one(state_dir):
        # moto takes seconds to import
        from power_tuner_local.lambda_service import LambdaOptions  # noqa: PLC0415
        from power_tuner_local.local_aws import LocalAws  # noqa: PLC0415

        options = LambdaOptions() if update_s is None else LambdaOptions(update_delay_s=update_s)
        with LocalAws(port, lambda_options=options) as aws:
            state = ServerState(aws.endpoint_url, os.getpid(), time.time(), aws.keyring.secret)
            aws.gateway.routes["health"] = lambda _path, _body: {"pid": state.pid, "started": state.started}
            with _published(state_dir, state):
                print(f"local AWS at {state.endpoint_url} (process {state.pid})", flush=True)  # noqa: T201
                stop.wait()


def connect(state_dir: "Path") -> LocalAwsConnection | None:
    """Return a connection to the server of a state folder; None if no server responds."""
    state = _running(state_dir)
    return state.connection() if state else None


def stop(state_dir: "Path") -> bool:
    """Stop the server of a state folder and wait until it has ended; return whether there was one.

    Raises:
        TimeoutError: The server did not end in time.
    """
    state = _running(state_dir)
    if state is None:
        return False
    os.kill(state.pid, signal.SIGTERM)
    deadline = time.monotonic() + _STOP_S
    while _state(state_dir) == state:
        if time.monotonic() > deadline:
            raise TimeoutError(f"the local AWS (process {state.pid}) did not end within {_STOP_S:g} s")
        time.sleep(_POLL_S)
    return True


def _running(state_dir: "Path") -> ServerState | None:
    """Return the state of the server if it responds and reports the same state as the file."""
    state = _state(state_dir)
    if state is None:
        return None
    try:
        answered = state.connection().health()
    except (OSError, ValueError, LookupError):
        return None
    return state if answered == {"pid": state.pid, "started": state.started} else None


def _state(state_dir: "Path") -> ServerState | None:
    try:
        return ServerState(**json.loads((state_dir / _STATE_FILE).read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None


@contextlib.contextmanager
def _only_one(state_dir: "Path") -> "Iterator[None]":
    """Hold the folder's lock; the kernel releases it when the process ends."""
    state_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    with (state_dir / _LOCK_FILE).open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            state = _state(state_dir)
            where = f" at {state.endpoint_url} (process {state.pid})" if state else ""
            raise AlreadyRunningError(f"a local AWS is already running{where} for {state_dir}; stop it first") from None
        yield


@contextlib.contextmanager
def _published(state_dir: "Path", state: ServerState) -> "Iterator[None]":
    """Keep the state file in place while the server is ready; it appears at once and whole, for its owner only."""
    path = state_dir / _STATE_FILE
    unfinished = path.with_suffix(".unfinished")
    unfinished.unlink(missing_ok=True)
    with open(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:  # noqa: PTH123 (a Path cannot open a descriptor)
        json.dump(asdict(state), file)
    unfinished.replace(path)
    try:
        yield
    finally:
        path.unlink(missing_ok=True)
