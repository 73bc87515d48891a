"""The command `power-tuner tune`: find the best memory size of a function."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from power_tuner_cli import options, run_options
from power_tuner_cli.cloud import AwsOptions
from power_tuner_cli.console import Screen, open_screen
from power_tuner_cli.errors import CliError, explain_aws_error
from power_tuner_cli.exit_codes import ExitCode
from power_tuner_cli.folder_function import find_function
from power_tuner_cli.folder_tuning import LocalFunction, tune_folder
from power_tuner_cli.meant_function import meant_function
from power_tuner_cli.outputs import Format, Outputs
from power_tuner_cli.project_tuning import LOCAL_INTERVAL_S, LocalRun, tune_project
from power_tuner_cli.projects.finding import named_here, split_target
from power_tuner_cli.projects.layers import read_layers
from power_tuner_cli.projects.seeding import require_script
from power_tuner_cli.projects.template_parameters import read_parameters
from power_tuner_cli.run_request import read_environment

DEFAULT_MEMORY_MB = 1024
DEFAULT_TIMEOUT_S = 30
_AWS_INTERVAL_S = 2.0
_LOCAL_PANEL = "Local project"
_PATH_LIKE = re.compile(r"^[.~/]|/|\\")


@options.on_aws
@run_options.with_run_input(run_options.OF_A_RUN)
def tune(
    target: Annotated[
        str,
        typer.Argument(
            metavar="PATH_OR_FUNCTION",
            help="A project or its template (template.yaml:LogicalId for one of several functions), a folder or file of"
            " code, or a function's name or ARN.",
        ),
    ],
    *,
    run_input: Mapping[str, Any],
    handler: options.Handler = None,
    memory: Annotated[
        int | None,
        typer.Option(
            help="The function's current memory size in MB.",
            show_default=str(DEFAULT_MEMORY_MB),
            rich_help_panel=options.FOLDER_PANEL,
        ),
    ] = None,
    timeout: Annotated[
        int | None,
        typer.Option(
            help="The function's timeout in seconds.",
            show_default=str(DEFAULT_TIMEOUT_S),
            rich_help_panel=options.FOLDER_PANEL,
        ),
    ] = None,
    name: options.FunctionName = None,
    env: Annotated[
        list[str] | None,
        typer.Option(
            "--env",
            metavar="NAME=VALUE",
            help="An environment variable of the function, in place of the template's; may be repeated.",
            rich_help_panel=_LOCAL_PANEL,
        ),
    ] = None,
    parameter: Annotated[
        list[str] | None,
        typer.Option(
            "--parameter",
            "-var",
            metavar="KEY=VALUE",
            help="A parameter of the template, the name of an export that it imports, or a variable of Terraform; may "
            "be repeated.",
            rich_help_panel=_LOCAL_PANEL,
        ),
    ] = None,
    var_file: Annotated[
        list[Path] | None,
        typer.Option(
            "--var-file",
            "-var-file",
            metavar="FILE",
            help="A file with values of Terraform's variables; may be repeated.",
            rich_help_panel=_LOCAL_PANEL,
        ),
    ] = None,
    layer: Annotated[
        list[str] | None,
        typer.Option(
            "--layer",
            metavar="NAME=PATH",
            help="A folder or zip file with the content of a layer of another account; NAME= leaves it out; may be "
            "repeated.",
            rich_help_panel=_LOCAL_PANEL,
        ),
    ] = None,
    seed: Annotated[
        Path | None,
        typer.Option(
            metavar="SCRIPT",
            help="A Python script to run before the function is tuned: boto3 in it uses the local AWS, and its "
            "environment has the function's variables and the stack's outputs.",
            rich_help_panel=_LOCAL_PANEL,
        ),
    ] = None,
    check: Annotated[
        bool,
        typer.Option(
            "--check",
            help="Exit with 4 if another memory size is better than the current one.",
            rich_help_panel="Output",
        ),
    ] = False,
    estimate: Annotated[
        bool,
        typer.Option(
            "--estimate",
            help="Show what the run may spend at most, and start nothing.",
            rich_help_panel="Output",
        ),
    ] = False,
    report: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Save the report page to this file.", rich_help_panel="Output")
    ] = None,
    open_report: options.Open = False,
    min_gain: Annotated[
        float,
        typer.Option(
            min=0,
            max=1,
            help="With --check: the least gain that counts, as a share (0.05 is 5 %).",
            rich_help_panel="Output",
        ),
    ] = 0.0,
    budget_ms: Annotated[
        float | None,
        typer.Option(
            min=0,
            help="Exit with 5 if an invocation takes longer, on average, at the current size.",
            rich_help_panel="Output",
        ),
    ] = None,
    budget_usd: Annotated[
        float | None,
        typer.Option(
            min=0,
            help="Exit with 5 if a million invocations cost more at the current size.",
            rich_help_panel="Output",
        ),
    ] = None,
    form: options.Form = None,
    as_json: options.Json = False,
    aws_options: AwsOptions,
) -> None:
    """Find the best memory size of a function by measuring it.

    Without --num, the tuner decides round by round what to invoke, stops when
    it is confident enough, and reports its confidence (smart mode). With --num,
    it invokes every memory size that many times (classic sweep).

    A project of SAM, CDK, Terraform or the Serverless Framework, or code, is
    tuned on the local AWS, on this machine and without an account: with the
    tables, buckets and queues of its template, and an event of its folder
    events/ as the payload. A function's name or ARN is tuned on AWS, with the
    deployed stack and your credentials.
    """
    if as_json and form not in {None, Format.JSON}:
        raise CliError("Give --json or --format, not both.")
    form = Format.JSON if as_json else form
    screen = open_screen(as_json=form is Format.JSON, document=form is not None)
    outputs = Outputs(report, open_report, check, estimate, form, min_gain, budget_ms, budget_usd)
    environment, parameters = read_environment(env or ()), read_parameters(parameter or (), var_file or ())
    layers = read_layers(layer or ())
    of_a_folder = {"--handler": handler, "--memory": memory, "--timeout": timeout, "--name": name}
    place = split_target(target)
    if place is None:
        if _PATH_LIKE.search(target):
            advice = named_here(target) or " Give a folder of code, or a function's name or ARN."
            raise CliError(f"There is no folder {target!r}.{advice}")
        _refuse(
            {"--seed": seed, "--parameter": parameter, "--var-file": var_file, "--layer": layer, "--env": env},
            "is for what is tuned on the local AWS",
        )
        try:
            code = tune_function(screen, target, run_input, outputs, aws_options)
        except Exception as error:
            told, hint = error if isinstance(error, CliError) else explain_aws_error(error), named_here(target)
            if told is None or not hint:
                raise
            raise CliError(told.message + hint, told.exit_code) from None
        raise typer.Exit(code)
    require_script(seed)
    found, chosen = meant_function(*place, handler, parameters)
    if not isinstance(found, Path):
        _refuse(of_a_folder, "is for a folder of code: a template says it itself")
        local = LocalRun(environment, parameters, seed, aws_options.state_dir, layers)
        raise typer.Exit(tune_project(screen, found, str(chosen), run_input, outputs=outputs, local=local))
    _refuse(
        {"--parameter": parameter, "--var-file": var_file, "--layer": layer}, "is for a template, and there is none"
    )
    function = LocalFunction(
        found,
        *find_function(found, chosen),
        name,
        memory or DEFAULT_MEMORY_MB,
        timeout or DEFAULT_TIMEOUT_S,
        environment,
        seed,
    )
    raise typer.Exit(tune_folder(screen, function, run_input, outputs, aws_options.state_dir))


def tune_function(
    screen: Screen, target: str, run_input: Mapping[str, Any], outputs: Outputs, aws_options: AwsOptions
) -> ExitCode:
    """Tune a deployed function with the stack in its account; return the exit code."""
    from power_tuner_cli.cloud import open_stack
    from power_tuner_cli.tuning import run_tuning

    cloud, stack = open_stack(aws_options)
    interval_s = LOCAL_INTERVAL_S if aws_options.local or aws_options.endpoint_url else _AWS_INTERVAL_S
    return run_tuning(
        screen,
        cloud,
        stack,
        {"lambdaARN": target, **run_input},
        outputs,
        interval_s=interval_s,
        typed=options.as_typed(aws_options),
    )


def _refuse(given: Mapping[str, object], why: str) -> None:
    for option, value in given.items():
        if value is not None and value != []:
            raise CliError(f"{option} {why}.")
