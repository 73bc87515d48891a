"""A script of the user's own that fills tables and buckets of the local AWS before a function is tuned."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from power_tuner_cli.errors import CliError
from power_tuner_cli.exit_codes import ExitCode

_LAST_LINES = 15
_OTHER_PYTHON = (
    "\nThe script is run with the Python of power-tuner, which has boto3 and none of your packages. To run it with "
    "another, make it executable, with a first line such as #!/usr/bin/env python3 (boto3 has to be there too)."
)


def require_script(script: Path | None) -> None:
    """Check that a script can be run, before anything is started for it.

    Raises:
        CliError: It cannot.
    """
    if script is not None and not script.is_file():
        raise CliError(f"--seed {script}: there is no such file. Give a Python script.")


def has_interpreter(script: Path) -> bool:
    """Return whether a script is run as the program that it is: an executable file that names its interpreter."""
    with script.open("rb") as file:
        return file.read(2) == b"#!" and os.access(script, os.X_OK)


def run_seed(
    script: Path,
    aws: Mapping[str, str],
    *,
    variables: Mapping[str, str],
    outputs: Mapping[str, str],
    resources: Mapping[str, str],
) -> str:
    """Run a script with the function's variables, the local AWS and what the stack has in its environment.

    Args:
        script: A Python script, or an executable file that names its interpreter.
        aws: The environment variables with which AWS's SDKs use the local AWS.
        variables: The environment variables of the function.
        outputs: The stack's outputs.
        resources: The names of the stack's resources by logical id.

    Returns:
        What the script printed.

    Raises:
        CliError: It failed; the message has its last lines.
    """
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    environment = {
        **inherited,
        **variables,
        **aws,
        **{f"OUTPUT_{name}": value for name, value in outputs.items()},
        "STACK_OUTPUTS": json.dumps(dict(outputs)),
        "STACK_RESOURCES": json.dumps(dict(resources)),
    }
    done = subprocess.run(  # noqa: S603 - the script that the user names
        [str(script.resolve())] if has_interpreter(script) else [sys.executable, str(script)],
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        check=False,
    )
    if done.returncode:
        last = "\n".join(done.stdout.strip().splitlines()[-_LAST_LINES:])
        help_ = _OTHER_PYTHON if "ModuleNotFoundError" in last and not has_interpreter(script) else ""
        raise CliError(f"--seed {script} ended with {done.returncode}:\n{last}{help_}", ExitCode.BAD_INPUT)
    return done.stdout.strip()
