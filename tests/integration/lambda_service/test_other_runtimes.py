"""Functions that are not Python: Node.js, and those that bring a bootstrap of their own."""

import io
import json
import shutil
import subprocess
import zipfile
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

pytestmark = pytest.mark.local_aws
needs_node = pytest.mark.skipif(shutil.which("node") is None, reason="needs Node.js: there is no node on the PATH")
needs_cc = pytest.mark.skipif(shutil.which("cc") is None, reason="needs a C compiler: there is no cc on the PATH")

NODE = """
const { setTimeout: sleep } = require("node:timers/promises");
exports.handler = async (event, context) => {
  if (event.sleep) await sleep(event.sleep);
  if (event.fail) throw new RangeError(event.fail);
  if (event.text) throw event.text;
  if (event.circle) { const circle = {}; circle.self = circle; return circle; }
  if (event.allocate) { const held = Buffer.alloc(event.allocate << 20, 1); await sleep(50); return held.length; }
  if (event.exit !== undefined) process.exit(event.exit);
  if (event.log) console.log("one\\ntwo %s", event.log);
  if (event.forever) for (;;);
  return { pid: process.pid, memory: context.memoryLimitInMB, arn: context.invokedFunctionArn, id: context.awsRequestId,
           left: context.getRemainingTimeInMillis(), stage: process.env.STAGE, path: process.env.PYTHONPATH ?? null,
           client: context.clientContext ?? null };
};
exports.callback = (event, context, callback) => {
  if (event.nothing) return;
  if (event.error) return callback(new TypeError("told"));
  setTimeout(() => { globalThis.drained = true; }, 100);
  if (!event.waits) context.callbackWaitsForEmptyEventLoop = false;
  callback(null, { before: globalThis.drained ?? false });
};
exports.late = async () => { Promise.reject(new Error("nobody waits")); await sleep(500); };
exports.stuck = () => new Promise(() => {});
exports.deep = { inside: async () => "deep" };
exports.streamed = awslambda.streamifyResponse(async (_, stream) => {
  stream.write("a"); stream.write("b"); stream.end();
});
exports.text = "no function";
"""
BOOTSTRAP = """#!/usr/bin/env python3
import http.client, json, os
api = http.client.HTTPConnection(os.environ["AWS_LAMBDA_RUNTIME_API"])
while True:
    api.request("GET", "/2018-06-01/runtime/invocation/next")
    answer = api.getresponse()
    event, name = json.loads(answer.read()), answer.headers["Lambda-Runtime-Aws-Request-Id"]
    path = f"/2018-06-01/runtime/invocation/{name}/" + ("error" if "fail" in event else "response")
    if "fail" in event:
        body = {"errorType": "Own.Error", "errorMessage": event["fail"]}
    else:
        body = {"handler": os.environ["_HANDLER"], "packages": os.environ.get("PYTHONPATH"), "event": event,
                "padding": "x" * event.get("size", 0)}
    content = json.dumps(body).encode()
    if event.get("chunked"):
        api.request("POST", path, iter([content[:7], content[7:]]), encode_chunked=True)
    else:
        api.request("POST", path, content)
    api.getresponse().read()
"""
COMPILED = r"""
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static int connected(void) {
  char host[64];
  strncpy(host, getenv("AWS_LAMBDA_RUNTIME_API"), sizeof host - 1);
  char *port = strchr(host, ':');
  *port++ = 0;
  struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(atoi(port))};
  inet_pton(AF_INET, host, &to.sin_addr);
  int one = socket(AF_INET, SOCK_STREAM, 0);
  return connect(one, (struct sockaddr *)&to, sizeof to) ? -1 : one;
}

static void asked(const char *request, char *answer, int size) {
  int one = connected(), got, all = 0;
  write(one, request, strlen(request));
  do {
    got = read(one, answer + all, size - all - 1);
    all += got > 0 ? got : 0;
    answer[all] = 0;
  } while (got > 0 && !strstr(answer, "\r\n\r\n"));
  close(one);
}

int main(void) {
  static char answer[65536], request[512], id[64];
  for (;;) {
    asked("GET /2018-06-01/runtime/invocation/next HTTP/1.1\r\nHost: localhost\r\n\r\n", answer, sizeof answer);
    char *found = strstr(answer, "Lambda-Runtime-Aws-Request-Id: ");
    if (!found) return 3;
    sscanf(found + 31, "%63[0-9a-f-]", id);
    sprintf(request, "POST /2018-06-01/runtime/invocation/%s/response HTTP/1.1\r\nHost: localhost\r\n"
                     "Content-Length: 10\r\n\r\n\"compiled\"", id);
    asked(request, answer, sizeof answer);
  }
}
"""


def packed(files: dict[str, str | bytes], mode: int = 0o755) -> bytes:
    """Return a package with these files."""
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as package:
        for name, content in files.items():
            info = zipfile.ZipInfo(name)
            info.external_attr = mode << 16
            package.writestr(info, content)
    return archive.getvalue()


def add(aws: Any, name: str, files: dict[str, str | bytes], **more: Any) -> str:
    """Create a Node.js function, or another one, of these files."""
    mode = more.pop("mode", 0o755)
    settings = {"Runtime": "nodejs22.x", "Handler": "index.handler", "MemorySize": 512, "Timeout": 10, **more}
    role = "arn:aws:iam::123456789012:role/target"
    code = {"ZipFile": packed(files, mode)}
    made = aws.functions.create_function(FunctionName=name, Role=role, Code=code, **settings)
    aws.settled(name)
    return str(made["FunctionArn"])


@pytest.fixture(scope="module")
def node(aws: Any) -> str:
    """A Node.js function that does what its event says."""
    add(aws, "node", {"index.js": NODE}, Environment={"Variables": {"STAGE": "test"}})
    return "node"


@needs_node
class TestNode:
    """Handlers of Node.js."""

    def test_cold_then_warm(self, aws: Any, node: str) -> None:
        """It has a context, a REPORT line as any other, and stays warm."""
        cold, warm = aws.invoke(node), aws.invoke(node)

        assert cold.report["Init Duration"] > 5
        assert "Init Duration" not in warm.report
        assert cold.payload["pid"] == warm.payload["pid"]
        assert ("512", "test", None) == (warm.payload["memory"], warm.payload["stage"], warm.payload["path"])
        assert 9_000 < warm.payload["left"] <= 10_000
        assert warm.payload["arn"].endswith(":function:node")
        assert f"START RequestId: {warm.payload['id']}" in warm.log

    def test_what_takes_longer_lasts_longer(self, aws: Any, node: str) -> None:
        """A handler is waited for."""
        assert 200 <= aws.invoke(node, {"sleep": 200}).report["Duration"] < 400

    @pytest.mark.parametrize(
        ("event", "kind", "message"),
        [
            ({"fail": "too far"}, "RangeError", "too far"),
            ({"text": "plain"}, "string", "plain"),
            ({"circle": 1}, "Error", "Unable to stringify response body"),
        ],
    )
    def test_an_error_is_told(self, aws: Any, node: str, event: dict[str, Any], kind: str, message: str) -> None:
        """The caller gets Lambda's document, and the sandbox lives on."""
        before, failed, after = aws.invoke(node), aws.invoke(node, event), aws.invoke(node)

        assert "Unhandled" == failed.error
        assert (kind, message) == (failed.payload["errorType"], failed.payload["errorMessage"])
        assert "ERROR\tInvoke Error" in failed.log
        assert before.payload["pid"] == after.payload["pid"]

    def test_an_exit_is_the_runtimes(self, aws: Any, node: str) -> None:
        """A process that ends is told as its status."""
        failed = aws.invoke(node, {"exit": 4})

        assert "Runtime.ExitError" == failed.payload["errorType"]
        assert failed.payload["errorMessage"].endswith("Error: Runtime exited with error: exit status 4")

    def test_memory_and_time_are_limits(self, aws: Any, name: str) -> None:
        """What needs more memory than it has is killed; what never ends is ended."""
        add(aws, name, {"index.js": NODE}, MemorySize=192)
        add(aws, f"{name}-late", {"index.js": NODE}, Timeout=1)

        starved, late = aws.invoke(name, {"allocate": 400}), aws.invoke(f"{name}-late", {"forever": 1})

        assert "Runtime.OutOfMemory" == starved.payload["errorType"]
        assert "Task timed out after 1.00 seconds" in late.payload["errorMessage"]

    def test_a_record_of_the_log_may_have_lines(self, aws: Any, node: str) -> None:
        """Time, request, level and text, as one event."""
        told = aws.invoke(node, {"log": "three"})
        (line,) = [each for each in told.log.split("\n") if each.endswith("\tINFO\tone")]

        assert [told.payload["id"], "INFO", "one"] == line.split("\t")[1:]
        assert "two three" in told.log

    def test_a_log_in_json(self, aws: Any, name: str) -> None:
        """Below the level nothing is written."""
        code = 'exports.handler = async () => { console.debug("no"); console.warn({ order: 7 }); return 1; };'
        add(aws, name, {"index.js": code}, LoggingConfig={"LogFormat": "JSON", "ApplicationLogLevel": "INFO"})

        records = [
            json.loads(line) for line in aws.invoke(name).log.splitlines() if '"order"' in line or '"no"' in line
        ]

        assert [("WARN", {"order": 7})] == [(each["level"], each["message"]) for each in records]

    @pytest.mark.parametrize(
        ("handler", "event", "answer"),
        [
            ("index.callback", {"nothing": 1}, None),
            ("index.callback", {}, {"before": False}),
            ("index.deep.inside", {}, "deep"),
            ("index.stuck", {}, None),
        ],
    )
    def test_kinds_of_handlers(self, aws: Any, name: str, handler: str, event: dict[str, Any], answer: object) -> None:
        """A callback, a property of a property, and a promise that nothing can settle any more."""
        add(aws, name, {"index.js": NODE}, Handler=handler)

        assert answer == aws.invoke(name, event).payload

    def test_a_callback_waits_for_the_event_loop(self, aws: Any, name: str) -> None:
        """Unless the context says otherwise."""
        add(aws, name, {"index.js": NODE}, Handler="index.callback")
        aws.invoke(name)
        waits, waits_not, failed = aws.invoke(name, {"waits": 1}), aws.invoke(name), aws.invoke(name, {"error": 1})

        assert waits.report["Duration"] >= 90
        assert waits_not.report["Duration"] < 60
        assert ("TypeError", "told") == (failed.payload["errorType"], failed.payload["errorMessage"])

    def test_a_streaming_handler_answers_whole(self, aws: Any, name: str) -> None:
        """Invoke without a stream."""
        add(aws, name, {"index.js": NODE.replace('"a"', "'\"a'").replace('"b"', "'b\"'")}, Handler="index.streamed")

        assert "ab" == aws.invoke(name).payload

    def test_a_rejection_that_nobody_handles_ends_the_process(self, aws: Any, name: str) -> None:
        """It is told as Lambda tells it."""
        add(aws, name, {"index.js": NODE}, Handler="index.late")
        failed = aws.invoke(name)

        expected = ("Runtime.UnhandledPromiseRejection", "Error: nobody waits")
        assert expected == (failed.payload["errorType"], failed.payload["errorMessage"])

    def test_modules(self, aws: Any, name: str) -> None:
        """An ES module in a folder, with a package beside it."""
        files: dict[str, str | bytes] = {
            "src/app.mjs": """
                import { seven } from "lucky";
                const two = await 2;
                export const run = async () => seven * two;
            """,
            "node_modules/lucky/package.json": '{"name": "lucky", "main": "main.js"}',
            "node_modules/lucky/main.js": "exports.seven = 7;",
        }
        add(aws, name, files, Handler="src/app.run")

        assert 14 == aws.invoke(name).payload

    @pytest.mark.parametrize(
        ("handler", "code", "kind", "words"),
        [
            ("other.handler", NODE, "Runtime.ImportModuleError", "Cannot find module 'other'"),
            ("index.missing", NODE, "Runtime.HandlerNotFound", "index.missing is undefined or not exported"),
            ("index.text", NODE, "Runtime.HandlerNotFound", "index.text is not a function"),
            ("index", NODE, "Runtime.MalformedHandlerName", "Bad handler"),
            ("index.handler", "exports.handler = async () => {", "Runtime.UserCodeSyntaxError", "SyntaxError"),
            ("index.handler", "require('not-there')", "Runtime.ImportModuleError", "Cannot find module 'not-there'"),
            ("index.handler", "throw new Error('at the start')", "Error", "at the start"),
        ],
    )
    def test_what_cannot_start_says_why(
        self, aws: Any, name: str, handler: str, code: str, kind: str, words: str
    ) -> None:
        """The init phase fails with Lambda's name for it."""
        add(aws, name, {"index.js": code}, Handler=handler)
        failed = aws.invoke(name)

        assert kind == failed.payload["errorType"]
        assert words in failed.payload["errorMessage"]


class TestOwnBootstrap:
    """provided.al2023: whatever speaks the Runtime API."""

    def test_a_script(self, aws: Any, name: str) -> None:
        """It gets the handler's name, and nothing of the local AWS's own packages."""
        add(aws, name, {"bootstrap": BOOTSTRAP}, Runtime="provided.al2023", Handler="orders")
        cold, warm, failed = aws.invoke(name), aws.invoke(name, {"n": 7}), aws.invoke(name, {"fail": "no"})

        assert cold.report["Init Duration"] > 0
        assert ("orders", None, {"n": 7}) == tuple(warm.payload[key] for key in ("handler", "packages", "event"))
        assert ("Own.Error", "no") == (failed.payload["errorType"], failed.payload["errorMessage"])

    @pytest.mark.parametrize("size", [0, 300_000])
    def test_a_response_in_chunks(self, aws: Any, name: str, size: int) -> None:
        """It is the same as one of known length."""
        add(aws, name, {"bootstrap": BOOTSTRAP}, Runtime="provided.al2", Handler="any")

        assert size == len(aws.invoke(name, {"chunked": True, "size": size}).payload["padding"])

    @needs_cc
    def test_a_compiled_one(self, aws: Any, name: str, tmp_path: Path) -> None:
        """A program for this machine, as Go and Rust make them."""
        (tmp_path / "main.c").write_text(COMPILED)
        subprocess.run(["cc", "-w", "-o", tmp_path / "bootstrap", tmp_path / "main.c"], check=True)  # noqa: S603, S607
        files: dict[str, str | bytes] = {"bootstrap": (tmp_path / "bootstrap").read_bytes()}
        add(aws, name, files, Runtime="provided.al2023", Handler="bootstrap")
        aws.invoke(name)

        warm = aws.invoke(name)

        assert "compiled" == warm.payload
        assert warm.report["Max Memory Used"] < 40

    @pytest.mark.parametrize(
        ("files", "mode", "words"),
        [
            ({"main": "x"}, 0o755, "Couldn't find valid bootstrap(s): [/var/task/bootstrap /opt/bootstrap]"),
            ({"bootstrap": BOOTSTRAP}, 0o644, "permission denied"),
            ({"bootstrap": b"\x7fELF of another machine"}, 0o755, "exec format error"),
        ],
    )
    def test_what_cannot_start_says_why(
        self, aws: Any, name: str, files: dict[str, Any], mode: int, words: str
    ) -> None:
        """There is nothing to run, or this machine cannot run it."""
        add(aws, name, files, Runtime="provided.al2023", Handler="any", mode=mode)
        failed = aws.invoke(name)

        assert "Runtime.InvalidEntrypoint" == failed.payload["errorType"]
        assert words in failed.payload["errorMessage"]


def test_other_runtimes_are_refused(aws: Any, name: str) -> None:
    """Java is kept, and told that it is not run."""
    add(aws, name, {"Main.class": "x"}, Runtime="java21", Handler="Main")
    with pytest.raises(ClientError, match=r"java21: the local AWS runs Python, Node\.js and"):
        aws.invoke(name)


def test_without_node_it_is_said(aws: Any, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine that has none is told what to install."""
    add(aws, name, {"index.js": NODE})
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(ClientError, match=r"there is no node on the PATH\. Install Node\.js"):
        aws.invoke(name)
