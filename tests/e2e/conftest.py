"""Fixtures of the end-to-end tests."""

import itertools
from collections.abc import Callable, Iterator
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest

from e2e.cloud import Cloud, Tuner, open_cloud

_numbers = itertools.count()


@pytest.fixture(scope="module")
def cloud() -> Iterator[Cloud]:
    """One AWS with the stack, for all tests of a file: a process holds one at a time."""
    with open_cloud() as opened:
        yield opened


@pytest.fixture(scope="module")
def tuner(cloud: Cloud) -> Tuner:
    """The app under test."""
    return Tuner(cloud)


@pytest.fixture
def target(cloud: Cloud, tmp_path: Path) -> Callable[..., str]:
    """Make a function from source text and return its ARN."""

    def make(source: str = QUICK, **options: Any) -> str:
        folder = tmp_path / f"target-{next(_numbers)}"
        folder.mkdir()
        (folder / "app.py").write_text(dedent(source))
        options.setdefault("name", f"{folder.name}-{abs(hash(str(tmp_path))) % 10**8}")
        return cloud.add_function(folder, **{"memory_mb": 512, "timeout_s": 10, **options})

    return make


QUICK = """
    def handler(event, context):
        return {"echo": event}
"""
