"""Fixtures of the end-to-end tests."""

import itertools
from collections.abc import Callable
from pathlib import Path
from textwrap import dedent
from typing import TYPE_CHECKING, Any

import pytest

from e2e.cloud import Cloud, Tuner

if TYPE_CHECKING:
    from conftest import SharedStack

_numbers = itertools.count()


@pytest.fixture(scope="module")
def cloud(shared_stack: "SharedStack") -> Cloud:
    """The AWS with the stack; a file whose tests count what is there opens its own."""
    return shared_stack.open()


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
