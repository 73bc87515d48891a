"""The command line on a real local AWS: real sandboxes, the real template."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import anyio
import boto3
import pytest

pytestmark = pytest.mark.local_aws

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = ROOT / "infrastructure" / "examples"
COMMAND = [sys.executable, "-W", "ignore", "-c", "from power_tuner_cli.main import main; main()"]

PowerTuner = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="module")
def state_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Name a folder for the state of these tests' own local AWS."""
    return tmp_path_factory.mktemp("local-aws")


@pytest.fixture(scope="module")
def power_tuner(state_dir: Path) -> PowerTuner:
    """Run the command as a pipeline would."""

    def run(*arguments: str, timeout_s: float = 180) -> subprocess.CompletedProcess[str]:
        return subprocess.run(  # noqa: S603 - our own command
            [*COMMAND, *arguments],
            cwd=state_dir,
            env=os.environ | {"POWER_TUNER_STATE_DIR": str(state_dir)},
            capture_output=True,
            text=True,
            timeout=timeout_s,
            check=False,
        )

    return run


@pytest.fixture(scope="module")
def server(power_tuner: PowerTuner) -> Iterator[dict[str, Any]]:
    """Start a local AWS in the background with `local up`; end it with `local down`."""
    started = power_tuner("local", "up", "--update-seconds", "0.1", "--json")
    assert started.returncode == 0, started.stderr
    yield json.loads(started.stdout)
    stopped = power_tuner("local", "down", "--json")
    assert json.loads(stopped.stdout) == {"stopped": True}, stopped.stderr


@pytest.fixture(scope="module")
def clients(server: dict[str, Any]) -> Callable[[str], Any]:
    """Make boto3 clients from nothing but what `local up` printed."""
    environment = server["environment"]
    session = boto3.Session(
        aws_access_key_id=environment["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=environment["AWS_SECRET_ACCESS_KEY"],
        region_name=environment["AWS_REGION"],
    )
    return lambda service: session.client(service, endpoint_url=server["endpointUrl"])  # type: ignore[call-overload]


def tune_waiting(power_tuner: PowerTuner, *more: str) -> subprocess.CompletedProcess[str]:
    """Tune the waiting example in a small run."""
    folder = EXAMPLES / "waiting_bound"
    payload = str(folder / "event.json")
    return power_tuner("tune", str(folder), "--payload", payload, "--power-values", "128,512", "--num", "3", *more)


@pytest.mark.usefixtures("server")
def test_status_tells_what_up_told(power_tuner: PowerTuner, server: dict[str, Any]) -> None:
    """While it runs, `local status` gives the endpoint and the state machine that `local up` gave."""
    assert server == json.loads(power_tuner("local", "status", "--json").stdout)


@pytest.mark.usefixtures("server")
def test_a_running_local_aws_keeps_its_pace(power_tuner: PowerTuner) -> None:
    """Its updates take the time that it was started with; another is refused with what to do."""
    refused = power_tuner("local", "up", "--update-seconds", "3")

    assert refused.returncode == 2
    assert "power-tuner local down" in refused.stderr


@pytest.mark.usefixtures("server")
def test_an_update_takes_the_time_that_was_given(clients: Callable[[str], Any], power_tuner: PowerTuner) -> None:
    """`local up --update-seconds 0.1`: right after a change the update is in progress, and then it has settled."""
    power_tuner("local", "add", str(EXAMPLES / "waiting_bound"), "--name", "paced")
    functions = clients("lambda")
    changed = functions.update_function_configuration(FunctionName="paced", MemorySize=640)
    functions.get_waiter("function_updated_v2").wait(FunctionName="paced", WaiterConfig={"Delay": 1})

    assert changed["LastUpdateStatus"] == "InProgress"


@pytest.mark.usefixtures("server")
def test_a_folder_is_tuned_and_found_again(power_tuner: PowerTuner, state_dir: Path) -> None:
    """A folder's run gives one JSON document; history finds its item, report its page."""
    finished = tune_waiting(power_tuner, "--json")
    assert finished.returncode == 0, finished.stderr
    document = json.loads(finished.stdout)

    history = json.loads(power_tuner("history", "waiting_bound", "--local", "--json").stdout)
    report = power_tuner("report", document["runId"], "--local", "--output", "page.html")
    twice = power_tuner("report", document["runId"], document["runId"], "--local", "--output", "two.html")

    assert [3, 3] == [branch["samples"] for branch in document["result"]["branches"]]
    assert [document["runId"]] == [item["runId"] for item in history if item["runId"] == document["runId"]]
    assert document["output"]["power"] == history[0]["power"]
    assert 0 == report.returncode
    page = (state_dir / "page.html").read_text("utf-8").replace("\u00a0", " ")
    assert document["result"]["sentence"] in page
    assert "same cost and speed" in twice.stdout, twice.stderr
    assert "<svg" in (state_dir / "two.html").read_text("utf-8")


def test_a_name_is_tuned_with_what_up_exports(
    power_tuner: PowerTuner, server: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the exported variables, a function that `local add` deployed is tuned by name, as on AWS."""
    added = power_tuner("local", "add", str(EXAMPLES / "waiting_bound"), "--name", "by_name", "--memory", "512")
    for name, value in server["environment"].items():
        monkeypatch.setenv(name, value)

    finished = power_tuner(
        "tune", "by_name", "--payload", '{"order": "1"}', "--power-values", "128", "--num", "1", "--check"
    )

    assert added.stdout.strip().endswith(":function:by_name")
    assert 4 == finished.returncode, finished.stderr
    assert "128 MB" in finished.stdout


def test_ctrl_c_leaves_nothing_behind(
    power_tuner: PowerTuner, state_dir: Path, clients: Callable[[str], Any], server: dict[str, Any]
) -> None:
    """Ctrl-C in the middle of a run aborts it, and the function is soon as it was, with no version of ours."""
    arn = power_tuner("local", "add", str(EXAMPLES / "waiting_bound"), "--name", "stopped").stdout.strip()
    functions, states = clients("lambda"), clients("stepfunctions")
    before = functions.get_function_configuration(FunctionName=arn)
    process = subprocess.Popen(  # noqa: S603 - our own command
        [*COMMAND, "tune", "stopped", "--local", "--payload", '{"order": "1"}', "--num", "500", "--json"],
        cwd=state_dir,
        env=os.environ | {"POWER_TUNER_STATE_DIR": str(state_dir)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    wait_for(lambda: len(functions.list_versions_by_function(FunctionName=arn)["Versions"]) > 1)

    process.send_signal(signal.SIGINT)
    stdout, stderr = process.communicate(timeout=60)

    assert 130 == process.returncode, stderr
    execution = states.describe_execution(executionArn=json.loads(stdout)["executionArn"])
    assert "ABORTED" == execution["status"]
    assert server["stateMachineArn"] == execution["stateMachineArn"]
    wait_for(lambda: len(functions.list_versions_by_function(FunctionName=arn)["Versions"]) == 1)
    assert before["MemorySize"] == functions.get_function_configuration(FunctionName=arn)["MemorySize"]


def wait_for(fact: Callable[[], bool], patience_s: float = 60) -> None:
    """Wait until a fact holds."""
    deadline = time.monotonic() + patience_s
    while not fact():
        assert time.monotonic() < deadline, "it did not come true in time"
        time.sleep(0.2)


def test_a_decision_is_applied_by_hand_and_taken_back(
    power_tuner: PowerTuner, clients: Callable[[str], Any], tmp_path: Path
) -> None:
    """What --dry-run says, the alias gets; a refusal says why, and a rollback restores."""
    folder = EXAMPLES / "waiting_bound"
    power_tuner("local", "add", str(folder), "--name", "by-hand", "--memory", "1024")
    functions = clients("lambda")
    owners = functions.publish_version(FunctionName="by-hand")["Version"]
    functions.create_alias(FunctionName="by-hand", Name="live", FunctionVersion=owners)
    payload = ("--payload-file", str(folder / "event.json"))
    run = ("tune", "by-hand", "--local", *payload, "--power-values", "128", "--num", "2", "--json")
    run_id = json.loads(power_tuner(*run).stdout)["runId"]

    source = tmp_path / "serverless.yml"
    source.write_text("service: s\nfunctions:\n  f:\n    name: by-hand\n    memorySize: 1024 # MB\n")
    shown = power_tuner("apply", run_id, "--patch", str(source), "--dry-run", "--local")
    unwritten = source.read_text()
    written = power_tuner("apply", run_id, "--patch", str(source), "--yes", "--local")
    planned = power_tuner("apply", run_id, "--alias", "live", "--dry-run", "--local")
    untouched = functions.get_alias(FunctionName="by-hand", Name="live")["FunctionVersion"]
    applied = power_tuner("apply", run_id, "--alias", "live", "--local")
    moved = functions.get_function_configuration(FunctionName="by-hand", Qualifier="live")["MemorySize"]
    again = power_tuner("apply", run_id, "--local", "--json")
    back = power_tuner("rollback", run_id, "--local")

    assert "-    memorySize: 1024 # MB\n+    memorySize: 128 # MB\n" in shown.stdout, shown.stderr
    assert "memorySize: 1024 # MB" in unwritten
    assert (written.returncode, source.read_text()) == (0, unwritten.replace("1024", "128"))
    assert (planned.returncode, untouched) == (0, owners)
    assert "the alias live of by-hand: 1024 MB -> 128 MB. Nothing was changed." in planned.stderr + planned.stdout
    assert (applied.returncode, moved) == (0, 128), applied.stderr
    assert f"power-tuner rollback {run_id} --local" in applied.stderr + applied.stdout
    assert again.returncode == 1
    assert "was applied already" in json.loads(again.stdout)["error"]
    assert back.returncode == 0, back.stderr
    assert functions.get_alias(FunctionName="by-hand", Name="live")["FunctionVersion"] == owners


def test_a_run_that_applies_its_decision_says_what_became_of_it(
    power_tuner: PowerTuner, clients: Callable[[str], Any]
) -> None:
    """It waits for the Optimizer: a person need not look the next day."""
    folder = EXAMPLES / "waiting_bound"
    power_tuner("local", "add", str(folder), "--name", "by-itself", "--memory", "1024")
    payload = ("--payload-file", str(folder / "event.json"), "--power-values", "128", "--num", "2")

    finished = power_tuner("tune", "by-itself", "--local", *payload, "--auto-optimize", "--json")

    told = json.loads(finished.stdout)["applied"]
    assert (True, 1024, 128) == (told["applied"], told["fromMemoryMb"], told["toMemoryMb"])
    assert "by-itself has 128 MB now; it had 1024 MB." in finished.stderr
    assert clients("lambda").get_function_configuration(FunctionName="by-itself")["MemorySize"] == 128


@pytest.mark.usefixtures("server")
def test_a_coding_agent_talks_to_the_command(state_dir: Path) -> None:
    """Over stdin and stdout, as agents start it; without leave there is nothing that invokes."""
    from mcp import Client, StdioServerParameters  # noqa: PLC0415 (every worker collects, one talks)
    from mcp.client.stdio import stdio_client  # noqa: PLC0415

    environment = {"PATH": os.environ["PATH"], "POWER_TUNER_STATE_DIR": str(state_dir)}
    started = StdioServerParameters(command=COMMAND[0], args=[*COMMAND[1:], "mcp", "--local"], env=environment)

    async def talk() -> tuple[set[str], Any]:
        async with Client(stdio_client(started)) as client:
            tools = {tool.name for tool in (await client.list_tools()).tools}
            return tools, (await client.call_tool("history", {"function": "never-seen"})).structured_content

    assert ({"history", "report", "fleet"}, {"runs": []}) == anyio.run(talk)


def test_bad_input_is_refused_before_anything_starts(power_tuner: PowerTuner) -> None:
    """A bad option exits with 2 in a moment, with a message that names it, and nothing on stdout."""
    started = time.monotonic()

    finished = power_tuner("tune", str(EXAMPLES / "waiting_bound"), "--num", "0")

    assert 2 == finished.returncode
    assert "num" in finished.stderr
    assert "" == finished.stdout
    assert time.monotonic() - started < 10
