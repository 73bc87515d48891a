"""The command line, with AWS stubbed at boto3."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from power_tuner_cli import cloud
from power_tuner_cli.main import build_app
from unit.cli.stubbed_aws import StubbedAws

PowerTuner = Callable[..., Result]


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[StubbedAws]:
    """Give the commands an AWS account that says what the test tells it to."""
    stubbed = StubbedAws()
    monkeypatch.setattr(cloud, "open_account", lambda _options: stubbed)
    yield stubbed
    stubbed.close()


@pytest.fixture
def power_tuner(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> PowerTuner:
    """Run the command line in an empty folder, with no AWS settings around it."""
    monkeypatch.chdir(tmp_path)
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("COLUMNS", "120")
    monkeypatch.setenv("HOME", str(tmp_path))

    def run(*arguments: str) -> Result:
        return CliRunner().invoke(build_app(), arguments, catch_exceptions=False)

    return run
