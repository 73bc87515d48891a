"""What a sandbox's process executes: a Python, the node on the PATH, or a function's own bootstrap."""

import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from power_tuner_local.lambda_service.python_runtimes import python_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from power_tuner_local.lambda_service.code_store import Unpacked

_HERE = Path(__file__).parent
_NODE_RUNTIME = _HERE / "node_runtime.mjs"
_FAMILIES = ("python", "nodejs", "provided")


def not_run(runtime: str) -> str:
    """Return why functions of a runtime are not run on this machine, and what would help; empty if they are."""
    if not runtime:
        return "is a container image, which the local AWS does not run. Tune it in AWS"
    if not runtime.startswith(_FAMILIES):
        families = "Python, Node.js and functions with a bootstrap of their own (provided.al2023)"
        return f"has the runtime {runtime}: the local AWS runs {families}. Tune this one in AWS"
    if runtime.startswith("nodejs") and shutil.which("node") is None:
        return f"has the runtime {runtime}, and there is no node on the PATH. Install Node.js"
    return ""


def other_version(runtime: str) -> str:
    """Return a sentence about the version that a function is run with here, if its runtime names another one."""
    if runtime.startswith("python"):
        python = python_of(runtime)
        if f"python{python.version}" == runtime:
            return ""
        return f"{runtime} is run with Python {python.version} here, as there is no {runtime} on the PATH that works."
    if not runtime.startswith("nodejs"):
        return ""
    asked = ["node", "--version"]
    here = subprocess.run(asked, capture_output=True, text=True, check=True).stdout.strip()  # noqa: S603 # nosec B607
    same = here.removeprefix("v").partition(".")[0] == runtime.removeprefix("nodejs").partition(".")[0]
    return "" if same else f"{runtime} is run with Node.js {here} here."


def command_of(
    runtime: str, handler: str, unpacked: "Unpacked", environment: "Mapping[str, str]", lifeline: int
) -> list[str]:
    """Return the command that becomes the runtime of a function."""
    if runtime.startswith("python"):
        return [
            *_wrapper(environment, unpacked),
            unpacked.python.executable,
            "-S",
            str(_HERE / "sandbox_main.py"),
            str(lifeline),
            handler,
        ]
    become = [sys.executable, "-I", "-S", str(_HERE / "sandbox_exec.py"), str(lifeline)]
    if runtime.startswith("nodejs"):
        return [*become, *_wrapper(environment, unpacked), "node", str(_NODE_RUNTIME), handler]
    own = unpacked.task_root / "bootstrap"
    return [*become, str(own if own.exists() or unpacked.opt is None else unpacked.opt / "bootstrap")]


def _wrapper(environment: "Mapping[str, str]", unpacked: "Unpacked") -> list[str]:
    """Return the start of the command of a function with a wrapper script; the shell reports one that is missing."""
    script = environment.get("AWS_LAMBDA_EXEC_WRAPPER", "")
    return ["/bin/sh", "-c", 'exec "$0" "$@"', unpacked.here(script)] if script else []
