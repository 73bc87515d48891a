"""The functions of Terraform's language, as far as they are read."""

import json
import re
from collections.abc import Callable, Mapping
from pathlib import PurePosixPath
from typing import Any

import yaml

from power_tuner_cli.projects.terraform_terms import as_text, is_known, is_made, join, known

_PLACE = re.compile("\\\\u0000(\\d+)\\\\u0000")


def _merged(*maps: Mapping[str, Any] | None) -> dict[str, Any]:
    return {key: value for each in maps if each is not None for key, value in each.items()}


def _first_known(*values: Any) -> Any:
    """Return the first value that is known, or made here; the last one where none is."""
    there = (value for value in values if value is not None and (is_known(value) or _is_made_here(value)))
    return next(there, values[-1])


def _is_made_here(value: Any) -> bool:
    return is_made(value) and "Fn::ImportValue" not in value


def _first_filled(*values: Any) -> Any:
    return _first_known(*([each for each in values if each != ""] or [""]))


def _replaced(text: Any, old: Any, new: Any) -> str:
    if len(known(old)) > 1 and old.startswith("/") and old.endswith("/"):
        raise ValueError(old)  # a regular expression of another language than Python's
    return str(known(text).replace(old, known(new)))


def _substr(text: Any, start: int, length: int) -> str:
    begin = start if start >= 0 else max(len(known(text)) + start, 0)
    return str(known(text)[begin : begin + length if length >= 0 else None])


def _title(text: Any) -> str:
    return re.sub(r"\b\w", lambda letter: letter[0].upper(), known(text))


def _there(collection: Any) -> Any:
    """Return a collection whose elements are known, whatever their values are."""
    if is_made(collection):
        raise ValueError
    return collection


def json_text(value: Any) -> Any:
    """Return a value as JSON in text, as CloudFormation's Fn::Join where a part of it is not there yet."""
    parts: list[Any] = []

    def plain(node: Any) -> Any:
        if is_made(node):
            parts.append(node)
            return f"\0{len(parts) - 1}\0"
        if isinstance(node, dict):
            return {key: plain(each) for key, each in node.items()}
        return [plain(each) for each in node] if isinstance(node, list) else node

    pieces: list[Any] = _PLACE.split(json.dumps(plain(value), separators=(",", ":")))
    pieces[1::2] = [parts[int(number)] for number in pieces[1::2]]
    return join(pieces)


FUNCTIONS: dict[str, Callable[..., Any]] = {
    "merge": _merged,
    "concat": lambda *lists: [each for one in lists for each in one],
    "tomap": dict,
    "toset": lambda values: list(dict.fromkeys(values)),
    "tolist": list,
    "tostring": lambda value: value if isinstance(value, dict) else as_text(value),
    "tonumber": lambda value: int(known(value)),
    "lower": lambda text: known(text).lower(),
    "upper": lambda text: known(text).upper(),
    "trimspace": lambda text: known(text).strip(),
    "replace": _replaced,
    "format": lambda form, *values: form.replace("%d", "%s") % tuple(map(as_text, map(known, values))),
    "join": lambda separator, values: join(values, separator),
    "jsonencode": json_text,
    "keys": lambda values: sorted(_there(values)),
    "values": lambda values: [values[key] for key in sorted(_there(values))],
    "flatten": lambda lists: [each for one in lists for each in (one if isinstance(one, list) else [one])],
    "setunion": lambda *lists: list(dict.fromkeys(each for one in lists for each in one)),
    "range": lambda *bounds: list(range(*bounds)),
    "abspath": lambda path: path,
    "length": lambda value: len(_there(value)),
    "element": lambda values, index: values[index % len(values)],
    "lookup": lambda values, key, otherwise=None: values.get(key, otherwise),
    "coalesce": _first_filled,
    "try": _first_known,
    "split": lambda separator, text: known(text).split(separator),
    "substr": _substr,
    "title": _title,
    "trimprefix": lambda text, prefix: known(text).removeprefix(prefix),
    "trimsuffix": lambda text, suffix: known(text).removesuffix(suffix),
    "startswith": lambda text, prefix: known(text).startswith(prefix),
    "endswith": lambda text, suffix: known(text).endswith(suffix),
    "basename": lambda path: PurePosixPath(known(path)).name,
    "dirname": lambda path: str(PurePosixPath(known(path)).parent),
    "formatlist": lambda form, values: [form.replace("%d", "%s") % as_text(known(each)) for each in _there(values)],
    "contains": lambda values, value: known(value) in known(values),
    "compact": lambda values: [each for each in _there(values) if each is not None and each != ""],
    "distinct": lambda values: list(dict.fromkeys(known(values))),
    "sort": lambda values: sorted(map(as_text, known(values))),
    "reverse": lambda values: [*reversed(_there(values))],
    "slice": lambda values, start, end: _there(values)[start:end],
    "max": lambda *values: max(known([*values])),
    "min": lambda *values: min(known([*values])),
    "sum": lambda values: sum(known(values)),
    "zipmap": lambda keys, values: dict(zip(known(keys), _there(values), strict=True)),
    "jsondecode": lambda text: json.loads(known(text)),
    "yamldecode": lambda text: yaml.safe_load(known(text)),
    "sensitive": lambda value: value,
    "nonsensitive": lambda value: value,
    "one": lambda values: values[0] if isinstance(values, list) else values,
}
