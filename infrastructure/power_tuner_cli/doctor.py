"""The command `power-tuner doctor`: look for what is missing, and say what to do."""

from typing import TYPE_CHECKING

import typer

from power_tuner_cli import options
from power_tuner_cli.cloud import AwsOptions
from power_tuner_cli.console import open_screen
from power_tuner_cli.exit_codes import ExitCode

if TYPE_CHECKING:
    from collections.abc import Iterator

    from power_tuner_cli.doctor_checks import Finding


@options.on_aws
def doctor(*, as_json: options.Json = False, aws_options: AwsOptions) -> None:
    """Look for what is missing to tune here, and say what to do; exits with 1 if something is wrong."""
    screen = open_screen(as_json=as_json)
    found = list(_findings(aws_options))
    screen.print_json(
        [{"subject": each.subject, "state": each.state, "said": each.said, "advice": each.advice} for each in found]
    )
    for each in found:
        screen.output.print(f"{each.state:<8}{each.subject:<14}{each.said}", markup=False, emoji=False, soft_wrap=True)
        if each.advice:
            screen.output.print(f"{'':<22}-> {each.advice}", markup=False, emoji=False, soft_wrap=True)
    if any(each.state == "wrong" for each in found):
        raise typer.Exit(int(ExitCode.RUN_FAILED))


def _findings(aws_options: AwsOptions) -> "Iterator[Finding]":
    from power_tuner_cli import doctor_checks as checks
    from power_tuner_cli.cloud import open_cloud

    cloud = open_cloud(aws_options)
    yield checks.region(cloud)
    yield checks.credentials(cloud)
    patient = checks.find_patient(cloud, aws_options)
    yield checks.guarded("concurrency", lambda: checks.concurrency(patient))
    yield checks.stack(patient)
    if patient.stack is None:
        return
    yield checks.mode(patient)
    if patient.stack.settings.stack_policy.mode != "measure":
        yield checks.guarded("trail", lambda: checks.trail(patient))
    yield checks.permissions(patient)
    yield checks.guarded("dead letters", lambda: checks.dead_letters(patient))
    yield checks.guarded("leases", lambda: checks.leases(patient))
