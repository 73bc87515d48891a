"""Becomes the process of a function that is not Python; run as a script, as the sandbox's process."""

import os
import sys
from pathlib import Path

_ERROR_TYPE = "Runtime.InvalidEntrypoint"


def main() -> None:
    """Become a command: `sandbox_exec.py <lifeline descriptor> <command> <argument>...`."""
    lifeline, *command = sys.argv[1:]
    sys.path.insert(0, str(Path(__file__).parent))
    from sandbox_main import die_with  # type: ignore[import-not-found]  # noqa: PLC0415 (Python started without a path)

    die_with(int(lifeline), outlives_exec=True)
    try:
        os.execvp(command[0], command)  # noqa: S606 (the user's own function) # nosec B606
    except FileNotFoundError:
        refuse("Couldn't find valid bootstrap(s): [/var/task/bootstrap /opt/bootstrap]")
    except OSError as error:
        refuse(f"fork/exec {command[0]}: {(error.strerror or str(error)).lower()}")


def refuse(message: str) -> None:
    """Tell the Runtime API that there is nothing to run, as Lambda words it."""
    # imported late: both take longer than all else that happens before a function begins
    import http.client  # noqa: PLC0415
    import json  # noqa: PLC0415

    api = http.client.HTTPConnection(os.environ["AWS_LAMBDA_RUNTIME_API"])
    body = json.dumps({"errorMessage": f"Error: {message}", "errorType": _ERROR_TYPE})
    headers = {"Lambda-Runtime-Function-Error-Type": _ERROR_TYPE}
    api.request("POST", "/2018-06-01/runtime/init/error", body, headers)
    api.getresponse().read()
    sys.exit(1)


if __name__ == "__main__":
    main()
