"""Which Python runs a function, and which packages it finds."""

import os
import shutil
import sys
from pathlib import Path
from typing import Any

import pytest

from power_tuner_local.lambda_service import python_runtimes, sandbox_command
from power_tuner_local.lambda_service.python_runtimes import OWN, python_of

pytestmark = pytest.mark.local_aws

IMPORTS = """
import importlib
def handler(event, context):
    return importlib.import_module(event).__name__
"""
TELLS = """
import boto3, json, sys, time
def handler(event, context):
    if event == "fail":
        raise ValueError("as asked")
    if event == "large":
        return "x" * 3_000_000
    left = context.get_remaining_time_in_millis()
    return {"version": list(sys.version_info[:2]), "client": boto3.client("sts").meta.region_name, "left": left}
"""


def other_pythons() -> list[str]:
    """Return folders in which there is a Python that works, of another version than this one."""
    places = [*os.get_exec_path(), *map(str, Path.home().glob(".pyenv/versions/*/bin"))]
    versions = [f"3.{minor}" for minor in range(10, 15) if minor != sys.version_info.minor]
    return [
        f"{version} {place}"
        for version in versions
        for place in places
        if "shims" not in place and shutil.which(f"python{version}", path=place)
    ]


@pytest.mark.parametrize("module", ["moto", "rich", "typer", "power_tuner", "power_tuner_local", "msgspec", "pytest"])
def test_packages_of_this_environment_are_not_found(aws: Any, name: str, module: str) -> None:
    """What a function does not bring, and Lambda does not have, cannot be imported."""
    aws.add(name, f"import {module}\ndef handler(event, context):\n    pass\n")
    failed = aws.invoke(name).payload

    assert "Runtime.ImportModuleError" == failed["errorType"]
    assert f"No module named '{module}'" in failed["errorMessage"]


def test_packages_of_lambdas_runtime_are_found(aws: Any, name: str) -> None:
    """The SDK and what it needs are there, with their versions."""
    aws.add(name, IMPORTS)
    modules = ["boto3", "botocore", "s3transfer", "jmespath", "dateutil", "six", "urllib3", "awslambdaric"]
    code = "from importlib.metadata import version\ndef handler(event, context):\n    return version('boto3')\n"
    aws.add(f"{name}-version", code)

    assert modules == [aws.invoke(name, each).payload for each in modules]
    assert __import__("boto3").__version__ == aws.invoke(f"{name}-version").payload


def test_the_declared_python_runs_a_function(
    aws: Any, name: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Where it is on the PATH, the Python of the runtime's name runs the function, with the SDK that is here."""
    if not other_pythons():
        pytest.skip("needs a second Python: there is none on the PATH, nor of pyenv")
    version, place = other_pythons()[-1].split(" ", 1)
    (tmp_path / f"python{version}").symlink_to(f"{place}/python{version}")
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    python_of.cache_clear()
    aws.add(name, TELLS, Runtime=f"python{version}", timeout_s=20)
    told = aws.invoke(name).payload
    failed = aws.invoke(name, "fail")
    large = aws.invoke(name, "large")
    note = sandbox_command.other_version(f"python{version}")
    python_of.cache_clear()

    assert [3, int(version.removeprefix("3."))] == told["version"]
    assert "us-east-1" == told["client"]
    assert 0 < told["left"] <= 20_000
    assert ("ValueError", "as asked") == (failed.payload["errorType"], failed.payload["errorMessage"])
    assert 3_000_000 == len(large.payload)
    assert 0 < large.report["Duration"]
    assert "" == note


@pytest.mark.parametrize("script", ["exit 127", "echo 3 99 /bin/true", "echo", None])
def test_a_python_that_does_not_work_is_not_taken(
    script: str | None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Where there is none, or only a script that finds none, this Python runs the function, and that is told."""
    declared = "3.14" if OWN.version != "3.14" else "3.13"
    if script is not None:
        (tmp_path / f"python{declared}").write_text(f"#!/bin/sh\n{script}\n")
        (tmp_path / f"python{declared}").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    python_of.cache_clear()
    chosen = python_of(f"python{declared}")
    note = sandbox_command.other_version(f"python{declared}")
    python_of.cache_clear()

    assert OWN == chosen
    reason = f"as there is no python{declared} on the PATH that works."
    assert f"python{declared} is run with Python {OWN.version} here, {reason}" == note
    assert python_runtimes.OWN.executable == sys.executable
