"""Code that this machine cannot run as it is, told before anything is started for it."""

import platform
import re
import sys
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from power_tuner_cli.errors import CliError
from power_tuner_cli.projects.template_file import global_function

_CODE = {
    "AWS::Serverless::Function": "CodeUri",
    "AWS::Lambda::Function": "Code",
    "AWS::Serverless::LayerVersion": "ContentUri",
    "AWS::Lambda::LayerVersion": "Content",
}
_ELF = b"\x7fELF"
# e_machine of an ELF header, as Lambda names the architectures.
_MACHINES = {0x3E: "x86_64", 0xB7: "arm64"}
_HEADER_BYTES = 20
_NAMES = {"amd64": "x86_64", "x86_64": "x86_64", "aarch64": "arm64", "arm64": "arm64"}
_COMPILED = re.compile(r"\.(?:so(?:\.\d+)*|node)$")
_PYTHON_TAG = re.compile(r"\.cpython-3(?P<minor>\d+)-[\w-]+\.so$")
_BOOTSTRAP = "bootstrap"
_MODULES = {"python": (".py", ".pyc", "/__init__.py"), "nodejs": (".js", ".mjs", ".cjs", "/index.js")}
_TYPESCRIPT = (".ts", ".mts", ".cts", ".tsx")
_ON_AWS = "Or deploy it, and tune it by its name on AWS."


@dataclass(frozen=True, slots=True)
class FunctionCode:
    """What a function runs.

    Attributes:
        name: What messages call it.
        places: Folders or zip files: its code first, then its layers.
    """

    name: str
    runtime: str
    handler: str
    places: Sequence[Path]


def code_in(document: Mapping[str, Any], logical_id: str, root: Path) -> FunctionCode | None:
    """Return what a function of a template runs; None if its code is written in the template."""
    resources = document["Resources"]
    shared = global_function(document)
    body = resources[logical_id]
    merged = {**shared, **body["Properties"]}
    layers = [*_list(shared.get("Layers")), *_list(body["Properties"].get("Layers"))]
    named = (each.get("Ref") for each in layers if isinstance(each, dict))
    bodies = [body, *(resources[name] for name in named if isinstance(name, str) and name in resources)]
    settings = (each["Properties"].get(_CODE[each["Type"]]) for each in bodies[1:] if each["Type"] in _CODE)
    code = merged.get(_CODE.get(body["Type"], ""), ".")
    if "InlineCode" in merged or not isinstance(code, str):
        return None
    places = tuple(root / each for each in (code, *settings) if isinstance(each, str))
    return FunctionCode(logical_id, _text(merged.get("Runtime")), _text(merged.get("Handler")), places)


def require_runnable(code: FunctionCode) -> None:
    """Refuse code that cannot run on this machine as it is.

    Raises:
        CliError: Its handler's file is not there, or it was compiled for another machine; the message says what helps.
    """
    _require_handler(code)
    _require_machine(code)


def _require_handler(code: FunctionCode) -> None:
    folder, *layers = code.places
    suffixes = next((each for family, each in _MODULES.items() if code.runtime.startswith(family)), ())
    module = code.handler.rpartition(".")[0]
    if not suffixes or not module or layers or not folder.is_dir() or module.startswith("/"):
        return
    stems = {folder / module, folder / module.replace(".", "/")} if ".py" in suffixes else {folder / module}
    if any(Path(f"{stem}{suffix}").is_file() for stem in stems for suffix in suffixes):
        return
    if any(Path(f"{stem}{suffix}").is_file() for stem in stems for suffix in _TYPESCRIPT):
        file = f"{module}.js"
        raise CliError(
            f"{code.name} is written in TypeScript, and there is no {file} beside it. Compile it, and tune again, for "
            f"example with\n  (cd {folder} && npx esbuild {module}.ts --bundle --platform=node --outfile={file})\n"
            "or with `BuildMethod: esbuild` in its Metadata and\n  sam build"
        )
    there = sorted(each.name for each in folder.iterdir() if each.suffix in suffixes)[:5]
    has = f"It has {', '.join(there)}." if there else "It has no code at its top."
    raise CliError(
        f"{code.name}: the handler {code.handler} is to be in {folder / module}{suffixes[0]}, and there is no such "
        f"file. {has} Correct the handler, or the folder of the code."
    )


def _require_machine(code: FunctionCode) -> None:
    """Refuse code of which every compiled part is for another machine, or another Python; some bring parts for many."""
    machines: dict[str, str] = {}
    pythons: dict[str, str] = {}
    for place in code.places:
        for name, header in _compiled_files(place):
            machines.setdefault(_machine_of(header), name)
            if match := _PYTHON_TAG.search(name):
                pythons.setdefault(f"3.{match['minor']}", name)
    here = _NAMES.get(platform.machine().lower(), "")
    others = {machine: name for machine, name in machines.items() if machine}
    if others and sys.platform != "linux":
        name = next(iter(others.values()))
        raise CliError(
            f"{code.name} has code that is compiled for Linux ({name}), and this machine is none. Install its "
            f"dependencies for this machine beside its code. {_ON_AWS}"
        )
    if others and here and here not in others:
        machine, name = next(iter(others.items()))
        raise CliError(
            f"{code.name} has code that is compiled for {machine} ({name}), and this machine is {here}. For as long as "
            f"you tune here, let its Architectures be [{here}], build it again, and tune. {_ON_AWS}"
        )
    if pythons and code.runtime.startswith("python"):
        _require_python(code, pythons)


def _require_python(code: FunctionCode, compiled_for: dict[str, str]) -> None:
    from power_tuner_local.lambda_service.python_runtimes import python_of

    version = python_of(code.runtime).version
    if version not in compiled_for:
        wanted, name = next(iter(compiled_for.items()))
        raise CliError(
            f"{code.name} has code that is compiled for Python {wanted} ({name}), and would be run with Python "
            f"{version} here. Install Python {wanted} so that `python{wanted}` runs, or build the code for the Python "
            "that its runtime names."
        )


def _machine_of(header: bytes) -> str:
    """Return the architecture in a file's header; empty if it is no Linux program of a known one."""
    is_elf = header.startswith(_ELF) and len(header) == _HEADER_BYTES
    return _MACHINES.get(int.from_bytes(header[18:20], "little"), "") if is_elf else ""


def _compiled_files(place: Path) -> Iterator[tuple[str, bytes]]:
    """Yield the names and the first bytes of the files of a folder or zip file that may be compiled."""
    if place.is_dir():
        from power_tuner_local.cloudformation.deployment_packages import code_files

        for path in code_files(place):
            if _may_be_compiled(path.relative_to(place).as_posix()):
                with path.open("rb") as file:
                    yield path.relative_to(place).as_posix(), file.read(_HEADER_BYTES)
    elif zipfile.is_zipfile(place):
        with zipfile.ZipFile(place) as archive:
            for name in filter(_may_be_compiled, archive.namelist()):
                with archive.open(name) as member:
                    yield name, member.read(_HEADER_BYTES)


def _may_be_compiled(name: str) -> bool:
    return name == _BOOTSTRAP or bool(_COMPILED.search(name))


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
