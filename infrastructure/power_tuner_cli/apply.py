"""The command `power-tuner apply`: do what a run decided."""

from typing import Annotated, Any

import typer
from msgspec import to_builtins

from power_tuner_cli import options
from power_tuner_cli.cloud import AwsOptions
from power_tuner_cli.console import open_screen
from power_tuner_cli.errors import CliError


@options.on_aws
def apply(
    run: Annotated[
        str, typer.Argument(metavar="RUN", help="The id of the run that decided, as `power-tuner history` lists it.")
    ],
    *,
    alias: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="Publish a version with the decision, and move this alias to it."),
    ] = None,
    ssm: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="Write the decision to this parameter; the function stays as it is."),
    ] = None,
    patch: Annotated[
        str | None,
        typer.Option(
            metavar="FILE[:NAME]",
            help="Write the decision to this SAM template, serverless.yml, Terraform or CDK file; deploy it yourself.",
        ),
    ] = None,
    canary: Annotated[
        bool,
        typer.Option(
            "--canary",
            help="With --alias: by and by, as production's calls show that it is no worse; else everything goes back.",
        ),
    ] = False,
    canary_settings: Annotated[
        str | None,
        typer.Option(
            metavar="JSON",
            help="How the canary proceeds: weights, paceSeconds, minimalCalls, slowdown, errorRise, hours.",
        ),
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would be done.")] = False,
    yes: options.Yes = False,
    as_json: options.Json = False,
    aws_options: AwsOptions,
) -> None:
    """Apply the decision of a run: to $LATEST, to an alias or to a parameter of Systems Manager.

    Refuses if the function changed since it was measured, if the gain may be
    chance, or if the decision was applied already. `power-tuner rollback RUN`
    takes it back.
    """
    from power_tuner.tuning.applied import read_applied
    from power_tuner.tuning.arn import name_of
    from power_tuner_cli.canary_options import read_settings
    from power_tuner_cli.cloud import open_app, open_stack
    from power_tuner_cli.optimizer import applied_text, ask_optimizer
    from power_tuner_cli.patching import patch_file
    from power_tuner_cli.run_results import ended_run

    if canary_settings is not None and not canary:
        raise CliError("Give --canary-settings with --canary.")
    if canary and alias is None:
        raise CliError("Give --canary with --alias: it shares the calls of an alias.")
    settings = read_settings(canary_settings)
    if alias is not None and ssm is not None:
        raise CliError("Give --alias or --ssm, not both.")
    if patch is not None and (alias is not None or ssm is not None):
        raise CliError("Give --patch without --alias and --ssm: it changes a file only.")
    screen = open_screen(as_json=as_json)
    cloud, stack = open_stack(aws_options)
    if patch is not None:
        patch_file(screen, ended_run(cloud, stack, run), patch, yes=yes, dry_run=dry_run)
        return
    where: dict[str, Any] = {"alias": alias} if alias else {"parameter": ssm} if ssm else {}
    if canary:
        where["canary"] = to_builtins(settings) if settings else True
    answer = ask_optimizer(
        cloud, stack, {"apply": run, "dryRun": dry_run, **where}, to="apply a decision", refused="Nothing was applied"
    )
    screen.print_json({"runId": run, "dryRun": dry_run, **answer})
    begun = open_app(cloud, stack).history.begun(run)
    function = name_of(begun.target_arn) if begun and begun.target_arn else "the function"
    if dry_run:
        target = f"the alias {alias} of {function}" if alias else f"the parameter {ssm}" if ssm else function
        change = f"{answer['fromMemoryMb']} MB -> {answer['toMemoryMb']} MB"
        how = "put on trial at" if canary else "applied to"
        screen.print_message(f"This would be {how} {target}: {change}. Nothing was changed.")
        return
    if canary:
        screen.print_message(f"Nothing else has changed for the callers of {function} yet: {answer['reason']}.")
        screen.print_message(f"To see its stages:\n  power-tuner history {function}{options.as_typed(aws_options)}")
    else:
        screen.print_message(applied_text(read_applied(answer), function))
    screen.print_message(f"To take it back:\n  power-tuner rollback {run}{options.as_typed(aws_options)}")
