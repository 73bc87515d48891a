"""What the Serverless Framework puts into a package: the files of the service's folder that its patterns leave."""

import hashlib
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from power_tuner_cli.build_cache import cached

_GLOB = re.compile(r"\*\*/|\*\*|\*|\?|\{[^{}]*\}|.", re.DOTALL)
_MODULES = "node_modules"


def patterns_of(*sections: Mapping[str, Any]) -> list[str]:
    """Return the patterns of the service and of its function, in their order; the older include and exclude too."""
    found: list[str] = []
    for section in sections:
        package = section.get("package")
        for key, sign in (("exclude", "!"), ("include", ""), ("patterns", "")):
            listed = package.get(key) if isinstance(package, dict) else None
            found += [f"{sign}{each}" for each in listed or () if isinstance(each, str)]
    return found


def package_of(folder: Path, patterns: Sequence[str]) -> Path | None:
    """Return a zip file of what the patterns leave of a folder; None if that is everything.

    Dependencies for development are left out, too, as far as package-lock.json tells them.
    """
    from power_tuner_local.cloudformation.deployment_packages import code_files, zip_files

    files = {file.relative_to(folder).as_posix(): file for file in code_files(folder)}
    unwanted = tuple(f"{each}/" for each in _for_development(folder))
    kept = {name: file for name, file in files.items() if _is_kept(name, patterns) and not name.startswith(unwanted)}
    if len(kept) == len(files):
        return None
    content = zip_files(kept)
    name = f"{hashlib.sha256(content).hexdigest()[:32]}.zip"
    return cached("packages", name, lambda place: place.write_bytes(content))


def _is_kept(name: str, patterns: Sequence[str]) -> bool:
    """Return whether a file is in the package: the last pattern that it matches decides."""
    kept = True
    for pattern in patterns:
        if _expression(pattern.removeprefix("!").removeprefix("./")).fullmatch(name):
            kept = not pattern.startswith("!")
    return kept


def _expression(pattern: str) -> re.Pattern[str]:
    def part(match: re.Match[str]) -> str:
        text = match[0]
        if text.startswith("{") and len(text) > 1:
            return f"(?:{'|'.join(_GLOB.sub(part, each) for each in text[1:-1].split(','))})"
        return {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}.get(text, re.escape(text))

    return re.compile(_GLOB.sub(part, pattern))


def _for_development(folder: Path) -> Iterator[str]:
    """Yield the folders of packages that only developers need."""
    lock = folder / "package-lock.json"
    if not lock.is_file():
        return
    try:
        packages = json.loads(lock.read_text("utf-8-sig")).get("packages", {})
    except (ValueError, AttributeError):
        return
    for name, each in packages.items():
        if name.startswith(f"{_MODULES}/") and isinstance(each, dict) and each.get("dev"):
            yield name
