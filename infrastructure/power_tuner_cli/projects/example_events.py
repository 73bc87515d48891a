"""Example events of a project: the payload when none was given."""

import json
import re
import shlex
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from power_tuner_cli.errors import CliError
from power_tuner_cli.run_request import read_payload

_FOLDER = "events"


def example_event(folder: Path, function: str | None, others: Iterable[str] = ()) -> tuple[Path, Any] | None:
    """Return the project's example event for a function and its file; None if there is none.

    It is `event.json`, or the only file in `events/`, or the one there that is named for the function, or in a folder
    that is; never one that is named for one of the others.

    Raises:
        CliError: There are several, or it is not JSON.
    """
    files = _events(folder)
    named = [file for file in files if function and _letters(function) in _names(file)]
    of_others = {_letters(each) for each in others}
    chosen = named or [file for file in files if not _names(file) & of_others]
    if not chosen:
        return None
    if len(chosen) > 1:
        options = "".join(f"\n  --payload-file {shlex.quote(str(each))}" for each in chosen)
        raise CliError(f"There are several example events in {folder}. Choose one:{options}")
    return chosen[0], read_payload(None, chosen[0])


def _events(folder: Path) -> list[Path]:
    single = folder / "event.json"
    places = (folder / _FOLDER, *sorted((folder / _FOLDER).glob("*/")))
    several = [file for place in places for file in sorted(place.glob("*.json")) if _is_event(file)]
    return [*([single] if single.is_file() else []), *several]


def _names(file: Path) -> set[str]:
    """Return whom an event is for, as its own name and that of its folder tell."""
    return {_letters(each) for each in (file.stem, file.parent.name) if each != _FOLDER}


def _is_event(file: Path) -> bool:
    """Return whether a file may be an event; the SAM CLI keeps its own settings and schemas beside them."""
    try:
        document = json.loads(file.read_text("utf-8-sig"))
    except (OSError, ValueError, RecursionError):
        return True
    return not (isinstance(document, dict) and "$schema" in document)


def _letters(name: str) -> str:
    return re.sub(r"[^a-z0-9]|function$", "", re.sub(r"function$", "", name.lower()))
