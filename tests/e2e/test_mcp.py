"""What a coding agent gets of the tuner, asked through the protocol's own client."""

import json
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import anyio
import pytest

from e2e.cloud import Cloud, trace_of, wait_for
from power_tuner_cli.cloud import find_stack

if TYPE_CHECKING:
    from collections.abc import Coroutine

    from mcp import Client
    from mcp.server.mcpserver import MCPServer
    from mcp_types import CallToolResult

pytestmark = pytest.mark.local_aws

MakeTarget = Callable[..., str]
SMALL = {"powerValues": [128, 256], "num": 2}
SLOW = """
    import time

    def handler(event, context):
        time.sleep(0.5)
"""


@pytest.fixture(scope="module")
def server(cloud: Cloud) -> "MCPServer":
    from power_tuner_cli.mcp_server import build_server  # noqa: PLC0415 (every worker collects, one talks)

    return build_server(cloud, find_stack(cloud, cloud.stack_name), allow_runs=True)


def asked(server: "MCPServer", talk: "Callable[[Client], Coroutine[Any, Any, Any]]") -> Any:
    """Connect a client, let it talk, and return what it heard."""
    from mcp import Client  # noqa: PLC0415

    async def connected() -> Any:
        async with Client(server) as client:
            return await talk(client)

    return anyio.run(connected)


def called(server: "MCPServer", tool: str, **arguments: Any) -> "CallToolResult":
    """Call one tool."""
    return asked(server, lambda client: client.call_tool(tool, arguments))  # type: ignore[no-any-return]


def answered(server: "MCPServer", tool: str, **arguments: Any) -> dict[str, Any]:
    """Call one tool that answers."""
    result = called(server, tool, **arguments)
    assert not result.is_error, told(result)
    found: dict[str, Any] = result.structured_content
    return found


def told(result: "CallToolResult") -> str:
    return "".join(part.text for part in result.content if part.type == "text")


@pytest.fixture(scope="module")
def tuned(cloud: Cloud, server: "MCPServer", tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """A run that the agent made of a function, with the function as it was before and after."""
    folder = tmp_path_factory.mktemp("of-the-agent")
    (folder / "app.py").write_text("def handler(event, context):\n    return event\n")
    arn = cloud.add_function(folder, name="of-the-agent", memory_mb=512, timeout_s=10)
    before = trace_of(cloud, arn)
    seen: list[str | None] = []

    async def note(progress: float, total: float | None, message: str | None) -> None:  # noqa: ARG001
        seen.append(message)

    arguments = {"function": "of-the-agent", "run_input": {**SMALL, "payload": {"order": 7}}}
    answer = asked(server, lambda client: client.call_tool("tune", arguments, progress_callback=note))
    assert not answer.is_error, told(answer)
    return {"arn": arn, "before": before, "after": trace_of(cloud, arn), "seen": seen, **answer.structured_content}


def test_a_run_of_the_agent_is_followed_and_leaves_the_function_as_it_was(tuned: dict[str, Any]) -> None:
    """Its answer is that of `power-tuner tune --json`; the progress says what happens."""
    assert tuned["status"] == "SUCCEEDED"
    assert tuned["result"]["decision"]["power"] in {128, 256}
    assert tuned["before"] == tuned["after"]
    assert any("invocations" in str(message) for message in tuned["seen"])


def test_what_was_measured_is_told(server: "MCPServer", tuned: dict[str, Any]) -> None:
    """By function, by day, by run and for the fleet, as the same figures."""
    run_id, power = tuned["runId"], tuned["result"]["decision"]["power"]
    listed = answered(server, "history", function="of-the-agent")
    of_day = answered(server, "history", day=tuned["result"]["startedAt"][:10], limit=100)
    report, fleet = answered(server, "report", run_id=run_id), answered(server, "fleet")

    assert [run_id] == [run["runId"] for run in listed["runs"]]
    assert run_id in {run["runId"] for run in of_day["runs"]}
    assert tuned["result"] == report["result"]
    assert report["page"].endswith(f"/reports/{run_id}.html")
    (function,) = (each for each in fleet["functions"] if each["targetArn"] == tuned["arn"])
    assert (power, False) == (function["power"], function["enrolled"])


def test_without_leave_it_only_reads(cloud: Cloud) -> None:
    """There is no tool that invokes anything, and each says that it reads."""
    from power_tuner_cli.mcp_server import build_server  # noqa: PLC0415

    reading = build_server(cloud, find_stack(cloud, cloud.stack_name), allow_runs=False)
    tools = asked(reading, lambda client: client.list_tools()).tools

    assert {"history", "report", "fleet"} == {tool.name for tool in tools}
    assert all(tool.annotations.read_only_hint for tool in tools)


@pytest.mark.parametrize(
    ("tool", "arguments", "words"),
    [
        ("report", {"run_id": "nowhere"}, "There is no ended run 'nowhere'"),
        ("history", {"function": "f", "day": "2026-11-27"}, "a function or a day, not both"),
        ("history", {"function": "a b"}, "neither the name nor the ARN"),
        ("history", {"limit": 5000}, "less than or equal to 100"),
        ("tune", {"function": "f", "run_input": {"autoOptimize": True}}, "measures only"),
    ],
)
def test_a_refusal_says_what_was_wrong(server: "MCPServer", tool: str, arguments: dict[str, Any], words: str) -> None:
    """In the words that a person gets."""
    refused = called(server, tool, **arguments)

    assert refused.is_error
    assert words in told(refused)


def test_a_run_that_fails_is_told_with_its_cause(server: "MCPServer") -> None:
    """The agent sees what went wrong, and that nothing was decided."""
    ended = answered(server, "tune", function="not-there", run_input=SMALL)

    assert ("FAILED", None) == (ended["status"], ended["result"])
    assert "not-there" in ended["cause"]


def test_an_agent_that_gives_up_stops_its_run(cloud: Cloud, server: "MCPServer", target: MakeTarget) -> None:
    """The run ends, and the function is as it was."""
    arn = target(SLOW)
    before = trace_of(cloud, arn)
    begun = threading.Event()

    async def give_up(client: "Client") -> None:
        async def note(progress: float, total: float | None, message: str | None) -> None:  # noqa: ARG001
            if progress:
                begun.set()
                scope.cancel()

        with anyio.CancelScope() as scope:
            arguments = {"function": arn, "run_input": {**SMALL, "num": 40}}
            await client.call_tool("tune", arguments, progress_callback=note)

    asked(server, give_up)
    machine = cloud.outputs["StateMachineArn"]
    states = cloud.client("stepfunctions")
    found = wait_for(
        "the run is stopped",
        lambda: [
            each
            for each in states.list_executions(stateMachineArn=machine, statusFilter="ABORTED")["executions"]
            if json.loads(states.describe_execution(executionArn=each["executionArn"])["input"])["lambdaARN"] == arn
        ],
    )
    cloud.settle()

    assert begun.is_set()
    assert len(found) == 1
    assert before == trace_of(cloud, arn)
