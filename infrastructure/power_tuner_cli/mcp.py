"""The command `power-tuner mcp`: let a coding agent ask and, if allowed, tune."""

from typing import Annotated

import typer

from power_tuner_cli import options
from power_tuner_cli.cloud import AwsOptions


@options.on_aws
def mcp(
    *,
    allow_runs: Annotated[
        bool, typer.Option("--allow-runs", help="Let the agent start runs, which invoke functions and cost money.")
    ] = False,
    aws_options: AwsOptions,
) -> None:
    """Serve history, reports and the fleet to a coding agent, over stdin and stdout (MCP).

    It only reads, unless --allow-runs is given; it never changes a function
    for good. Needs the extra `mcp`.
    """
    from power_tuner_cli.cloud import open_stack
    from power_tuner_cli.mcp_server import build_server

    cloud, stack = open_stack(aws_options)
    build_server(cloud, stack, allow_runs=allow_runs).run("stdio")
