"""Debian's chromium, headless, looking at pages and recording what they ask for: one browser for all tests."""

import shutil
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Route, sync_playwright

CHROMIUM = shutil.which("chromium")
ADDRESS = "http://127.0.0.1/report.html"
_HEIGHT = 900
_looking: list[Callable[..., "Sight"]] = []


@dataclass(frozen=True, slots=True)
class Sight:
    """What was seen of a page.

    Attributes:
        answer: What the script found.
        console: The messages on the browser's console, and the errors of scripts.
        requests: Every address that was asked for, here or anywhere else.
    """

    answer: Any
    console: list[str]
    requests: list[str]


@contextmanager
def open_chromium() -> Iterator[None]:
    """Open the browser that `look` uses, and close it.

    Raises:
        Skipped: No chromium is installed.
    """
    if CHROMIUM is None:
        pytest.skip("Debian's chromium is not installed (apt-get install chromium)")
    # a thread of its own: Playwright keeps an event loop running, and other tests start theirs
    with ThreadPoolExecutor(1) as thread:
        playwright = thread.submit(lambda: sync_playwright().start()).result()
        launch = playwright.chromium.launch
        browser = thread.submit(launch, executable_path=CHROMIUM, args=["--no-sandbox"]).result()
        _looking.append(lambda *arguments: thread.submit(_look, browser, *arguments).result())
        try:
            yield
        finally:
            _looking.clear()
            thread.submit(browser.close).result()
            thread.submit(playwright.stop).result()


def look(page: str, script: str, *, width: int = 1200, dark: bool = False) -> Sight:
    """Show a page in a window of this width and ask a script, a function of document and window, about it.

    The test must use the fixture `chromium`.
    """
    (looking,) = _looking
    return looking(page, script, width, dark)


def _look(browser: Browser, page: str, script: str, width: int, dark: bool) -> Sight:  # noqa: FBT001
    console: list[str] = []
    requests: list[str] = []

    def serve(route: Route) -> None:
        address = route.request.url
        if address == ADDRESS:
            route.fulfill(body=page, content_type="text/html; charset=utf-8")
            return
        requests.append(address)
        if urlsplit(address).hostname == "127.0.0.1":
            route.continue_()
        else:
            route.abort()

    size = {"width": width, "height": _HEIGHT}
    scheme = "dark" if dark else "light"
    with browser.new_context(viewport=size, color_scheme=scheme) as context:  # type: ignore[arg-type]
        context.route("**/*", serve)
        shown = context.new_page()
        shown.on("console", lambda message: console.append(message.text))
        shown.on("pageerror", lambda error: console.append(str(error)))
        shown.goto(ADDRESS)
        asked = {"expression": f"({script})(document, window)", "awaitPromise": True, "returnByValue": True}
        answer = context.new_cdp_session(shown).send("Runtime.evaluate", asked)
        assert "exceptionDetails" not in answer, answer["exceptionDetails"]
        return Sight(answer["result"].get("value"), console, requests)
