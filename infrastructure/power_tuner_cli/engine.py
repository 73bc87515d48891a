"""The command `power-tuner engine --stdio`: drive the decision engine from another program, in JSON lines."""

import json
import sys
from collections.abc import Mapping
from typing import Annotated, Any

import typer

from power_tuner_cli.errors import CliError
from power_tuner_cli.exit_codes import ExitCode


def engine(
    *,
    stdio: Annotated[bool, typer.Option("--stdio", help="Exchange JSON lines on stdin and stdout.")] = False,
) -> None:
    """Drive the decision engine that runs in Lambda from another program.

    In: {"episode": 1, "sizes": [128, 1024], "objective": "cost", "seed": 7, "price_per_ms": {"128": 2e-9, ...}},
    then {"results": {"128": [{"duration_ms": 9.1, "billed_ms": 10}]}} after each {"invoke": {"128": 3}} that comes
    out, until {"choice": 1024, "confidence": 0.97} ends the episode.
    """
    if not stdio:
        raise CliError("engine needs --stdio: it has no other interface.", ExitCode.BAD_INPUT)

    from power_tuner_cli.engine_session import run_episodes

    def send(message: Mapping[str, Any]) -> None:
        sys.stdout.write(json.dumps(message) + "\n")
        sys.stdout.flush()

    run_episodes(iter(sys.stdin), send)
