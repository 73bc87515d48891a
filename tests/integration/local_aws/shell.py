"""The shell of somebody whose account the local AWS plays."""

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from power_tuner_local import LocalAws


def environment_of(aws: "LocalAws", home: Path) -> dict[str, str]:
    """Return the variables of a shell with credentials, and with this environment's commands."""
    return {
        **{name: value for name, value in os.environ.items() if not name.startswith("AWS_")},
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]),
        "HOME": str(home),
        "AWS_ENDPOINT_URL": aws.endpoint_url,
        "AWS_ACCESS_KEY_ID": aws.keyring.operator_key,
        "AWS_SECRET_ACCESS_KEY": "local",
        "AWS_REGION": aws.region,
    }


def run(command: str, folder: Path, environment: Mapping[str, str]) -> "subprocess.CompletedProcess[str]":
    """Run a command as a document shows it."""
    return subprocess.run(  # noqa: S603 - commands of our own documents
        ["/bin/bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", command],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
