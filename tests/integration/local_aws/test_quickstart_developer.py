"""docs/quickstart-developer.md: its commands, in their order, in a copy of the project that it names."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.local_aws

ROOT = Path(__file__).parents[3]
TEXT = (ROOT / "docs" / "quickstart-developer.md").read_text("utf-8")
COMMANDS = [
    line for block in re.findall(r"^```sh\n(.*?)^```$", TEXT, re.MULTILINE | re.DOTALL) for line in block.splitlines()
]
(SHOWN,) = re.findall(r"^```console\n(.*?)^```$", TEXT, re.MULTILINE | re.DOTALL)
# What the SAM CLI leaves of this project; the dependency is a stand-in, so that no package index is asked.
SAM = f"""#!{sys.executable}
import shutil, sys
from pathlib import Path

assert sys.argv[1:] == ["build"]
build = Path(".aws-sam") / "build"
for name, source in (("Thumbnailer", "thumbnailer"), ("Orders", "orders")):
    shutil.copytree(Path("src") / source, build / name)
Days = "class Days:\\n    days = 3\\n\\n\\ndef parse_duration(text):\\n    return Days()\\n"
(build / "Orders" / "isodate.py").write_text(Days)
text = Path("template.yaml").read_text()
(build / "template.yaml").write_text(text.replace("src/thumbnailer", "Thumbnailer").replace("src/orders", "Orders"))
"""


def test_its_commands_run(tmp_path: Path) -> None:
    """Each command succeeds and says what is shown; the curve of each function has the sizes that were asked for."""
    shutil.copytree(ROOT / "tests" / "projects" / "shop", tmp_path / "shop")
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "sam").write_text(SAM, encoding="utf-8")
    (tmp_path / "bin" / "sam").chmod(0o755)
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("AWS_")},
        "PATH": os.pathsep.join([str(tmp_path / "bin"), str(Path(sys.executable).parent), os.environ["PATH"]]),
        "POWER_TUNER_STATE_DIR": str(tmp_path),
        "COLUMNS": "120",
    }

    def run(command: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(  # noqa: S603 - commands of our own document
            ["/bin/bash", "-c", command],
            cwd=tmp_path / "shop",
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
            timeout=120,
        )

    try:
        outcomes = {command: run(command) for command in COMMANDS}
    finally:
        run("power-tuner local down")
    said = [done.stdout for done in outcomes.values()]

    assert {} == {command: done.stdout for command, done in outcomes.items() if done.returncode}
    # Only where this Python is another than the function declares; the page says so.
    assert re.sub(
        r"^python3\.\d+ is run with Python 3\.\d+ here, as there is no python3\.\d+ on the PATH that works\.\n",
        "",
        said[1],
    ).startswith(SHOWN)
    assert all(f"{size} MB" in said[1] for size in (128, 512, 1024))
    assert "completed" in next(done.stdout for command, done in outcomes.items() if " history " in command)
    assert "<svg" in (tmp_path / "shop" / "report.html").read_text("utf-8")
    assert re.search(r"^shop-Orders\s*$", said[-1], re.MULTILINE)
