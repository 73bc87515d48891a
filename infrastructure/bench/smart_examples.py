"""Compare the smart mode on the three examples with a sweep of 50 per memory size; exit with 1 if it is worse."""

from __future__ import annotations

import json
import sys
import time
from datetime import UTC
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from bench.scale_run import RunFailed
from bench.sweep_judge import judge
from power_tuner.aws import object_keys
from power_tuner.tuning.result import SmartDecision
from power_tuner.tuning.result_document import read_result, write
from power_tuner_cli.demo import EXAMPLES, EXAMPLES_FOLDER, MEMORIES_MB
from power_tuner_local import LocalAws

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bench.sweep_judge import Judgement
    from power_tuner.tuning.result import Result

ROOT = Path(__file__).parents[2]
POLL_S = 0.3

console = Console(width=None if sys.stdout.isatty() else 120)


def main(
    num: Annotated[int, typer.Option(min=1, help="Invocations per memory size of the sweep.")] = 50,
    repeats: Annotated[int, typer.Option(min=1, help="Smart runs of each example.")] = 3,
    output: Annotated[Path | None, typer.Option(help="Save all result documents in this folder.")] = None,
) -> None:
    """Sweep each example once, tune it several times without num, and print how the answers compare."""
    judgements: list[Judgement] = []
    table = Table(
        "example", "strategy", "sweep", "smart", "regret", "allowed", "invocations", "confidence", "stopped by"
    )
    with LocalAws() as aws:
        stack = aws.deploy(ROOT / "template.yaml")
        for example in EXAMPLES:
            folder = EXAMPLES_FOLDER / example.name
            run_input = {
                "lambdaARN": aws.add_function(folder, memory_mb=example.current_memory_mb),
                "powerValues": list(MEMORIES_MB),
                "strategy": example.strategy,
                "payload": json.loads((folder / "event.json").read_text("utf-8")),
            }
            sweep = _tune(aws, stack.outputs, run_input | {"num": num})
            smarts = [_tune(aws, stack.outputs, run_input) for _ in range(repeats)]
            for number, smart in enumerate(smarts):
                verdict = judge(sweep, smart)
                judgements.append(verdict)
                _keep(output, f"{example.name}-smart-{number}.json", smart)
                table.add_row(
                    *(example.name, example.strategy, f"{verdict.sweep_choice_mb} MB", f"{verdict.memory_mb} MB"),
                    *(f"{verdict.regret:+.1%}", f"{verdict.allowed:.1%}"),
                    f"{verdict.invocations} of {verdict.sweep_invocations}",
                    *_certainty(smart),
                    style=None if verdict.as_good and verdict.cheap else "red",
                )
            _keep(output, f"{example.name}-sweep.json", sweep)
    console.print(table)
    missed = sum(not (each.as_good and each.cheap) for each in judgements)
    console.print(
        f"{missed} of {len(judgements)} answers are worse than the sweep's, or took over a fifth of its invocations"
    )
    raise typer.Exit(int(bool(missed)))


def _tune(aws: LocalAws, outputs: Mapping[str, str], run_input: dict[str, Any]) -> Result:
    states = aws.client("stepfunctions")
    body = json.dumps(run_input)
    arn = states.start_execution(stateMachineArn=outputs["StateMachineArn"], input=body)["executionArn"]
    while (execution := states.describe_execution(executionArn=arn))["status"] == "RUNNING":
        time.sleep(POLL_S)
    if execution["status"] != "SUCCEEDED":
        raise RunFailed(f"{execution['status']}: {execution.get('error')}: {execution.get('cause')}")
    name = arn.rpartition(":")[2]
    objects = aws.client("s3")
    key = object_keys.result(name, f"{execution['startDate'].astimezone(UTC):%Y-%m-%d}")
    return read_result(objects.get_object(Bucket=outputs["BucketName"], Key=key)["Body"].read())


def _certainty(smart: Result) -> tuple[str, str]:
    decision = smart.decision
    return (f"{decision.confidence:.0%}", decision.stopped_by) if isinstance(decision, SmartDecision) else ("", "")


def _keep(folder: Path | None, name: str, result: Result) -> None:
    if folder is not None:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(write(result), "utf-8")


if __name__ == "__main__":
    app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
    app.command()(main)
    app()
