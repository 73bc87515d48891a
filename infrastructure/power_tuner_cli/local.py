"""The commands `power-tuner local up | down | status | add`: a local AWS in the background."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from power_tuner_cli import options
from power_tuner_cli.console import Screen, open_screen
from power_tuner_cli.errors import CliError
from power_tuner_cli.folder_function import find_function
from power_tuner_cli.help_pages import CommandGroup, markup_mode
from power_tuner_cli.project_tuning import require_runs
from power_tuner_cli.run_request import read_environment
from power_tuner_cli.tune import DEFAULT_MEMORY_MB, DEFAULT_TIMEOUT_S

if TYPE_CHECKING:
    from power_tuner_cli.cloud import TunerStack
    from power_tuner_local import LocalAwsConnection

_LONGEST_UPDATE_S = 60

local_app = typer.Typer(
    cls=CommandGroup,
    rich_markup_mode=markup_mode(),
    no_args_is_help=True,
    help="Run a local AWS in the background: AWS on this machine, without an account.",
)


@local_app.command()
def up(
    *,
    update_seconds: Annotated[
        float | None,
        typer.Option(
            min=0,
            max=_LONGEST_UPDATE_S,
            show_default=False,
            help="How long an update of a function takes, 0.03 s by default; on AWS it is one to several seconds.",
        ),
    ] = None,
    as_json: options.Json = False,
    state_dir: options.StateDir = None,
) -> None:
    """Start the local AWS and deploy the tuner to it; if one is running, deploy the tuner again."""
    from power_tuner_cli.background_server import start_server
    from power_tuner_cli.cloud import DEFAULT_STACK_NAME, find_stack
    from power_tuner_cli.local_aws import deploy_tuner, running_local_aws, template_path
    from power_tuner_cli.local_aws import state_dir as resolve

    screen = open_screen(as_json=as_json)
    template = template_path()
    given = str(state_dir) if state_dir else None
    connection = running_local_aws(given)
    if connection is None:
        screen.print_message("Starting the local AWS ...")
        connection = start_server(resolve(given), update_s=update_seconds)
    elif update_seconds is not None:
        raise CliError(
            "--update-seconds: a local AWS is running already, and keeps the time that it was started with. End it "
            "with `power-tuner local down` first; everything in it is lost."
        )
    screen.print_message(f"Deploying {template.name} ...")
    deploy_tuner(connection)
    _show(screen, connection, find_stack(connection, DEFAULT_STACK_NAME))


@local_app.command()
def down(*, as_json: options.Json = False, state_dir: options.StateDir = None) -> None:
    """Stop the local AWS; everything in it is lost."""
    from power_tuner_cli.background_server import stop_server
    from power_tuner_cli.local_aws import state_dir as resolve

    screen = open_screen(as_json=as_json)
    stopped = stop_server(resolve(str(state_dir) if state_dir else None))
    screen.print_json({"stopped": stopped})
    screen.output.print("The local AWS has stopped." if stopped else "No local AWS was running.")


@local_app.command()
def status(*, as_json: options.Json = False, state_dir: options.StateDir = None) -> None:
    """Show how to reach the local AWS; exit with 3 if none is running."""
    from power_tuner_cli.cloud import DEFAULT_STACK_NAME, find_stack
    from power_tuner_cli.local_aws import require_local_aws

    screen = open_screen(as_json=as_json)
    connection = require_local_aws(str(state_dir) if state_dir else None)
    _show(screen, connection, find_stack(connection, DEFAULT_STACK_NAME))


@local_app.command()
def add(
    folder: Annotated[Path, typer.Argument(help="The folder of code.")],
    *,
    handler: options.Handler = None,
    memory: options.Memory = DEFAULT_MEMORY_MB,
    timeout: options.Timeout = DEFAULT_TIMEOUT_S,
    env: options.Environment = None,
    name: options.FunctionName = None,
    as_json: options.Json = False,
    state_dir: options.StateDir = None,
) -> None:
    """Deploy a folder of code to the running local AWS as a function, or update the function."""
    from power_tuner_cli.local_aws import require_local_aws

    screen = open_screen(as_json=as_json)
    if not folder.is_dir():
        raise CliError(f"There is no folder {str(folder)!r}: name a folder of code.")
    connection = require_local_aws(str(state_dir) if state_dir else None)
    runtime, handler = find_function(folder, handler)
    require_runs(f"{folder}: its function", runtime)
    arn = connection.add_function(
        folder,
        handler=handler,
        runtime=runtime,
        name=name,
        memory_mb=memory,
        timeout_s=timeout,
        environment=read_environment(env or ()),
        may_use_aws=True,
    )
    screen.print_json({"functionArn": arn})
    screen.output.print(arn, soft_wrap=True)


def _show(screen: Screen, connection: "LocalAwsConnection", stack: "TunerStack") -> None:
    facts = {
        "endpointUrl": connection.endpoint_url,
        "region": connection.region,
        "stateMachineArn": stack.settings.state_machine_arn,
        "tableName": stack.settings.table_name,
        "bucketName": stack.settings.bucket_name,
    }
    environment = shell_environment(connection)
    screen.print_json({**facts, "environment": environment})
    for fact, value in facts.items():
        screen.output.print(f"{fact:16} {value}", soft_wrap=True, markup=False)
    screen.output.print("\nFor the AWS CLI, boto3 and `power-tuner tune FUNCTION`:")
    for variable, value in environment.items():
        screen.output.print(f"export {variable}={value}", soft_wrap=True, markup=False)


def shell_environment(connection: "LocalAwsConnection") -> dict[str, Any]:
    """Return the environment variables with which any AWS client uses the local AWS."""
    return {
        "AWS_ENDPOINT_URL": connection.endpoint_url,
        "AWS_REGION": connection.region,
        "AWS_DEFAULT_REGION": connection.region,
        "AWS_ACCESS_KEY_ID": connection.keyring.operator_key,
        "AWS_SECRET_ACCESS_KEY": "local",
    }
