"""Debian's chromium, headless, looking at pages that this process serves and recording what they ask for."""

import json
import re
import shutil
import subprocess
import tempfile
import threading
from dataclasses import dataclass
from html import unescape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

CHROMIUM = shutil.which("chromium")

_FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-extensions",
    "--enable-logging=stderr",
    "--log-level=0",
)
_ERRANDS_OF_ITS_OWN = re.compile(r"google(apis)?\.com|/favicon\.ico$")
_CONSOLE_LINE = re.compile(r":CONSOLE[:(]\d+\)?\] \"(?P<text>.*)\", source")

_HARNESS = """<!doctype html><meta charset="utf-8"><body style="margin:0">
<iframe id="page" src="/report.html" style="border:0;width:WIDTHpx;height:900px"></iframe><pre id="out"></pre>
<script>
document.getElementById("page").addEventListener("load", async (event) => {
  const page = event.target.contentDocument, view = event.target.contentWindow;
  document.getElementById("out").textContent = JSON.stringify(await (SCRIPT)(page, view));
});
</script>"""


@dataclass(frozen=True, slots=True)
class Sight:
    """What was seen of a page.

    Attributes:
        answer: What the script found.
        console: The messages on the browser's console.
        requests: Every address that was asked for, here or anywhere else.
    """

    answer: Any
    console: list[str]
    requests: list[str]


class PageServer:
    """Serves a page, and plays the proxy of the browser, so that no request goes unseen."""

    def __init__(self, page: str) -> None:
        self.files: dict[str, str] = {"/report.html": page}
        self.requests: list[str] = []
        seen = self

        class Handler(BaseHTTPRequestHandler):
            """Serve the files, refuse all else."""

            def do_GET(self) -> None:
                """Answer and remember a request."""
                seen.requests.append(self.path)
                path = "/" + self.path.partition("://")[2].partition("/")[2] if "://" in self.path else self.path
                body = seen.files.get(path)
                self.send_response(404 if body is None else 200)
                self.send_header("Content-Type", "text/html; charset=utf-8")
                self.end_headers()
                self.wfile.write((body or "").encode())

            def do_CONNECT(self) -> None:
                """Refuse and remember an encrypted request."""
                seen.requests.append(self.path)
                self.send_error(502)

            def log_message(self, *_: object) -> None:
                """Stay quiet."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    @property
    def address(self) -> str:
        """Name the server as host and port."""
        return f"127.0.0.1:{self._server.server_port}"


def look(page: str, script: str, *, width: int = 1200, dark: bool = False, real_time: bool = False) -> Sight:
    """Show a page in a frame of this width and ask a script, a function of document and window, about it.

    In real time the browser's clock is that of the machine, so that a script can measure.
    """
    with PageServer(page) as server, tempfile.TemporaryDirectory() as profile:
        server.files["/harness.html"] = _HARNESS.replace("WIDTH", str(width)).replace("SCRIPT", script)
        finished = subprocess.run(  # noqa: S603 - a browser with flags of our own
            [
                str(CHROMIUM),
                *_FLAGS,
                *([] if real_time else ["--virtual-time-budget=4000"]),
                f"--user-data-dir={profile}",
                f"--proxy-server=http://{server.address}",
                f"--blink-settings=preferredColorScheme={0 if dark else 1}",
                f"--window-size={max(width, 500)},1000",
                "--dump-dom",
                f"http://{server.address}/harness.html",
            ],
            capture_output=True,
            text=True,
            timeout=60,
            check=True,
        )
        found = re.search(r'<pre id="out">(.+?)</pre>', finished.stdout, re.DOTALL)
        assert found, f"the page did not load: {finished.stdout[:500]} {finished.stderr[-500:]}"
        console = [match["text"] for match in _CONSOLE_LINE.finditer(finished.stderr)]
        requests = [
            path
            for path in server.requests
            if path not in {f"http://{server.address}/{name}.html" for name in ("harness", "report")}
            and path not in server.files
            and not _ERRANDS_OF_ITS_OWN.search(path)
        ]
        return Sight(json.loads(unescape(found[1])), console, requests)
