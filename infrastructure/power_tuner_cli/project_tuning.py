"""One function of a project, deployed to the local AWS with what it needs, seeded and tuned there."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from power_tuner_cli.console import Screen
from power_tuner_cli.errors import CliError
from power_tuner_cli.exit_codes import ExitCode
from power_tuner_cli.outputs import Outputs
from power_tuner_cli.projects.account_values import account_values, missing_account_values, store_account_values
from power_tuner_cli.projects.example_events import example_event
from power_tuner_cli.projects.finding import short_name
from power_tuner_cli.projects.layers import put_layers, require_layers
from power_tuner_cli.projects.one_function import Excerpt, excerpt
from power_tuner_cli.projects.project import Prepared, Project
from power_tuner_cli.projects.runnable_code import code_in, require_runnable
from power_tuner_cli.projects.seeding import run_seed
from power_tuner_cli.projects.template_parameters import parameter_values, without_stored_values

if TYPE_CHECKING:
    from power_tuner_local import DeploymentError, LocalAwsConnection

LOCAL_INTERVAL_S = 0.7
_MAX_NAME_CHARS = 64
_NOT_IN_A_NAME = re.compile(r"[^A-Za-z0-9_-]+")
_MAX_STACK_NAME_CHARS = 60
_SHOWN_LEFT_OUT = 8
# Which calls of AWS's client passed an error on, which helps nobody here.
_CALLS = re.compile(
    r"(?:RuntimeError: )?An error occurred \(\w+\) when calling the \w+ operation(?: \([^)]*\))?: |RuntimeError: "
)
# CloudFormation's words for a dynamic reference to nothing.
_NOT_IN_THE_ACCOUNT = ("cannot be found", "can't find the specified secret", "associated with JSONKey")
_WITHOUT_PAYLOAD = ("payload", "payloadS3")


@dataclass(frozen=True, slots=True)
class LocalRun:
    """What a run on the local AWS is given besides its input.

    Attributes:
        environment: Variables of the function, in place of the template's.
        parameters: Values of the template's parameters.
        seed: A script that fills tables and buckets.
        state_dir: The state folder of the local AWS; None for the user's.
        layers: Content for layers of other accounts; None for those to do without.
    """

    environment: Mapping[str, str]
    parameters: Mapping[str, str]
    seed: Path | None
    state_dir: str | None
    layers: Mapping[str, Path | None]


def require_runs(what: str, runtime: str) -> None:
    """Refuse a function that is not run on this machine.

    Raises:
        CliError: It is not; the message says what would help.
    """
    from power_tuner_local.lambda_service.sandbox_command import not_run

    if why := not_run(runtime):
        raise CliError(f"{what} {why}.")


def tune_project(
    screen: Screen,
    project: Project,
    chosen: str,
    run_input: Mapping[str, Any],
    *,
    outputs: Outputs,
    local: LocalRun,
) -> ExitCode:
    """Tune one function of a project on the running local AWS, or else on a temporary one; return the exit code."""
    from power_tuner_cli.local_aws import ensure_stack, use_local_aws
    from power_tuner_cli.tuning import run_tuning
    from power_tuner_local import DeploymentError
    from power_tuner_local.cloudformation.patches import makes
    from power_tuner_local.lambda_service.sandbox_command import other_version

    if runtime := project.functions[chosen].runtime:
        require_runs(f"{project.file}: {chosen}", runtime)
    prepared = project.prepare(chosen, local.parameters)
    logical_id = prepared.logical_id
    if not runtime and isinstance(told := prepared.document["Resources"][logical_id]["Properties"].get("Runtime"), str):
        runtime = told
    if note := other_version(runtime):
        screen.print_message(note)
    put_layers(prepared.document, logical_id, local.layers)
    parameters = parameter_values(prepared.document, prepared.parameters)
    part = excerpt(prepared.document, logical_id, makes, environment=local.environment, parameters=prepared.parameters)
    require_layers(part.document, logical_id)
    document = without_stored_values(part.document, parameters)
    called = short_name(chosen)
    others = [short_name(each) for each in project.functions if each != chosen]
    run_input = with_example_event(screen, run_input, project.folder, called, others=others)
    if code := code_in(part.document, logical_id, prepared.root):
        require_runnable(code)
    _tell_what_differs(screen, prepared, part, logical_id if prepared.home else chosen)
    screen.print_message(f"Starting the local AWS, with {chosen} of {project.file} ...")
    # Templates nested in one may call functions the same.
    own_name = short_name(logical_id) if prepared.home else called
    name = _NOT_IN_A_NAME.sub("-", f"{_name_of(project.folder)}-{own_name}")[-_MAX_NAME_CHARS:]
    document["Resources"][logical_id]["Properties"]["FunctionName"] = name
    with use_local_aws(local.state_dir) as (aws, temporary):
        stack = ensure_stack(aws)
        # Functions may have underscores in their names, stacks may not.
        stack_name = f"tune-{_name_of(prepared.home or project.folder)}".replace("_", "-")[:_MAX_STACK_NAME_CHARS]
        stored = account_values(prepared.parameters)
        store_account_values(aws, stored)
        options = missing_account_values(document, stored)
        try:
            made = aws.deploy_document(
                document, prepared.root, stack_name=stack_name, parameters=parameters, keep_functions=True
            )
        except DeploymentError as error:
            raise CliError(
                f"{project.file} could not be deployed to the local AWS:\n{_reasons(error, options)}"
            ) from None
        resources = _resources(aws, stack_name)
        if logical_id not in resources:
            raise CliError(
                f"{project.file}: {chosen} has a Condition that does not hold. Give the parameters with which it "
                "does: --parameter KEY=VALUE"
            )
        function = resources[logical_id]
        if local.seed:
            seed_local_aws(screen, aws, local.seed, function, outputs=made.outputs, resources=resources)
        return run_tuning(
            screen,
            aws,
            stack,
            {"lambdaARN": _arn(aws, function), **run_input},
            outputs,
            interval_s=LOCAL_INTERVAL_S,
            keep_copies=temporary,
        )


def with_example_event(
    screen: Screen, run_input: Mapping[str, Any], folder: Path, function: str | None, *, others: Iterable[str] = ()
) -> Mapping[str, Any]:
    """Return the run input with an example event of the project as the payload, unless it has one.

    Raises:
        CliError: The project has several.
    """
    if any(name in run_input for name in _WITHOUT_PAYLOAD):
        return run_input
    found = example_event(folder, function, others)
    if found is None:
        screen.print_message("The payload is {}: neither --payload nor an example event (events/*.json) was given.")
        return {**run_input, "payload": {}}
    file, payload = found
    screen.print_message(f"The payload is {file}.")
    return {**run_input, "payload": payload}


def seed_local_aws(
    screen: Screen,
    aws: "LocalAwsConnection",
    script: Path,
    function: str,
    *,
    outputs: Mapping[str, str],
    resources: Mapping[str, str],
) -> None:
    """Run the user's script that fills tables and buckets, and show what it prints."""
    from power_tuner_cli.local import shell_environment

    screen.print_message(f"Running {script} ...")
    configuration = aws.client("lambda").get_function_configuration(FunctionName=function)
    variables = configuration.get("Environment", {}).get("Variables", {})
    said = run_seed(script, shell_environment(aws), variables=variables, outputs=outputs, resources=resources)
    if said:
        screen.print_message(said)


def _name_of(folder: Path) -> str:
    from power_tuner_local.connection import function_name_of

    return function_name_of(folder)


def _resources(aws: "LocalAwsConnection", stack_name: str) -> dict[str, str]:
    pages = aws.client("cloudformation").get_paginator("list_stack_resources").paginate(StackName=stack_name)
    return {
        each["LogicalResourceId"]: each.get("PhysicalResourceId", "")
        for page in pages
        for each in page["StackResourceSummaries"]
    }


def _arn(aws: "LocalAwsConnection", function: str) -> str:
    found: str = aws.client("lambda").get_function_configuration(FunctionName=function)["FunctionArn"]
    return found


def _reasons(error: "DeploymentError", options: Sequence[str]) -> str:
    """Return why a stack could not be deployed, and options for values of the account where one is missing."""
    from power_tuner_local import StillUsedError

    told = [f"  {_CALLS.sub('', each)}" for each in error.reasons or (str(error),)]
    if options and any(words in each for each in told for words in _NOT_IN_THE_ACCOUNT):
        told += ["What helps, with the values that the account has:", *(f"  {each}" for each in options)]
    if isinstance(error, StillUsedError):
        told.append(
            "It was tuned before, with other names or keys. What helps: the --parameter values of then; or --state-dir "
            "with an empty folder, for a local AWS of this command's own; or `power-tuner local down`, which empties "
            "this one."
        )
    if any("already exists" in each for each in told):
        told.append("Another project has made it here. `power-tuner local down` empties the local AWS.")
    return "\n".join(told)


def _tell_what_differs(screen: Screen, prepared: Prepared, part: Excerpt, function: str) -> None:
    for note in prepared.notes:
        screen.print_message(note)
    if part.left_out:
        screen.print_message(f"Left out, as {function} does not need it: {_some(part.left_out)}.")
    for address, variables in part.addresses.items():
        screen.print_message(_leads_nowhere(address, variables))


def _leads_nowhere(address: str, variables: Sequence[str]) -> str:
    options = " ".join(f"--env {each}=VALUE" for each in variables)
    where = f" in {', '.join(variables)}" if variables else ""
    advice = f" Where the function calls it, give {options}." if options else ""
    return f"The address of {address}{where} leads nowhere: the local AWS has no APIs.{advice}"


def _some(names: tuple[str, ...]) -> str:
    shown = ", ".join(names[:_SHOWN_LEFT_OUT])
    more = len(names) - _SHOWN_LEFT_OUT
    return f"{shown} and {more} more" if more > 0 else shown
