"""The handlers that a file of code has, by how they are written."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

PYTHON, NODE, TYPESCRIPT = (".py",), (".mjs", ".js", ".cjs"), (".ts", ".mts")
_NAMED = r"(?:handler|\w+_handler|\w+Handler)"
# A function that takes an event, or something that is called a handler: made, imported or exported.
_IN_PYTHON = (
    re.compile(r"^def[ ]+(\w+)\s*\((?:\s*_*event\b|[^,()]*,\s*_*context\b)", re.MULTILINE),
    re.compile(rf"^def[ ]+({_NAMED})\s*\(", re.MULTILINE),
    re.compile(rf"^({_NAMED})\s*(?::[^=\n]+)?=(?!=)", re.MULTILINE),
    re.compile(rf"^from\s+\S+\s+import\s+(?:[^\n#]*[ ,(])?({_NAMED})\b(?!\s+as\b)", re.MULTILINE),
)
_IN_NODE = (
    re.compile(r"^(?:module\.)?exports\.(\w+)\s*=\s*(?:async\s*)?(?:function\s*\w*\s*)?\(\s*_*event\b", re.MULTILINE),
    re.compile(rf"^(?:module\.)?exports\.({_NAMED})\s*=", re.MULTILINE),
    re.compile(r"^export\s+(?:async\s+)?function\s+(\w+)\s*\(\s*_*event\b", re.MULTILINE),
    re.compile(
        r"^export\s+(?:const|let)\s+(\w+)\s*=\s*(?:async\s*)?(?:function\s*\w*\s*)?\(\s*_*event\b", re.MULTILINE
    ),
    re.compile(rf"^export\s+(?:const|let|var|async\s+function|function)\s+({_NAMED})\b", re.MULTILINE),
    re.compile(rf"^(?:0 && \()?(?:module\.exports\s*=|export)\s*\{{[^}}]*\b({_NAMED})\b", re.MULTILINE),
)
_USUAL_MODULES = frozenset({"app", "lambda_function", "main", "index", "handler"})
USUAL_NAMES = frozenset({"handler", "lambda_handler"})
_MAX_CHARS = 2_000_000


def handlers_in(file: Path) -> list[str]:
    """Return the names in a file of Python, JavaScript or TypeScript that look like handlers, in their order."""
    patterns = _IN_PYTHON if file.suffix in PYTHON else _IN_NODE if file.suffix in (*NODE, *TYPESCRIPT) else ()
    try:
        text = file.read_text("utf-8", errors="replace")[:_MAX_CHARS]
    except OSError:
        return []
    found = {match.start(1): match[1] for pattern in patterns for match in pattern.finditer(text)}
    return list(dict.fromkeys(found[start] for start in sorted(found)))


def likely_handlers(folder: Path) -> list[tuple[Path, str]]:
    """Return the handlers in a folder's files that are most likely meant: one, or several as likely as each other."""
    every = [
        (file, name)
        for file in sorted(folder.iterdir())
        if file.suffix in (*PYTHON, *NODE) and file.is_file() and not _is_other(file)
        for name in handlers_in(file)
    ]
    usual = [pair for pair in every if pair[1] in USUAL_NAMES]
    return [pair for pair in usual if pair[0].stem in _USUAL_MODULES] or usual or every


def to_compile(file: Path) -> str:
    """Return what to type for a function that is written in TypeScript."""
    output = shlex.quote(str(file.parent / "dist"))
    return (
        f"{file} is written in TypeScript. Compile it, and tune what comes out, for example:\n"
        f"  npx esbuild {shlex.quote(str(file))} --bundle --platform=node --outdir={output}\n"
        f"  power-tuner tune {output}"
    )


def _is_other(file: Path) -> bool:
    """Return whether a file is a test, or settings of a tool."""
    return bool(
        re.match(r"test_|conftest\.|setup\.", file.name) or re.search(r"[_.](test|spec|config)\.\w+$", file.name)
    )


def as_handlers(folder: Path, found: list[tuple[Path, str]]) -> Iterator[str]:
    """Yield handlers as Lambda names them, FILE.FUNCTION with the file's path in the folder."""
    for file, name in found:
        yield f"{file.relative_to(folder).with_suffix('').as_posix()}.{name}"
