"""Start and stop the local AWS as a process of its own."""

import os
import re
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from power_tuner_cli.errors import CliError
from power_tuner_cli.exit_codes import ExitCode
from power_tuner_cli.installation import require_local_extra

if TYPE_CHECKING:
    from collections.abc import Mapping

    from power_tuner_local import LocalAwsConnection

_START_TIMEOUT_S = 60.0
_LOG_LINES_SHOWN = 5
_INHERITED = re.compile(r"PATH|HOME|USER|LOGNAME|TMPDIR|TZ|LANG|LC_\w+|LD_LIBRARY_PATH|VIRTUAL_ENV|PYTHON\w+|XDG_\w+")


def clean_environment(inherited: "Mapping[str, str]") -> dict[str, str]:
    """Return the server's environment: functions run as its user, and no secret of the shell is for them to read."""
    kept = {name: value for name, value in inherited.items() if _INHERITED.fullmatch(name)}
    return {**kept, "AWS_CONFIG_FILE": os.devnull, "AWS_SHARED_CREDENTIALS_FILE": os.devnull}


def start_server(state_dir: Path, *, update_s: float | None = None) -> "LocalAwsConnection":
    """Start the local AWS in the background and return a connection to it, once it answers.

    Args:
        state_dir: The folder of its state file.
        update_s: How long updates of functions take; as short as by default if None.

    Raises:
        CliError: It ended, or does not answer.
    """
    from power_tuner_local.background import connect

    require_local_extra()
    state_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    log = state_dir / "server.log"
    command = [sys.executable, "-W", "ignore", "-m", "power_tuner_local", "serve", "--state-dir", str(state_dir)]
    if update_s is not None:
        command += ["--update-seconds", str(update_s)]
    with log.open("wb") as sink:
        process = subprocess.Popen(  # noqa: S603 - our own module
            command,
            stdin=subprocess.DEVNULL,
            stdout=sink,
            stderr=sink,
            start_new_session=True,
            env=clean_environment(os.environ),
        )
    deadline = time.monotonic() + _START_TIMEOUT_S
    while time.monotonic() < deadline:
        connection = connect(state_dir)
        if connection is not None:
            return connection
        if process.poll() is not None:
            break
        time.sleep(0.1)
    last_lines = "\n".join(log.read_text("utf-8", errors="replace").splitlines()[-_LOG_LINES_SHOWN:])
    raise CliError(
        f"The local AWS did not start (exit code {process.poll()}). Its log, {log}, ends with:\n{last_lines}",
        ExitCode.UNREACHABLE,
    )


def stop_server(state_dir: Path) -> bool:
    """Stop the local AWS and return whether one was running.

    Raises:
        CliError: It does not stop.
    """
    from power_tuner_local.background import stop

    try:
        return stop(state_dir)
    except TimeoutError as error:
        raise CliError(f"{error}; see its log, {state_dir / 'server.log'}.", ExitCode.UNREACHABLE) from None
