"""The command `power-tuner rollback`: undo what a run's decision changed."""

import json
from typing import Annotated, Any

import typer

from power_tuner_cli import options
from power_tuner_cli.cloud import AwsOptions, Cloud, TunerStack
from power_tuner_cli.console import open_screen
from power_tuner_cli.errors import CliError
from power_tuner_cli.exit_codes import ExitCode


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

    screen = open_screen(as_json=as_json)
    cloud, stack = open_stack(aws_options)
    restored = _invoke_optimizer(cloud, stack, run)
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


def _invoke_optimizer(cloud: Cloud, stack: TunerStack, run: str) -> dict[str, Any]:
    """Let the Optimizer do it: it has the permissions and holds the lease, and its updates start no run."""
    from power_tuner.automation.policy import APPLY

    mode = stack.settings.stack_policy.mode
    if mode != APPLY:
        raise CliError(
            f"The stack {stack.name} is deployed with mode={mode} and may change no function: deploy it with "
            "mode=apply to roll back."
        )
    found = cloud.client("cloudformation").describe_stack_resource(
        StackName=stack.name, LogicalResourceId="OptimizerFunction"
    )
    name = found["StackResourceDetail"]["PhysicalResourceId"]
    answer = cloud.client("lambda").invoke(FunctionName=name, Payload=json.dumps({"rollback": run}).encode())
    document: dict[str, Any] = json.loads(answer["Payload"].read())
    if "FunctionError" in answer:
        reason = document.get("errorMessage", "the Optimizer failed without an error message; see its log")
        raise CliError(f"Nothing was rolled back: {reason}", ExitCode.RUN_FAILED)
    return document
