"""What AWS says about a JSONPath that leads nowhere."""

import re
from typing import Any

_FIELD = re.compile(r"\.([^.\[\]*?@$()'\s]+)|\['([^']*)'\]")


def missing_path(path: str, data: Any) -> str | None:
    """Return the reason why a path leads nowhere; None if it has more than names.

    >>> missing_path("$.a.b", {"a": {}})
    "No results for path: $['a']['b']"
    >>> missing_path("$.a.b", {})
    "Missing property in path $['a']"
    """
    names = [dotted or quoted for dotted, quoted in _FIELD.findall(path)]
    if _FIELD.sub("", path) != "$":
        return None
    for depth, name in enumerate(names[:-1], 1):
        if not isinstance(data, dict) or name not in data:
            return f"Missing property in path {_bracketed(names[:depth])}"
        data = data[name]
    return f"No results for path: {_bracketed(names)}"


def _bracketed(names: list[str]) -> str:
    return "$" + "".join(f"['{name}']" for name in names)
