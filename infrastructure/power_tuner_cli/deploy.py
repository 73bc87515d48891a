"""The command `power-tuner deploy`: make or update the tuner's stack."""

import difflib
import sys
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Annotated, Any

import typer

from power_tuner_cli import options
from power_tuner_cli.cloud import AwsOptions
from power_tuner_cli.console import Screen, open_screen
from power_tuner_cli.errors import CliError
from power_tuner_cli.exit_codes import ExitCode

if TYPE_CHECKING:
    from power_tuner_cli.deployment.progress import Ending, StackEvents
    from power_tuner_cli.deployment.stack_change import Plan, StackChange
    from power_tuner_cli.deployment.template import Template

_STACK = "Stack"


@options.on_aws
def deploy(
    *,
    mode: Annotated[
        str | None,
        typer.Option(
            metavar="measure|advise|apply",
            help="What the stack may do.",
            show_default="that of the stack, or else apply",
            rich_help_panel=_STACK,
        ),
    ] = None,
    settings: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            metavar="PARAMETER=VALUE",
            help="A parameter of the template; may be repeated. Others keep their value, or get the default.",
            rich_help_panel=_STACK,
        ),
    ] = None,
    bucket: options.Bucket = None,
    yes: options.Yes = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only show what would be done.")] = False,
    as_json: options.Json = False,
    aws_options: AwsOptions,
) -> None:
    """Deploy the tuner to an account, or update it: shows what changes, asks, and does it."""
    from power_tuner_cli.cloud import open_cloud
    from power_tuner_cli.deployment.stack_change import StackChange
    from power_tuner_cli.deployment.template import Template
    from power_tuner_cli.deployment.uploading import upload
    from power_tuner_cli.deployment.words import cost_line, plan_lines
    from power_tuner_cli.installation import application_folder

    screen = open_screen(as_json=as_json)
    application = application_folder()
    template = Template.read(application / "template.yaml")
    given = read_settings(template, settings or (), mode)
    if not (yes or dry_run):
        require_somebody("deploy")
    cloud = open_cloud(aws_options)
    change = StackChange(cloud.client("cloudformation"), aws_options.stack_name)
    standing = change.require_changeable(change.standing())
    kept = standing.parameters if standing else {}
    values = {name: value for name, value in kept.items() if name in template.parameters} | given
    for contradiction in template.contradictions(values):
        raise CliError(f"These parameters do not go together: {contradiction}")
    artifacts, bundle = upload(screen.print_message, cloud, aws_options, application, bucket)
    change.give_up_new(standing)
    plan = change.plan(standing, artifacts.url(bundle.template_key), given, {*template.parameters})
    if plan.id is None:
        screen.print_json({"status": "UNCHANGED", "stack": aws_options.stack_name, "changes": []})
        screen.print_message(f"The stack {aws_options.stack_name} is up to date: nothing to change.")
        return
    verb = "is new" if standing is None else f"is updated from version {standing.outputs.get('Version', 'unknown')}"
    to = "to" if standing else "with"
    screen.print_message(
        f"The stack {aws_options.stack_name} in {cloud.region} {verb} {to} version {template.version}."
    )
    for line in (*plan_lines(plan, standing, template, values), cost_line(template, values)):
        screen.print_message(line)
    document = {"stack": aws_options.stack_name, "changes": [_document(each) for each in plan.changes]}
    if dry_run or not (yes or agrees("Deploy this?")):
        change.discard(plan)
        screen.print_json({"status": "PLANNED" if dry_run else "DECLINED", **document})
        screen.print_message("Nothing was changed.")
        return
    outputs = _execute(screen, change, plan)
    screen.print_json({"status": "DEPLOYED", **document, "outputs": outputs})
    screen.print_message(
        f"The stack {aws_options.stack_name} is deployed. Next:\n  {_next(values, template, aws_options)}"
    )


def read_settings(template: "Template", settings: Iterable[str], mode: str | None) -> dict[str, str]:
    """Return the parameters that --set and --mode give.

    Raises:
        CliError: A parameter does not exist, or does not take that value.
    """
    given: dict[str, str] = {}
    for pair in settings:
        name, equals, value = pair.partition("=")
        if not equals:
            raise CliError(f"--set {pair!r}: give it as PARAMETER=VALUE.")
        if name not in template.parameters:
            near = difflib.get_close_matches(name, template.parameters, 1, 0.5)
            hint = f"Did you mean {near[0]}?" if near else f"Known are {', '.join(template.parameters)}."
            raise CliError(f"--set {name}: the template has no such parameter. {hint}")
        if name in given:
            raise CliError(f"--set {name} is given twice.")
        given[name] = value
    if mode is not None:
        if given.get("mode", mode) != mode:
            raise CliError(f"--mode {mode} and --set mode={given['mode']} say two things: give one of them.")
        given["mode"] = mode
    for name, value, allowed in template.refusals(given):
        flag = f"--mode {value!r}" if mode is not None and name == "mode" else f"--set {name}={value!r}"
        raise CliError(f"{flag}: give {allowed}.")
    return given


def require_somebody(command: str) -> None:
    """Check that somebody can answer a question.

    Raises:
        CliError: Nobody can.
    """
    if not sys.stdin.isatty():
        raise CliError(
            f"`power-tuner {command}` asks before it acts, and nobody can answer here: give --yes, or --dry-run to see "
            "what it would do."
        )


def agrees(question: str) -> bool:
    """Ask, and return whether the answer is yes; Ctrl-C is no."""
    try:
        return typer.confirm(question, err=True)
    except typer.Abort:
        return False


def follow(events: "StackEvents", screen: Screen, doing: str) -> "Ending":
    """Tell what happens to a stack until it has ended.

    Raises:
        CliError: Ctrl-C was pressed; the stack changes all the same.
    """
    try:
        return events.follow(screen.print_message)
    except KeyboardInterrupt:
        raise CliError(
            f"The {doing} goes on in CloudFormation; nobody watches it here.", ExitCode.INTERRUPTED
        ) from None


def _execute(screen: Screen, change: "StackChange", plan: "Plan") -> Mapping[str, str]:
    """Execute a plan; return the outputs of the stack.

    Raises:
        CliError: A resource failed.
    """
    from power_tuner_cli.deployment.progress import StackEvents
    from power_tuner_cli.deployment.words import failure_lines

    events = StackEvents(change.client, plan.stack_id)
    change.client.execute_change_set(ChangeSetName=plan.id)
    ending = follow(events, screen, "deployment")
    if not ending.succeeded:
        lines = failure_lines(ending, creates=plan.creates, stack_name=change.name)
        raise CliError("\n".join(lines), ExitCode.RUN_FAILED)
    standing = change.standing()
    return standing.outputs if standing else {}


def _document(change: Any) -> dict[str, Any]:
    return {
        "action": change.action,
        "name": change.name,
        "type": change.resource_type,
        "physicalId": change.physical_id,
        "replaced": change.replaced,
    }


def _next(values: Mapping[str, str], template: "Template", aws_options: AwsOptions) -> str:
    """Return the command that comes next."""
    where = options.as_typed(aws_options)
    if template.values(values)["mode"] == "measure":
        return f"power-tuner tune FUNCTION --payload-file event.json{where}"
    return f"power-tuner enroll FUNCTION --payload-file event.json{where}"
