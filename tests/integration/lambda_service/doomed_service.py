"""A Lambda service with an idle and a busy sandbox, to be killed by a test; run as a script."""

import io
import json
import threading
import time
import zipfile

from power_tuner_local.lambda_service import LambdaService

CODE = """
import time
def handler(event, context):
    while event:
        time.sleep(0.01)
"""


def main() -> None:
    """Start two sandboxes, print their process ids, and wait for the end."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("app.py", CODE)
    service = LambdaService("http://127.0.0.1:9", "us-east-1", "123456789012")
    for name in ("busy", "idle"):
        role = "arn:aws:iam::123456789012:role/target"
        code = {"ZipFile": content.getvalue()}
        function = {"FunctionName": name, "Role": role, "Code": code, "Handler": "app.handler", "Runtime": "python3.13"}
        service.call("CreateFunction", function | {"MemorySize": 512, "Timeout": 60})
    time.sleep(0.1)
    service.invoke_async("busy", b"1")
    idle = threading.Event()
    service.invoke_async("idle", b"0", on_done=lambda _: idle.set())
    idle.wait(20)
    print(json.dumps(service.sandbox_pids()), flush=True)  # noqa: T201 (the test reads it)
    time.sleep(60)


if __name__ == "__main__":
    main()
