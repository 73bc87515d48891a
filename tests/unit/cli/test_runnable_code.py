"""Code that this machine cannot run as it is."""

import platform
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest

from power_tuner_cli.errors import CliError
from power_tuner_cli.projects.runnable_code import FunctionCode, code_in, require_runnable

HERE = {"x86_64": "x86_64", "aarch64": "arm64"}.get(platform.machine(), "x86_64")
OTHER = "arm64" if HERE == "x86_64" else "x86_64"
PYTHON = f"3.{sys.version_info.minor}"
linux = pytest.mark.skipif(sys.platform != "linux", reason="compiled code is for Linux")


def elf(machine: str) -> bytes:
    """Return the start of a Linux program."""
    return b"\x7fELF\x02\x01\x01".ljust(18, b"\0") + {"x86_64": b"\x3e\0", "arm64": b"\xb7\0"}[machine] + b"\0" * 40


def code(folder: Path, files: dict[str, bytes], runtime: str = f"python{PYTHON}") -> FunctionCode:
    """Return a function with these files."""
    for name, content in {"app.py": b"", "app.js": b"", **files}.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    return FunctionCode("Fn", runtime, "app.handler", (folder,))


@linux
@pytest.mark.parametrize(
    ("name", "runtime"),
    [
        ("PIL/_imaging.abi3.so", f"python{PYTHON}"),
        ("node_modules/sharp/s.node", "nodejs22.x"),
        ("bootstrap", "provided"),
    ],
)
def test_code_for_another_architecture_is_refused(tmp_path: Path, name: str, runtime: str) -> None:
    """Packages, addons and bootstraps; the message says what to set."""
    with pytest.raises(CliError, match=rf"compiled for {OTHER} \(.*let its Architectures be \[{HERE}\]"):
        require_runnable(code(tmp_path, {name: elf(OTHER)}, runtime))


def test_a_package_in_a_zip_file_is_read_too(tmp_path: Path) -> None:
    """So is what another tool has packaged."""
    with zipfile.ZipFile(tmp_path / "code.zip", "w") as archive:
        archive.writestr("bin/lib.so.1", elf(OTHER))

    with pytest.raises(CliError, match=r"bin/lib\.so\.1"):
        require_runnable(FunctionCode("Fn", "provided.al2023", "bootstrap", (tmp_path / "code.zip",)))


def test_code_that_brings_parts_for_several_machines_is_run(tmp_path: Path) -> None:
    """A package chooses among them; a file that only has such a name is no program."""
    files = {"prebuilds/a.node": elf(OTHER), "prebuilds/b.node": elf(HERE), "bootstrap": b"#!/bin/sh\n"}

    require_runnable(code(tmp_path, files, "nodejs22.x"))


@linux
def test_code_for_another_python_is_refused(tmp_path: Path) -> None:
    """Lambda would load it; the Python that runs it here cannot."""
    name = "core/_core.cpython-399-x86_64-linux-gnu.so"

    with pytest.raises(CliError, match=rf"Python 3\.99 \(.*run with Python {PYTHON} here"):
        require_runnable(code(tmp_path, {name: elf(HERE)}))


def test_linux_code_is_refused_where_there_is_no_linux(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What `sam build` makes on a Mac is for Linux."""
    monkeypatch.setattr(sys, "platform", "darwin")

    with pytest.raises(CliError, match=r"compiled for Linux \(a\.abi3\.so\), and this machine is none"):
        require_runnable(code(tmp_path, {"a.abi3.so": elf("arm64")}))


@pytest.mark.parametrize(
    ("runtime", "handler", "files", "words"),
    [
        ("python3.13", "main.handler", {}, r"is to be in .*main\.py, and there is no such file. It has app\.py\."),
        ("nodejs22.x", "src/main.handler", {}, r"src/main\.js, and there is no such file. It has app\.js\."),
        ("nodejs22.x", "main.handler", {"main.ts": b""}, r"TypeScript.*\n.*npx esbuild main\.ts .*--outfile=main\.js"),
    ],
)
def test_a_handler_that_is_not_there_is_told(
    tmp_path: Path, runtime: str, handler: str, files: dict[str, bytes], words: str
) -> None:
    """With what there is, or how it is compiled."""
    places = code(tmp_path, files).places

    with pytest.raises(CliError, match=words):
        require_runnable(FunctionCode("Fn", runtime, handler, places))


@pytest.mark.parametrize("handler", ["src/pkg/main.h", "src.pkg.main.h", "src/pkg.h", "/opt/x.h"])
def test_handlers_in_packages_are_found(tmp_path: Path, handler: str) -> None:
    """Written with slashes or dots; one of a layer is the layer's business."""
    places = code(tmp_path, {"src/pkg/main.py": b"", "src/pkg/__init__.py": b""}).places

    require_runnable(FunctionCode("Fn", "python3.13", handler, places))


def test_the_code_of_a_template_has_its_layers(tmp_path: Path) -> None:
    """Its folder comes first; code in the template itself is none of a folder."""
    layer = {"Type": "AWS::Serverless::LayerVersion", "Properties": {"ContentUri": "layer"}}
    own: dict[str, Any] = {"CodeUri": "src", "Handler": "a.b", "Layers": [{"Ref": "Layer"}, "arn:aws:lambda:x"]}
    inline = {"Type": "AWS::Lambda::Function", "Properties": {"Code": {"ZipFile": ""}}}
    document = {
        "Globals": {"Function": {"Runtime": "python3.13"}},
        "Resources": {"F": {"Type": "AWS::Serverless::Function", "Properties": own}, "Layer": layer, "I": inline},
    }

    found = code_in(document, "F", tmp_path)

    assert FunctionCode("F", "python3.13", "a.b", (tmp_path / "src", tmp_path / "layer")) == found
    assert code_in(document, "I", tmp_path) is None
