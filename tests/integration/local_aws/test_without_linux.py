"""The local AWS where what only Linux has is taken away, as on macOS."""

import fcntl
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from power_tuner_local.lambda_service.sandbox_main import die_with

pytestmark = pytest.mark.local_aws

TAKEN_AWAY = """
import builtins, errno, io, os, socket, sys, time

OURS = ("power_tuner_local", "power_tuner_cli")
PLUMBING = ("sitecustomize", "pathlib", "genericpath", "contextlib")

def is_ours():
    frame = sys._getframe(2)
    while frame is not None:
        module = frame.f_globals.get("__name__", "").partition(".")[0]
        if module not in PLUMBING:
            return module in OURS
        frame = frame.f_back
    return False

def without_proc(call):
    def guarded(path, *arguments, **named):
        if str(path).startswith("/proc") and is_ours():
            raise FileNotFoundError(errno.ENOENT, "No such file or directory", str(path))
        return call(path, *arguments, **named)
    return guarded

def without_stamps(call):
    def guarded(self, level, option, *value):
        if (level, option) == (socket.SOL_SOCKET, 35):
            raise OSError(errno.ENOPROTOOPT, "Protocol not available")
        return call(self, level, option, *value)
    return guarded

def without_clocks_of_others(call):
    def guarded(clock):
        if clock < 0:
            raise OSError(errno.EINVAL, "Invalid argument")
        return call(clock)
    return guarded

del os.pidfd_open
for module, name in ((os, "open"), (os, "listdir"), (os, "stat"), (io, "open"), (builtins, "open")):
    setattr(module, name, without_proc(getattr(module, name)))
socket.socket.setsockopt = without_stamps(socket.socket.setsockopt)
time.clock_gettime_ns = without_clocks_of_others(time.clock_gettime_ns)
"""
STEPS = """
import base64, json, os, pathlib, re, sys
from power_tuner_local import LocalAws
from power_tuner_local.lambda_service.process_usage import meter_of

def report(aws, event):
    answer = aws.client("lambda").invoke(FunctionName="worker", Payload=json.dumps(event), LogType="Tail")
    log = base64.b64decode(answer["LogResult"]).decode()
    duration, = re.findall(r"\\tDuration: ([0-9.]+) ms", log)
    memory, = re.findall(r"Max Memory Used: ([0-9]+) MB", log)
    return {"payload": json.load(answer["Payload"]), "ms": float(duration), "mb": int(memory)}

with LocalAws() as aws:
    worker = aws.add_function(pathlib.Path(sys.argv[1]), name="worker", memory_mb=256, timeout_s=10)
    events = ("cold", "sleep", "burn", "child", "allocate", "exit", "forever", "cold")
    told = {event: report(aws, event) for event in events}
    told["means"] = [type(meter_of(os.getpid())).__name__, hasattr(os, "pidfd_open")]
    aws.client("lambda").update_function_configuration(FunctionName="worker", MemorySize=1769)
    aws.client("lambda").get_waiter("function_updated_v2").wait(FunctionName="worker")
    told["faster"] = report(aws, "burn")
print(json.dumps(told))
"""
WORKER = """
import os, subprocess, sys, time

def burn(seconds):
    end = time.process_time() + seconds
    while time.process_time() < end:
        pass

def handler(event, context):
    if event == "sleep":
        time.sleep(0.2)
    if event == "burn":
        burn(0.2)
    if event == "child":
        subprocess.run([sys.executable, "-S", "-c", "import time\\nwhile time.process_time() < 0.3: pass"], check=True)
    if event == "allocate":
        held = b"x" * (400 << 20)
        time.sleep(1)
    if event == "exit":
        os._exit(3)
    while event == "forever":
        pass
    return event
"""


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The environment of a process that lacks what only Linux has."""
    folder = tmp_path_factory.mktemp("taken-away")
    (folder / "sitecustomize.py").write_text(TAKEN_AWAY, encoding="utf-8")
    return {**os.environ, "PYTHONPATH": str(folder)}


@pytest.fixture(scope="module")
def worker(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a function that does what its event says."""
    folder = tmp_path_factory.mktemp("worker")
    (folder / "app.py").write_text(WORKER, encoding="utf-8")
    return folder


def run(*words: str | Path, environment: dict[str, str]) -> Any:
    """Run Python without what only Linux has; return the JSON that it prints."""
    done = subprocess.run(  # noqa: S603 our own commands
        [sys.executable, "-W", "ignore", *map(str, words)],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=240,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.fixture(scope="module")
def told(worker: Path, environment: dict[str, str]) -> Any:
    """What a function's invocations are reported as."""
    return run("-c", STEPS, worker, environment=environment)


def test_invocations_are_measured(told: dict[str, Any]) -> None:
    """Waiting and computing are told apart, and 200 ms of computing take longer with the share of a vCPU."""

    assert ["PortableMeter", False] == told["means"]
    assert 190 < told["sleep"]["ms"]
    # not compared with one another: both depend on the load of this machine
    assert 1000 < told["burn"]["ms"]
    assert 190 < told["faster"]["ms"]
    assert 0 < told["cold"]["mb"] < 200


def test_children_are_seen_once_in_a_while(told: dict[str, Any]) -> None:
    """The CPU time of a child process is charged, as far as it was seen before the child ended."""

    assert told["child"]["ms"] > 300


def test_ends_of_functions_are_seen(told: dict[str, Any]) -> None:
    """What exits, allocates too much or runs for too long ends as in Lambda, and the next event is handled."""
    payloads = {name: told[name]["payload"] for name in ("exit", "allocate", "forever", "cold")}

    assert "Runtime.ExitError" == payloads["exit"]["errorType"]
    assert "Runtime.OutOfMemory" == payloads["allocate"]["errorType"]
    assert "Sandbox.Timedout" == payloads["forever"]["errorType"]
    assert "cold" == payloads["cold"]


def test_a_function_is_tuned(worker: Path, environment: dict[str, str], tmp_path: Path) -> None:
    """The command that tunes a folder works there."""
    program = "from power_tuner_cli.main import main; main()"
    words = ("tune", str(worker), "--payload", '"burn"', "--num", "2", "--power-values", "512,1769", "--json")
    state = {"POWER_TUNER_STATE_DIR": str(tmp_path)}
    found = run("-c", program, *words, environment={**environment, **state})

    assert "SUCCEEDED" == found["status"]
    assert ["ok", "ok"] == [branch["outcome"] for branch in found["result"]["branches"]]


def test_without_signals_of_files_nothing_kills_a_sandbox(monkeypatch: pytest.MonkeyPatch) -> None:
    """A sandbox lets go of the pipe that would end it, and lives on when the other end is closed."""
    monkeypatch.delattr(fcntl, "F_SETSIG")
    reader, writer = os.pipe()
    die_with(reader)
    os.close(writer)

    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(reader)
