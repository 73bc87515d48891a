"""The tools that a coding agent gets: each answers with what a command prints with --json."""

import time
from collections.abc import Callable, Mapping
from typing import Annotated, Any, Literal, TypeAlias

from anyio import from_thread
from mcp.server.mcpserver import Context, MCPServer
from mcp.server.mcpserver.exceptions import ToolError
from mcp_types import ToolAnnotations
from msgspec import to_builtins
from pydantic import Field

from power_tuner.aws.history import to_item
from power_tuner.operations.tuned_fleet import readable
from power_tuner.tuning.result_document import read_result
from power_tuner.tuning.run_item import CompletedRun
from power_tuner.tuning.tuned_functions import tuned_functions
from power_tuner_cli.cloud import Cloud, TunerStack, open_app
from power_tuner_cli.errors import CliError, explain_aws_error
from power_tuner_cli.history import find_runs
from power_tuner_cli.installation import version
from power_tuner_cli.run_results import ended_run, fetch_results, read_object
from power_tuner_cli.runs import RunProgress, start_run
from power_tuner_cli.tuning import run_document

_READS = ToolAnnotations(read_only_hint=True)
# A run publishes versions and deletes them, and leaves the function as it was.
_RUNS = ToolAnnotations(read_only_hint=False, destructive_hint=False, idempotent_hint=False)
_CHANGES = ("autoOptimize", "autoOptimizeAlias", "autoOptimizeCanary")
_INTERVAL_S = 2.0

Function: TypeAlias = Annotated[str, Field(description="The function's name or ARN.")]
RunId: TypeAlias = Annotated[str, Field(description="The run's id, as `history` lists it.")]
Answer: TypeAlias = dict[str, Any]


def build_server(cloud: Cloud, stack: TunerStack, *, allow_runs: bool) -> MCPServer:
    """Return the server of a stack.

    Args:
        cloud: The AWS account, or the local AWS.
        stack: The deployed tuner.
        allow_runs: Whether there is a tool that starts runs.
    """
    server = MCPServer(
        "power-tuner",
        instructions=(
            "Finds the best memory size of AWS Lambda functions. Durations are in ms, costs in the currency that "
            "stands beside them, memory sizes ('power') in MB."
        ),
        version=version(),
    )

    @server.tool(annotations=_READS)
    def history(
        function: Annotated[str | None, Field(description="The function's name or ARN; all functions if null.")] = None,
        day: Annotated[str | None, Field(description="YYYY-MM-DD (UTC), instead of a function.")] = None,
        status: Literal["completed", "failed", "skipped"] | None = None,
        limit: Annotated[int, Field(ge=1, le=100)] = 20,
    ) -> Answer:
        """List the runs of a function, or of all functions of a day, newest first."""

        def found() -> Answer:
            if function is not None and day is not None:
                raise CliError("Give a function or a day, not both.")
            runs = open_app(cloud, stack).history
            items, _ = find_runs(runs, stack, function=function, day=day, status=status, limit=limit)
            return {"runs": [to_item(each) for each in items]}

        return _told(found)

    @server.tool(annotations=_READS)
    def report(run_id: RunId) -> Answer:
        """Return the result of a run: each memory size with its figures, the decision and a sentence about it.

        Of a run without a result: what became of it.
        """

        def found() -> Answer:
            item = ended_run(cloud, stack, run_id)
            if not isinstance(item, CompletedRun):
                return {"run": to_item(item)}
            result = read_result(read_object(cloud, stack, item.result_key))
            page = f"s3://{stack.settings.bucket_name}/{item.report_key}"
            return {"run": to_item(item), "result": to_builtins(result), "page": page}

        return _told(found)

    @server.tool(annotations=_READS)
    def fleet() -> Answer:
        """List every tuned function with its latest decision: present and best memory size, change of cost and time."""
        return _told(lambda: _fleet(cloud, stack))

    if allow_runs:

        @server.tool(annotations=_RUNS)
        def tune(
            function: Function,
            context: Context[Any, Any],
            run_input: Annotated[
                Answer | None,
                Field(
                    description="Fields of the run's input beside lambdaARN, such as strategy, powerValues, num, "
                    "payload or maxCostUsd. Without num the tuner itself decides how often to invoke."
                ),
            ] = None,
        ) -> Answer:
            """Find the best memory size of a function by invoking it; takes seconds to minutes, and costs invocations.

            The function is left as it was: what is best is told, not applied.
            """
            wanted = {**(run_input or {}), "lambdaARN": function}
            return _told(lambda: _tune(cloud, stack, wanted, context))

    return server


def _told(ask: Callable[[], Answer]) -> Answer:
    """Return an answer; an error that is for people is told to the agent in the same words."""
    try:
        return ask()
    except Exception as error:
        explained = error if isinstance(error, CliError) else explain_aws_error(error)
        if explained is None:
            raise
        raise ToolError(explained.message) from None


def _fleet(cloud: Cloud, stack: TunerStack) -> Answer:
    app = open_app(cloud, stack)
    enrolled = {arn for arn, _ in app.profiles.enrolled()}
    runs, left_out = readable(app.history.each_of_status("completed"))
    tuned = tuned_functions(runs)
    return {
        "functions": [{**to_item(each.latest), "enrolled": arn in enrolled} for arn, each in tuned.items()],
        "enrolledAndNeverTuned": sorted(enrolled - tuned.keys()),
        "leftOut": list(left_out),
    }


def _tune(cloud: Cloud, stack: TunerStack, run_input: Mapping[str, Any], context: Context[Any, Any]) -> Answer:
    """Run to the end, in a thread of the server's; if the agent gives up waiting, the run is stopped."""
    if refused := [field for field in _CHANGES if run_input.get(field)]:
        raise CliError(f"{refused[0]}: this tool measures only; `power-tuner` applies what was decided.")
    # Said, because where the run is silent the policy of the stack holds, and that may apply.
    run = start_run(cloud, stack, {**run_input, "autoOptimize": False})

    def show(progress: RunProgress) -> None:
        done = sum(progress.invocations.values())
        from_thread.run(lambda: context.report_progress(done, message=f"{progress.state}, {done} invocations"))

    def pause(seconds: float) -> None:
        from_thread.check_cancelled()
        time.sleep(seconds)

    try:
        end = run.follow(show, interval_s=_INTERVAL_S, pause=pause)
    except BaseException:
        run.stop()
        raise
    results = fetch_results(cloud, stack, str(run_input["lambdaARN"]), run.run_id)
    return run_document(run.execution_arn, end, results, {})
