"""The background server: started, found, refused a second time, stopped."""

import json
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest

from power_tuner_local import connect, stop

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.local_aws


def start(state_dir: "Path") -> "subprocess.Popen[str]":
    command = [sys.executable, "-m", "power_tuner_local", "serve", "--state-dir", str(state_dir)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)  # noqa: S603


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> "Iterator[tuple[subprocess.Popen[str], Path]]":
    """A running server and its state folder."""
    folder = tmp_path_factory.mktemp("state")
    with start(folder) as process:
        assert process.stdout is not None
        assert process.stdout.readline().startswith("local AWS at http://127.0.0.1:")
        try:
            yield process, folder
        finally:
            process.terminate()
            process.wait(timeout=20)


@pytest.fixture(scope="module")
def state_dir(server: "tuple[subprocess.Popen[str], Path]") -> "Path":
    """The state folder of a running server."""
    return server[1]


def test_attached_connection_serves_and_deploys(state_dir: "Path", tmp_path: "Path") -> None:
    """A connection found through the state folder creates clients and functions, deploys, and waits until idle."""
    aws = connect(state_dir)
    assert aws is not None
    (tmp_path / "app.py").write_text("def handler(event, context):\n    return event\n", encoding="utf-8")
    template = tmp_path / "template.yaml"
    template.write_text(
        "Resources: {Queue: {Type: AWS::SQS::Queue}}\nOutputs: {Url: {Value: !Ref Queue}}\n", encoding="utf-8"
    )
    arn = aws.add_function(tmp_path, name="attached")

    assert {"a": 1} == json.load(aws.client("lambda").invoke(FunctionName=arn, Payload=b'{"a": 1}')["Payload"])
    assert aws.deploy(template, stack_name="attached").outputs["Url"]
    aws.wait_until_idle(10)
    with pytest.raises(LookupError, match="there is no schedule named 'never'"):
        aws.fire_schedule("never")


def test_second_server_is_refused(state_dir: "Path") -> None:
    """A second server for the same folder ends at once and names the one that runs."""
    with start(state_dir) as second:
        _, errors = second.communicate(timeout=20)

    assert 1 == second.returncode
    assert "already running at http://127.0.0.1:" in errors


def test_nothing_is_found_where_nothing_runs(tmp_path: "Path") -> None:
    """Without a server, or with the state file of one that was killed, connect finds None and stop does nothing."""
    assert connect(tmp_path) is None
    state = {"endpoint_url": "http://127.0.0.1:9", "pid": 1, "started": time.time(), "secret": "x"}
    (tmp_path / "local-aws.json").write_text(json.dumps(state), encoding="utf-8")

    assert connect(tmp_path) is None
    assert stop(tmp_path) is False


def test_down_ends_the_server_cleanly(server: "tuple[subprocess.Popen[str], Path]") -> None:
    """`down` ends the server with exit code 0, nothing on stderr, and the state file gone."""
    process, folder = server
    command = [sys.executable, "-m", "power_tuner_local", "down", "--state-dir", str(folder)]
    down = subprocess.run(command, check=False, capture_output=True, text=True)  # noqa: S603
    _, errors = process.communicate(timeout=20)

    assert (0, 0, "") == (down.returncode, process.returncode, errors)
    assert not (folder / "local-aws.json").exists()
