"""One tuning from start to end: start the run, follow it, show and save its results."""

from collections.abc import Mapping
from typing import Any

from msgspec import to_builtins

from power_tuner.aws import object_keys
from power_tuner.report.figures import per_million
from power_tuner.tuning.applied import Applied
from power_tuner.tuning.result import MeasuredBranch, Result
from power_tuner.tuning.run_input import FIELDS
from power_tuner.tuning.run_item import CompletedRun
from power_tuner.tuning.strategies import STRATEGIES
from power_tuner_cli.cloud import Cloud, TunerStack
from power_tuner_cli.console import Screen
from power_tuner_cli.estimate import show_estimate, tell_before, tell_ceiling
from power_tuner_cli.exit_codes import ExitCode
from power_tuner_cli.interruption import deferred_interruption
from power_tuner_cli.optimizer import applied_text, await_applied
from power_tuner_cli.outputs import Format, Outputs
from power_tuner_cli.pipeline_formats import junit, markdown
from power_tuner_cli.progress_board import ProgressBoard
from power_tuner_cli.result_view import show_locations, show_result
from power_tuner_cli.run_results import RunResults, fetch_results
from power_tuner_cli.runs import Run, RunEnd, start_run
from power_tuner_cli.saved_files import RUNS_FOLDER, open_in_browser, save_everything, save_report

# EventBridge and the Optimizer take seconds; one update and one publication take a minute at most.
_APPLIED_S = 180.0
_INPUT_ERRORS = {"InvalidInput"}


def run_tuning(
    screen: Screen,
    cloud: Cloud,
    stack: TunerStack,
    run_input: Mapping[str, Any],
    outputs: Outputs,
    *,
    interval_s: float,
    keep_copies: bool = False,
    typed: str | None = None,
) -> ExitCode:
    """Run one tuning to its end, show its result and return the exit code; Ctrl-C stops the run cleanly.

    What to type next is said if ``typed`` has the options that name the stack; None means that the stack does not stay.
    """
    if outputs.estimate:
        return show_estimate(screen, cloud, stack, run_input)
    told = tell_before(screen, cloud, stack, run_input)
    with deferred_interruption() as interruption:
        run = start_run(cloud, stack, run_input)
        screen.print_message(f"Run {run.run_id}")
        try:
            with ProgressBoard(screen) as board:
                name = str(run_input["lambdaARN"]).rpartition(":")[2]
                watch = board.add(name, num=run_input.get("num"), memories_mb=count_values(stack, run_input))
                show = watch if told else tell_ceiling(screen, run, watch)
                end = run.follow(show, interval_s=interval_s, pause=interruption.pause)
        except KeyboardInterrupt:
            return _stop(screen, run)
    results = fetch_results(cloud, stack, run_input["lambdaARN"], run.run_id)
    saved = _save(run, results, outputs, keep_copies=keep_copies)
    applied = _applied(screen, run, results, interval_s) if run_input.get("autoOptimize") else None
    screen.print_json({**run_document(run.execution_arn, end, results, saved), "applied": to_builtins(applied)})
    if outputs.form in {Format.MARKDOWN, Format.JUNIT}:
        advised = change_advised(results.result, outputs.min_gain)
        name = str(run_input["lambdaARN"]).rpartition(":")[2]
        screen.print_document(document_of(outputs, results.result, end, name, advised=advised))
    if results.result is not None and outputs.form is None:
        show_result(screen, results.result)
        show_locations(screen, results, saved)
    if applied is not None:
        screen.print_message(applied_text(applied, run_input["lambdaARN"]))
    elif typed is not None and outputs.form is None and not screen.as_json and change_advised(results.result):
        screen.print_message(f"Next: `power-tuner apply {results.run_id} --dry-run{typed}`.")
    if outputs.open_report and "report" in saved:
        open_in_browser(saved["report"])
    return _exit_code(screen, end, results, outputs)


def _applied(screen: Screen, run: Run, results: RunResults, interval_s: float) -> Applied | None:
    """Wait for what the Optimizer does with the decision; None if there is none, or if it takes too long."""
    item = results.item
    if not isinstance(item, CompletedRun) or item.memory_mb is None:
        return None
    if item.applied is not None:
        return item.applied
    screen.print_message("Waiting until the decision is applied ...")
    applied = await_applied(run.cloud, run.stack, item.key, at_most_s=_APPLIED_S, interval_s=interval_s)
    if applied is None:
        screen.print_message(
            f"The decision is not applied after {_APPLIED_S:.0f} s; `power-tuner history` tells when it is."
        )
    return applied


def run_document(execution_arn: str, end: RunEnd, results: RunResults, saved: Mapping[str, str]) -> dict[str, Any]:
    """Return the JSON document of a finished run."""
    return {
        "runId": results.run_id,
        "executionArn": execution_arn,
        "status": end.status,
        "error": end.error,
        "cause": end.cause,
        "output": end.output,
        "result": to_builtins(results.result),
        "places": results.locations(),
        "saved": dict(saved),
    }


def count_values(stack: TunerStack, run_input: Mapping[str, Any]) -> int:
    """Return how many memory sizes a run has."""
    values, kind = run_input.get("powerValues"), FIELDS["powerValues"].kind
    return len(stack.settings.default_memories_mb if kind.is_absent(values) else kind.read("powerValues", values))


def document_of(outputs: Outputs, result: Result | None, end: RunEnd, name: str, *, advised: bool) -> str:
    """Return a result in the format that was asked for."""
    if outputs.form is Format.MARKDOWN:
        return markdown(result, end, advised=advised)
    return junit(result, end, name, advised=advised if outputs.check else None)


def change_advised(result: Result | None, min_gain: float = 0.0) -> bool:
    """Return whether a result advises another memory size than the current one.

    A doubtful gain advises nothing, nor does one below the minimum or, if there is a minimum, one that is not known.
    """
    if result is None or result.decision is None:
        return False
    if result.comparison and result.comparison.significant is False:
        return False
    if min_gain and (result.comparison is None or gain_of_choice(result) < min_gain):
        return False
    return result.decision.memory_mb != result.target.memory_mb


def over_budget(result: Result | None, outputs: Outputs) -> str | None:
    """Return by how much a function exceeds its budget, None if it keeps to it.

    It is judged at the memory size that it has; where that was not measured, at the one that was chosen.
    """
    measured = {each.memory_mb: each for each in result.branches if isinstance(each, MeasuredBranch)} if result else {}
    if result is None or result.decision is None:
        return None
    branch = measured.get(result.target.memory_mb) or measured[result.decision.memory_mb]
    where, million = f"at {branch.memory_mb} MB", per_million(branch.average_cost_usd)
    if outputs.budget_ms is not None and branch.average_duration_ms > outputs.budget_ms:
        took_ms = branch.average_duration_ms
        return f"Over budget: an invocation takes {took_ms:.1f} ms {where}, not {outputs.budget_ms:g}."
    if outputs.budget_cost is not None and million > outputs.budget_cost:
        currency = result.spent.currency
        return f"Over budget: a million invocations cost {million:.2f} {currency} {where}, not {outputs.budget_cost:g}."
    return None


def not_compared(result: Result | None, outputs: Outputs) -> str | None:
    """Return what keeps a pipeline's question from being answered, None if nothing does."""
    asked = outputs.check or outputs.budget_ms is not None or outputs.budget_cost is not None
    if not asked or result is None or result.comparison is not None or result.decision is None:
        return None
    now_mb = result.target.memory_mb
    if any(each.memory_mb == now_mb and isinstance(each, MeasuredBranch) for each in result.branches):
        return None
    return (
        f"Nothing was compared with the present memory size: {now_mb} MB was not measured. Add {now_mb} to "
        "--power-values; until then --min-gain finds no gain, and a budget is judged by the size that was chosen."
    )


def gain_of_choice(result: Result) -> float:
    """Return the gain of a decision over the current memory size by its strategy, as a share; 0 if it is not known."""
    if result.decision is None or result.comparison is None:
        return 0.0
    saved = -result.comparison.cost_change, -result.comparison.duration_change
    return STRATEGIES[result.decision.strategy].gain(cost_saved=saved[0], time_saved=saved[1])


def _stop(screen: Screen, run: Run) -> ExitCode:
    screen.print_message("Stopping the run ...")
    status = run.stop()
    screen.print_message(
        f"The run {run.run_id} is {status.lower()}. The tuner now deletes what it published and restores the function."
    )
    screen.print_json({"runId": run.run_id, "executionArn": run.execution_arn, "status": status})
    return ExitCode.INTERRUPTED


def _save(run: Run, results: RunResults, outputs: Outputs, *, keep_copies: bool) -> dict[str, str]:
    folder = RUNS_FOLDER / run.run_id
    saved = save_everything(run.cloud, run.stack, results, folder) if keep_copies else {}
    has_report = isinstance(results.item, CompletedRun)
    if has_report and (outputs.report is not None or (outputs.open_report and not keep_copies)):
        file = outputs.report or folder / "report.html"
        saved["report"] = str(save_report(run.cloud, run.stack, object_keys.report(run.run_id), file))
    return saved


def _exit_code(screen: Screen, end: RunEnd, results: RunResults, outputs: Outputs) -> ExitCode:
    if end.status != "SUCCEEDED":
        cause = end.cause or "no cause was given"
        screen.print_message(f"The run {results.run_id} failed: {end.error or end.status}: {cause}")
        return ExitCode.BAD_INPUT if end.error in _INPUT_ERRORS else ExitCode.RUN_FAILED
    if note := not_compared(results.result, outputs):
        screen.print_message(note)
    if excess := over_budget(results.result, outputs):
        screen.print_message(excess)
        return ExitCode.OVER_BUDGET
    if outputs.check and change_advised(results.result, outputs.min_gain):
        return ExitCode.CHANGE_ADVISED
    return ExitCode.DONE
