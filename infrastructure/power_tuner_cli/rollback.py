"""The command `power-tuner rollback`: undo what a run's decision changed."""

from typing import Annotated

import typer

from power_tuner_cli import options
from power_tuner_cli.cloud import AwsOptions
from power_tuner_cli.console import open_screen


@options.on_aws
def rollback(
    run: Annotated[str, typer.Argument(metavar="RUN", help="The id of the run whose decision was applied.")],
    *,
    as_json: options.Json = False,
    aws_options: AwsOptions,
) -> None:
    """Restore the memory size, alias or parameter as it was before a run's decision was applied.

    Refuses if somebody has changed it since.
    """
    from power_tuner_cli.cloud import open_stack
    from power_tuner_cli.optimizer import ask_optimizer

    screen = open_screen(as_json=as_json)
    cloud, stack = open_stack(aws_options)
    restored = ask_optimizer(cloud, stack, {"rollback": run}, to="roll back", refused="Nothing was rolled back")
    screen.print_json(restored)
    what = ", ".join(
        text
        for name, text in (
            ("memoryMb", f"{restored.get('memoryMb')} MB"),
            ("alias", f"alias {restored.get('alias')}"),
            ("parameter", f"parameter {restored.get('parameter')}"),
        )
        if name in restored
    )
    screen.print_message(f"{restored['targetArn']} is as it was before run {run}: {what}.")
