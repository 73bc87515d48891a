"""The commands `power-tuner enroll`, `unenroll` and `enrolled`: which functions are tuned by themselves, and how."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any

import typer
from msgspec import to_builtins
from msgspec.structs import replace
from rich.box import SIMPLE_HEAD
from rich.markup import escape
from rich.table import Table

from power_tuner.tuning.arn import parse_function_reference
from power_tuner_cli import options, run_options
from power_tuner_cli.cloud import Cloud, Place, TunerStack, open_app
from power_tuner_cli.console import open_screen
from power_tuner_cli.errors import CliError

if TYPE_CHECKING:
    from power_tuner.automation.profile import Profile

_POLICY = "What becomes of its result"
_DRIFT = "Drift checks"
_PERCENT = 100
# The options of a profile's own fields.
_FLAGS = {
    "apply": "--apply",
    "alias": "--alias",
    "parameter": "--parameter",
    "minimumGain": "--minimum-gain",
    "coolDownSeconds": "--cool-down",
    "driftMode": "--drift-mode",
    "driftThreshold": "--drift-threshold",
}

Function = Annotated[str, typer.Argument(metavar="FUNCTION", help="The function's name or ARN.")]


@options.on_aws
@run_options.with_run_input(run_options.OF_A_PROFILE)
def enroll(
    function: Function,
    *,
    run_input: Mapping[str, Any],
    apply: Annotated[
        str | None,
        typer.Option(
            metavar="never|latest|alias|ssm|propose",
            help="What to do with a result.",
            show_default="the stack's autoApply, which is never unless it was set",
            rich_help_panel=_POLICY,
        ),
    ] = None,
    alias: Annotated[
        str | None, typer.Option(help="With --apply alias: the alias to move.", rich_help_panel=_POLICY)
    ] = None,
    parameter: Annotated[
        str | None, typer.Option(help="With --apply ssm: the SSM parameter to write.", rich_help_panel=_POLICY)
    ] = None,
    minimum_gain: Annotated[
        float, typer.Option(help="The least gain in percent that is worth a change.", rich_help_panel=_POLICY)
    ] = 0.0,
    override_owner: Annotated[
        bool,
        typer.Option(
            "--override-owner",
            help="Also change a function that infrastructure as code owns.",
            rich_help_panel=_POLICY,
        ),
    ] = False,
    cool_down: Annotated[
        int, typer.Option(help="Seconds between the beginnings of two runs.", rich_help_panel=_POLICY)
    ] = 300,
    drift_mode: Annotated[
        str,
        typer.Option(
            metavar="read|measure",
            help="Read what production measured, or invoke the function.",
            rich_help_panel=_DRIFT,
        ),
    ] = "read",
    drift_threshold: Annotated[
        float, typer.Option(help="The change of duration in percent that matters.", rich_help_panel=_DRIFT)
    ] = 15.0,
    as_json: options.Json = False,
    place: Place,
) -> None:
    """Tune a function by itself from now on: whenever it is deployed, and when it drifts."""
    from power_tuner.automation.policy import Policy
    from power_tuner.automation.profile import Profile
    from power_tuner.aws.profile_store import with_payload_outside
    from power_tuner.errors import InvalidInput
    from power_tuner.ports import FunctionNotFound

    screen = open_screen(as_json=as_json)
    if parse_function_reference(function) is None:
        raise CliError(f"{function!r} is neither the name nor the ARN of a function.")
    try:
        # Before anything is asked of AWS: a wrong option is told at once.
        policy = Policy(apply, alias, parameter, minimum_gain / _PERCENT, override_owner)
        wanted = Profile("function", run_input, policy, cool_down, drift_mode, drift_threshold / _PERCENT)
    except InvalidInput as error:
        raise CliError(run_options.in_options(error, _FLAGS)) from None
    cloud, stack, arn = _find(function, place)
    app = open_app(cloud, stack)
    try:
        app.functions.get(arn)
    except FunctionNotFound:
        raise CliError(f"There is no function {arn}: enrol one that exists.") from None
    wanted = with_payload_outside(replace(wanted, target_arn=arn), cloud.client("s3"), stack.settings.bucket_name)
    app.profiles.put(wanted)
    screen.document(to_builtins(wanted))
    screen.say(f"{arn} is enrolled: it is tuned when it is deployed. The result is {_fate(wanted)}.")


@options.on_aws
def unenroll(
    function: Function,
    *,
    as_json: options.Json = False,
    place: Place,
) -> None:
    """Leave a function alone from now on; what was found out stays."""
    screen = open_screen(as_json=as_json)
    cloud, stack, arn = _find(function, place)
    profiles = open_app(cloud, stack).profiles
    known = profiles.get(arn)
    if known is None:
        raise CliError(f"{arn} is not enrolled. `power-tuner enrolled` lists what is.")
    profiles.delete(arn)
    uri = str(known.run_input.get("payloadS3") or "")
    own = f"s3://{stack.settings.bucket_name}/"
    if uri.startswith(f"{own}profiles/"):
        cloud.client("s3").delete_object(Bucket=stack.settings.bucket_name, Key=uri.removeprefix(own))
    screen.document({"targetArn": arn, "enrolled": False})
    screen.say(f"{arn} is no longer enrolled.")
    if known.enrolled_by == "tag":
        screen.say("Its tag power-tuning enrols it again with its next deployment: take that off, too.")


@options.on_aws
def enrolled(
    *,
    as_json: options.Json = False,
    place: Place,
) -> None:
    """List the functions that are tuned by themselves."""
    from power_tuner_cli.local_clouds import open_place

    screen = open_screen(as_json=as_json)
    cloud, stack = open_place(place)
    found = sorted(open_app(cloud, stack).profiles.all(), key=lambda each: each.target_arn)
    screen.document([to_builtins(each) for each in found])
    if found:
        screen.people.print(_table(found))
    else:
        screen.say("No function is enrolled: `power-tuner enroll FUNCTION` is the first step.")


def _find(function: str, place: Place) -> tuple[Cloud, TunerStack, str]:
    from power_tuner_cli.local_clouds import open_place
    from power_tuner_cli.run_results import function_arn

    cloud, stack = open_place(place)
    return cloud, stack, function_arn(function, stack)


def _fate(profile: "Profile") -> str:
    policy = profile.policy
    return {
        None: "recorded and told, and nothing is changed unless the stack's autoApply says so",
        "never": "recorded and told, and nothing is changed",
        "latest": "applied to $LATEST",
        "alias": f"applied to the alias {policy.alias}",
        "ssm": f"written to the SSM parameter {policy.parameter}",
        "propose": "told as a proposal",
    }[policy.apply]


def _table(profiles: "list[Profile]") -> Table:
    table = Table(box=SIMPLE_HEAD, padding=(0, 1, 0, 0))
    for heading in ("function", "by", "strategy", "apply", "drift"):
        table.add_column(heading, overflow="fold")
    for each in profiles:
        reference = parse_function_reference(each.target_arn)
        table.add_row(
            escape(reference.name if reference else each.target_arn),
            each.enrolled_by,
            escape(str(each.run_input.get("strategy", "cost"))),
            escape(" ".join(part for part in (each.policy.apply, each.policy.alias or each.policy.parameter) if part)),
            f"{each.drift_mode}, {each.drift_threshold:.0%}",
        )
    return table
