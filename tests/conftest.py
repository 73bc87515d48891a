"""What all tests share: the one local AWS of the files that do not ask for their own, and the collector of garbage."""

import gc
from collections.abc import Iterator
from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from e2e.cloud import Cloud


class SharedStack:
    """An AWS with the stack, opened when a test first asks for it: a process holds one local AWS at a time."""

    def __init__(self) -> None:
        self._open = ExitStack()
        self._cloud: Cloud | None = None

    def open(self) -> "Cloud":
        """Return it."""
        if self._cloud is None:
            from e2e.cloud import open_cloud  # noqa: PLC0415 (it imports moto, which takes seconds)

            self._cloud = self._open.enter_context(open_cloud())
        return self._cloud

    def close(self) -> None:
        """End it, if it is open; it can be opened again."""
        self._cloud = None
        self._open.close()


_shared = SharedStack()


def pytest_sessionstart() -> None:
    """Look for no garbage while thousands of tests are collected, which live to the end."""
    gc.disable()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run the files first that share the local AWS, one after another: each time it opens, its functions start anew."""
    sharing = {item.path for item in items if "shared_stack" in getattr(item, "fixturenames", ())}
    items.sort(key=lambda item: item.path not in sharing)


def pytest_collection_finish() -> None:
    """Look for garbage from now on, but not among the tests."""
    gc.freeze()
    gc.enable()


@pytest.fixture(scope="session")
def shared_stack() -> Iterator[SharedStack]:
    """The AWS that tests share; it ends before a test that has its own."""
    yield _shared
    _shared.close()


@pytest.fixture(scope="session")
def chromium() -> Iterator[None]:
    """The browser that looks at pages; the test is skipped where none is installed."""
    from browser.chromium import open_chromium  # noqa: PLC0415 (few tests need it)

    with open_chromium():
        yield


@pytest.hookimpl(trylast=True)
def pytest_runtest_teardown(nextitem: pytest.Item | None) -> None:
    """End the shared AWS after the last test that uses it."""
    if "shared_stack" not in getattr(nextitem, "fixturenames", ()):
        _shared.close()
