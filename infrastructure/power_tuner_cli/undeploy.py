"""The command `power-tuner undeploy`: remove the tuner's stack."""

import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Any

import typer

from power_tuner_cli import options
from power_tuner_cli.cloud import AwsOptions
from power_tuner_cli.console import Screen, open_screen
from power_tuner_cli.errors import CliError
from power_tuner_cli.exit_codes import ExitCode

if TYPE_CHECKING:
    from power_tuner.app import App
    from power_tuner_cli.cloud import Cloud
    from power_tuner_cli.deployment.progress import Ending
    from power_tuner_cli.deployment.stack_change import StackChange, Standing

_CLEANUP_S = 60.0
_SHOWN = 5


@options.on_aws
def undeploy(
    *,
    stop_runs: Annotated[
        bool, typer.Option("--stop-runs", help="End the runs that are under way; their functions are cleaned up.")
    ] = False,
    delete_data: Annotated[
        bool, typer.Option("--delete-data", help="Also delete the table and the bucket: history, profiles, reports.")
    ] = False,
    yes: options.Yes = False,
    as_json: options.Json = False,
    aws_options: AwsOptions,
) -> None:
    """Remove the tuner from an account: says what is kept and what is lost, asks, and does it."""
    from power_tuner_cli.cloud import find_stack, open_app, open_cloud
    from power_tuner_cli.deploy import agrees, require_somebody
    from power_tuner_cli.deployment.data import delete_stored
    from power_tuner_cli.deployment.stack_change import StackChange

    screen = open_screen(as_json=as_json)
    if not yes:
        require_somebody("undeploy")
    cloud = open_cloud(aws_options)
    change = StackChange(cloud.client("cloudformation"), aws_options.stack_name)
    standing = change.require_removable(change.standing(), cloud.region)
    if standing.stands:
        app = open_app(cloud, find_stack(cloud, aws_options.stack_name))
        _require_no_canaries(app)
        _end_runs(screen, cloud, standing, stop=stop_runs)
        _require_clean(screen, cloud, change, app)
        for line in _consequences(app, standing, delete_data=delete_data):
            screen.print_message(line)
    if not (yes or agrees("Remove it?")):
        screen.print_json({"status": "DECLINED", "stack": aws_options.stack_name})
        screen.print_message("Nothing was changed.")
        return
    ending = _delete(screen, change, standing)
    kept = [name for _, name in ending.kept]
    if delete_data:
        delete_stored(cloud, standing.outputs)
        kept = []
    deleted = _remove_artifacts(cloud, aws_options.stack_name, standing)
    screen.print_json(
        {"status": "UNDEPLOYED", "stack": aws_options.stack_name, "kept": kept, "artifactsDeleted": deleted}
    )
    screen.print_message(f"The stack {aws_options.stack_name} is gone, and what was uploaded for it.")
    if kept:
        screen.print_message(f"Kept: {', '.join(kept)}. Delete them by hand when nobody needs them.")


def _require_no_canaries(app: "App") -> None:
    """Refuse to remove what alone takes the weight of a canary back.

    Raises:
        CliError: One is under way.
    """
    trials = list(app.canaries.held())
    if trials:
        shown = ", ".join(f"{each.target_arn.rpartition(':')[2]} (run {each.run_id})" for each in trials[:_SHOWN])
        raise CliError(
            f"A canary is under way: {shown}. Only this stack takes back what it has set: wait for its end, or "
            "`power-tuner rollback RUN`. Nothing was removed."
        )


def _end_runs(screen: Screen, cloud: "Cloud", standing: "Standing", *, stop: bool) -> None:
    """End the runs that are under way, if that was asked for.

    Raises:
        CliError: There are some, and it was not.
    """
    client = cloud.client("stepfunctions")
    pages = client.get_paginator("list_executions").paginate(
        stateMachineArn=standing.outputs["StateMachineArn"], statusFilter="RUNNING"
    )
    running = [each["executionArn"] for page in pages for each in page["executions"]]
    if not running:
        return
    names = [arn.rpartition(":")[2] for arn in running]
    shown = ", ".join(names[:_SHOWN]) + (f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else "")
    if not stop:
        raise CliError(
            f"Runs are under way: {shown}. Wait until they have ended, or give --stop-runs, which ends them and cleans "
            "up after them. Nothing was removed."
        )
    for arn in running:
        client.stop_execution(executionArn=arn, cause="The stack is being removed by power-tuner undeploy.")
    screen.print_message(f"Ended {shown}.")


def _require_clean(screen: Screen, cloud: "Cloud", change: "StackChange", app: "App") -> None:
    """Let the janitor finish what ended runs have left.

    Raises:
        CliError: It cannot.
    """
    deadline, told = time.monotonic() + _CLEANUP_S, False
    while leases := list(app.leases.held()):
        targets = ", ".join(sorted(each.target_arn.rpartition(":")[2] for each in leases)[:_SHOWN])
        if time.monotonic() > deadline:
            raise CliError(
                f"The cleanup after a run is not finished for: {targets}. These functions may still have a test memory "
                "size or version, and only this stack knows what they had. The janitor tries every five minutes; "
                "undeploy later. Nothing was removed.",
                ExitCode.RUN_FAILED,
            )
        if not told:
            screen.print_message(f"Leases are still held on {targets}: waiting for the cleanup ...")
            told = True
        janitor = change.client.describe_stack_resource(StackName=change.name, LogicalResourceId="JanitorFunction")
        name = janitor["StackResourceDetail"]["PhysicalResourceId"]
        cloud.client("lambda").invoke(FunctionName=name, Payload=b"{}")
        time.sleep(1)


def _consequences(app: "App", standing: "Standing", *, delete_data: bool) -> Iterator[str]:
    """Yield what is kept, and what is lost."""
    enrolled = sum(1 for _ in app.profiles.enrolled())
    outputs = standing.outputs
    yield f"The stack {standing.name} is removed: its functions, state machines, roles, rules, logs and alarms."
    if enrolled:
        yield f"{enrolled} enrolled functions are no longer tuned by themselves."
    table, bucket = outputs["TableName"], outputs["BucketName"]
    data = f"the table {table} (history, profiles) and the bucket {bucket} (results, reports)"
    if delete_data:
        yield f"WARNING: {data} are deleted too. Nobody can restore them."
    else:
        yield f"Kept: {data}. A stack that is deployed later does not read them. --delete-data deletes them."
    yield "What decisions have set stays: memory sizes, aliases and parameters of the functions that were tuned."


def _delete(screen: Screen, change: "StackChange", standing: "Standing") -> "Ending":
    """Delete the stack.

    Raises:
        CliError: A resource cannot be deleted.
    """
    from power_tuner_cli.deploy import follow
    from power_tuner_cli.deployment.progress import StackEvents

    events = StackEvents(change.client, standing.id)
    change.client.delete_stack(StackName=standing.id)
    ending = follow(events, screen, "removal")
    if not ending.succeeded:
        raise CliError(
            f"{ending.failed or standing.name} ({ending.resource_type or ending.status}) could not be deleted:\n"
            f"  {ending.reason or 'CloudFormation gave no reason; its console shows all events'}\n"
            "Remove what stands in the way, then undeploy again: it goes on from here.",
            ExitCode.RUN_FAILED,
        )
    return ending


def _remove_artifacts(cloud: "Cloud", stack_name: str, standing: "Standing") -> int:
    """Delete what deployments have uploaded; return how many objects these were."""
    from power_tuner_cli.deployment.artifacts import Artifacts

    uri: Any = standing.outputs.get("Artifacts", "")
    bucket = uri.removeprefix("s3://").partition("/")[0] or None
    account_id = str(cloud.client("sts").get_caller_identity()["Account"])
    return Artifacts(cloud, account_id, stack_name, bucket).remove()
