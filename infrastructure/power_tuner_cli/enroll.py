"""The commands `power-tuner enroll` and `enrolled`: which functions are tuned automatically, and how."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any

import typer
from msgspec import UNSET, to_builtins
from msgspec.structs import replace

from power_tuner.tuning.arn import parse_function_reference
from power_tuner_cli import options, run_options
from power_tuner_cli.cloud import AwsOptions, Cloud, TunerStack, open_app
from power_tuner_cli.console import open_screen
from power_tuner_cli.errors import CliError
from power_tuner_cli.function_selection import require_selection, select_functions
from power_tuner_cli.listing import Listing

if TYPE_CHECKING:
    from collections.abc import Sequence

    from power_tuner.app import App
    from power_tuner.automation.policy import Policy
    from power_tuner.automation.profile import Profile
    from power_tuner.errors import InvalidInput

_POLICY = "What to do with a result"
_DRIFT = "Drift checks"
_PERCENT = 100
# The options of a profile's own fields.
_FLAGS = {
    "apply": "--apply",
    "alias": "--alias",
    "canary": "--canary",
    "parameter": "--parameter",
    "minimumGain": "--minimum-gain",
    "coolDownSeconds": "--cool-down",
    "driftMode": "--drift-mode",
    "driftThreshold": "--drift-threshold",
}


@options.on_aws
@run_options.with_run_input(run_options.OF_A_PROFILE)
def enroll(
    functions: options.Functions = None,
    *,
    tags: Annotated[
        list[str] | None,
        typer.Option(
            "--tag",
            metavar="KEY=VALUE",
            help="All functions with this tag; may be repeated, then all must hold; with a pattern both.",
        ),
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only list what would be enrolled.")] = False,
    run_input: Mapping[str, Any],
    apply: Annotated[
        str | None,
        typer.Option(
            metavar="never|latest|alias|canary|ssm|propose",
            help="Where to apply a result; propose only sends an event.",
            show_default="the stack's autoApply",
            rich_help_panel=_POLICY,
        ),
    ] = None,
    alias: Annotated[
        str | None, typer.Option(help="With --apply alias or canary: the alias to move.", rich_help_panel=_POLICY)
    ] = None,
    canary: Annotated[
        str | None,
        typer.Option(
            metavar="JSON",
            help="With --apply canary: its weights, paceSeconds and other settings.",
            show_default="5 %, 25 % and 50 % of the calls, 5 minutes each at least",
            rich_help_panel=_POLICY,
        ),
    ] = None,
    parameter: Annotated[
        str | None, typer.Option(help="With --apply ssm: the SSM parameter to write.", rich_help_panel=_POLICY)
    ] = None,
    minimum_gain: Annotated[
        float, typer.Option(help="The smallest gain, in percent, that is worth a change.", rich_help_panel=_POLICY)
    ] = 0.0,
    override_owner: Annotated[
        bool,
        typer.Option(
            "--override-owner",
            help="Also change a function that infrastructure as code manages.",
            rich_help_panel=_POLICY,
        ),
    ] = False,
    cool_down: Annotated[
        int, typer.Option(help="The fewest seconds between the starts of two runs.", rich_help_panel=_POLICY)
    ] = 300,
    drift_mode: Annotated[
        str,
        typer.Option(
            metavar="read|measure",
            help="Read the logs of production, or invoke the function.",
            rich_help_panel=_DRIFT,
        ),
    ] = "read",
    drift_threshold: Annotated[
        float, typer.Option(help="The change of duration, in percent, that counts as drift.", rich_help_panel=_DRIFT)
    ] = 15.0,
    as_json: options.Json = False,
    aws_options: AwsOptions,
) -> None:
    """Tune functions automatically from now on: after each deployment, and when they drift."""
    from power_tuner.automation.policy import Policy
    from power_tuner.automation.profile import Profile
    from power_tuner.errors import InvalidInput
    from power_tuner_cli.canary_options import read_settings
    from power_tuner_cli.cloud import open_stack

    screen = open_screen(as_json=as_json)
    names = functions or []
    require_selection(names, tags or ())
    try:
        # A wrong option is reported before any call to AWS.
        policy = Policy(
            apply, alias, parameter, minimum_gain / _PERCENT, override_owner, read_settings(canary) or UNSET
        )
        wanted = Profile("function", run_input, policy, cool_down, drift_mode, drift_threshold / _PERCENT)
    except InvalidInput as error:
        raise CliError(run_options.in_options(_in_percent(error), _FLAGS)) from None
    cloud, stack = open_stack(aws_options)
    require_mode(stack, policy)
    app = open_app(cloud, stack)
    arns = select_functions(cloud, stack, names, tags or (), exists=lambda arn: _exists(app, arn))
    profiles = [replace(wanted, target_arn=arn) for arn in arns]
    if not dry_run:
        profiles = put_profiles(cloud, stack, profiles)
    documents = [to_builtins(each) for each in profiles]
    # One that is named is one document, as it always was.
    alone = len(names) == 1 and not tags and parse_function_reference(names[0]) is not None
    screen.print_json(documents[0] if alone else documents)
    done = "would be enrolled and" if dry_run else "is enrolled and will be"
    for arn in arns:
        screen.print_message(f"{arn} {done} tuned when it is deployed.")
    screen.print_message(f"Each result is {_application(wanted)}.")


def put_profiles(cloud: Cloud, stack: TunerStack, profiles: "Sequence[Profile]") -> "list[Profile]":
    """Enroll functions, and return their profiles as the table keeps them."""
    from power_tuner.aws.profile_store import with_payload_outside

    s3, bucket = cloud.client("s3"), stack.settings.bucket_name
    kept = [with_payload_outside(each, s3, bucket) for each in profiles]
    app = open_app(cloud, stack)
    for each in kept:
        app.profiles.put(each)
    return kept


def _exists(app: "App", arn: str) -> bool:
    from power_tuner.ports import FunctionNotFound

    try:
        app.functions.get(arn)
    except FunctionNotFound:
        return False
    return True


def _in_percent(error: "InvalidInput") -> "InvalidInput":
    """Return an error about a share with the percentage that was typed."""
    from power_tuner.errors import InvalidInput

    lowest = {"minimumGain": "from 0", "driftThreshold": "above 0"}.get(error.field)
    if lowest is None or not isinstance(error.value, float):
        return error
    typed = f"{_PERCENT * error.value:g}"
    return InvalidInput(field=error.field, value=float(typed), allowed=f"a percentage {lowest} and below 100")


@options.on_aws
def enrolled(
    *,
    as_json: options.Json = False,
    aws_options: AwsOptions,
) -> None:
    """List the functions that are tuned automatically."""
    from power_tuner_cli.cloud import open_stack

    screen = open_screen(as_json=as_json)
    cloud, stack = open_stack(aws_options)
    found = dict(sorted(open_app(cloud, stack).profiles.enrolled(), key=lambda each: each[0]))
    screen.print_json(
        [to_builtins(each) if each else {"targetArn": arn, "damaged": True} for arn, each in found.items()]
    )
    if found:
        screen.output.print(_listing(found), soft_wrap=True)
    else:
        screen.print_message("No function is enrolled. Enroll one with `power-tuner enroll FUNCTION`.")


def require_mode(stack: TunerStack, policy: "Policy") -> None:
    """Refuse what the stack would never do for an enrolled function."""
    from power_tuner.automation.policy import MEASURE, NEVER
    from power_tuner.errors import InvalidInput

    allowed = stack.settings.stack_policy
    if allowed.mode == MEASURE:
        raise CliError(
            f"The stack {stack.name} is deployed with mode=measure, which tunes nothing by itself: deploy it with "
            "mode=advise or mode=apply first."
        )
    try:
        allowed.require_allowed(replace(policy, apply=policy.apply or NEVER), "apply")
    except InvalidInput as error:
        raise CliError(run_options.in_options(error, _FLAGS)) from None


def _application(profile: "Profile") -> str:
    policy = profile.policy
    return {
        None: "recorded and sent as an event; nothing is changed unless the stack's autoApply says so",
        "never": "recorded and sent as an event; nothing is changed",
        "latest": "applied to $LATEST",
        "alias": f"applied to the alias {policy.alias}",
        "canary": f"put on trial as a canary of the alias {policy.alias}",
        "ssm": f"written to the SSM parameter {policy.parameter}",
        "propose": "sent as a proposal",
    }[policy.apply]


def _listing(enrolled: "Mapping[str, Profile | None]") -> Listing:
    rows = []
    for target_arn, each in enrolled.items():
        reference = parse_function_reference(target_arn)
        name = reference.name if reference else target_arn
        if each is None:
            rows.append([name, "", "its profile cannot be read: enroll it again", "", ""])
            continue
        apply = " ".join(part for part in (each.policy.apply, each.policy.alias or each.policy.parameter) if part)
        strategy = str(each.run_input.get("strategy", "cost"))
        rows.append([name, each.enrolled_by, strategy, apply, f"{each.drift_mode}, {each.drift_threshold:.0%}"])
    return Listing(["function", "by", "strategy", "apply", "drift"], rows)
