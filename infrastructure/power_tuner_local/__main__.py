"""Start and stop the background server: `python -m power_tuner_local serve --state-dir DIR`."""

import argparse
import sys
from pathlib import Path

from power_tuner_local import background


def main(arguments: list[str] | None = None) -> int:
    """Run a command; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m power_tuner_local", description="Run AWS on this machine.")
    commands = parser.add_subparsers(dest="command", required=True)
    serve = commands.add_parser("serve", help="serve until SIGTERM")
    serve.add_argument("--port", type=int, default=0, help="port to listen on; 0 (default) is any free port")
    serve.add_argument("--log", type=Path, help="file for warnings (default: stderr)")
    serve.add_argument("--update-seconds", type=float, help="how long updates of functions take")
    down = commands.add_parser("down", help="stop the server")
    for command in (serve, down):
        command.add_argument("--state-dir", type=Path, required=True, help="folder of the state file")
    options = parser.parse_args(arguments)
    try:
        if options.command == "serve":
            background.serve(options.state_dir, port=options.port, log=options.log, update_s=options.update_seconds)
        elif not background.stop(options.state_dir):
            print("no local AWS is running", file=sys.stderr)  # noqa: T201
    except (background.AlreadyRunningError, TimeoutError, OSError) as error:
        print(f"power_tuner_local: {error}", file=sys.stderr)  # noqa: T201
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
