"""What a run may spend at most: before it is started, and when it has begun."""

from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

from botocore.exceptions import ClientError
from msgspec import to_builtins

from power_tuner.errors import InvalidInput, PowerTunerError, TargetNotTunable
from power_tuner.ports import FunctionNotFound
from power_tuner.report.figures import money_text
from power_tuner.tuning.arn import canonical_arn, region_of
from power_tuner.tuning.ceiling import Ceiling, ceiling_of
from power_tuner.tuning.limits import limited
from power_tuner.tuning.run_input_parser import parse_run_input
from power_tuner.tuning.run_plan import RunPlan
from power_tuner.tuning.target import Target, require_tunable
from power_tuner_cli.cloud import Cloud, TunerStack, open_app
from power_tuner_cli.console import Screen
from power_tuner_cli.errors import CliError
from power_tuner_cli.exit_codes import ExitCode
from power_tuner_cli.run_options import in_options
from power_tuner_cli.runs import Run, RunProgress

_BEFORE_THE_PLAN = frozenset({"Starting", "Initializer"})


def show_estimate(screen: Screen, cloud: Cloud, stack: TunerStack, run_input: Mapping[str, Any]) -> ExitCode:
    """Show what a run may spend at most, and start nothing.

    Raises:
        CliError: The run would be refused.
    """
    try:
        ceiling = _ceiling(cloud, stack, run_input)
    except InvalidInput as error:
        raise CliError(in_options(error)) from None
    except FunctionNotFound:
        raise CliError(f"There is no function {run_input['lambdaARN']}.") from None
    except TargetNotTunable as error:
        raise CliError(str(error)) from None
    screen.print_json(to_builtins(ceiling))
    screen.output.print(ceiling_text(ceiling))
    return ExitCode.DONE


def tell_before(screen: Screen, cloud: Cloud, stack: TunerStack, run_input: Mapping[str, Any]) -> bool:
    """Show what a run may spend at most before it is started; return False if its caller may not look that up."""
    # What would be refused is refused by the run, and who may start runs need not be allowed to read functions.
    with suppress(PowerTunerError, ClientError):
        screen.print_message(ceiling_text(_ceiling(cloud, stack, run_input)))
        return True
    return False


def _ceiling(cloud: Cloud, stack: TunerStack, run_input: Mapping[str, Any]) -> Ceiling:
    settings = stack.settings
    asked = limited(parse_run_input(run_input, settings.default_memories_mb), settings.max_invocations_per_run)
    arn = canonical_arn(asked.target, like=settings.state_machine_arn)
    latest = open_app(cloud, stack).functions.get(arn)
    require_tunable(latest, asked.target.name)
    target = Target(
        arn=arn,
        name=asked.target.name,
        region=region_of(arn),
        architecture=latest.architecture,
        runtime=latest.runtime,
        code_sha256=latest.code_sha256,
        memory_mb=latest.memory_mb,
        latest_memory_mb=latest.memory_mb,
        timeout_s=latest.timeout_s,
        snapshots_billed=latest.snapshots_billed,
        tells_runtime=latest.tells_runtime,
    )
    return ceiling_of(
        RunPlan(run_id="", execution_arn=settings.state_machine_arn, started_at="", target=target, run_input=asked)
    )


def tell_ceiling(screen: Screen, run: Run, show: Callable[[RunProgress], None]) -> Callable[[RunProgress], None]:
    """Return what shows the progress of a run, and once it is planned, what it may spend at most."""
    told = False

    def shown(progress: RunProgress) -> None:
        nonlocal told
        if not told and not progress.ended and progress.state not in _BEFORE_THE_PLAN:
            told = True
            # Who may start runs need not be allowed to read the table.
            with suppress(ClientError):
                begun = open_app(run.cloud, run.stack).history.begun(run.run_id)
                if begun is not None and begun.ceiling is not None:
                    screen.print_message(ceiling_text(begun.ceiling))
        show(progress)

    return shown


def ceiling_text(ceiling: Ceiling) -> str:
    """Say in a sentence what a run may spend at most."""
    parts = [(ceiling.lambda_cost_usd, "invocations"), (ceiling.execution_cost_usd, "state transitions")]
    if ceiling.snap_start_cost_usd:
        parts.append((ceiling.snap_start_cost_usd, "snapshots"))
    priced = ", ".join(f"{money_text(amount, ceiling.currency)} {what}" for amount, what in parts)
    total = money_text(ceiling.total_usd, ceiling.currency)
    return (
        f"At most {ceiling.invocations:,} invocations and {total} ({priced}), if each invocation ran into the "
        "function's timeout."
    )
