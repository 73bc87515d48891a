from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from layer.prune import SERVICES, prune

ROOT = Path(__file__).parents[2]
BUILT = ROOT / ".aws-sam" / "build" / "DependenciesLayer" / "python"

IMPORT_ALL = """
import importlib.metadata, sys
sys.path.insert(0, sys.argv[1])
import boto3, botocore
from aws_lambda_powertools import Logger, Metrics, Tracer
from aws_xray_sdk.core import xray_recorder
session = boto3.Session("id", "secret", region_name="us-east-1")
for service in sys.argv[2:]:
    session.client(service)
session.client("dynamodb").get_paginator("query")
session.client("lambda").get_waiter("function_updated_v2")
assert all(module.__file__.startswith(sys.argv[1]) for module in (boto3, botocore))
print(importlib.metadata.version("boto3"))
"""


def test_each_service_that_a_handler_calls_is_in_the_layer() -> None:
    """A client of a service whose model was cut away would fail only in AWS."""
    sources = [path.read_text(encoding="utf-8") for path in (ROOT / "handlers").rglob("*.py")]
    called = {name for text in sources for name in re.findall(r"_client(?:s\.get)?\(\s*\"([a-z0-9-]+)\"", text)}

    assert {"lambda", "dynamodb", "s3"} <= called <= SERVICES


def test_pruning_keeps_the_newest_model_of_the_services_used(tmp_path: Path) -> None:
    """Of the service models only what a client reads stays."""
    for path in ("lambda/2014-11-11", "lambda/2015-03-31", "ec2/2016-11-15"):
        folder = tmp_path / "botocore" / "data" / path
        folder.mkdir(parents=True)
        (folder / "service-2.json.gz").touch()
    (tmp_path / "botocore" / "data" / "lambda" / "2015-03-31" / "examples-1.json").touch()
    (tmp_path / "botocore-1.0.dist-info").mkdir()
    for name in ("METADATA", "LICENSE", "RECORD"):
        (tmp_path / "botocore-1.0.dist-info" / name).touch()

    prune(tmp_path)

    left = {path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*") if path.is_file()}
    assert {
        "botocore-1.0.dist-info/LICENSE",
        "botocore-1.0.dist-info/METADATA",
        "botocore/data/lambda/2015-03-31/service-2.json.gz",
    } == left


def is_built() -> bool:
    """Tell whether the layer was built since its pins and its pruning were last changed."""
    built = BUILT.parents[1] / "template.yaml"
    sources = (ROOT / "infrastructure" / "layer").glob("*.*")
    return built.is_file() and built.stat().st_mtime > max(path.stat().st_mtime for path in sources)


@pytest.mark.skipif(not is_built(), reason="the layer is not built, or changed since: run `make build` first")
def test_built_layer_imports_without_this_environment() -> None:
    """What the handlers import works from the layer's files alone, with a client of every service kept."""
    bare = [sys.executable, "-I", "-S", "-B", "-c", IMPORT_ALL, str(BUILT), *sorted(SERVICES)]

    done = subprocess.run(bare, capture_output=True, text=True, check=False)  # noqa: S603 our own interpreter

    assert "" == done.stderr
    assert (ROOT / "infrastructure/layer/requirements.txt").read_text().count(f"boto3=={done.stdout.strip()} ")
