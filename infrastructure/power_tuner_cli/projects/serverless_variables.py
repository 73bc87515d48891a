"""The variables of a serverless.yml: resolved as far as this machine knows their values."""

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from power_tuner_cli.errors import CliError
from power_tuner_cli.projects.template_file import read_document

if TYPE_CHECKING:
    from collections.abc import Callable

# Innermost first; ${Name} and ${AWS::Region} are CloudFormation's.
_VARIABLE = re.compile(r"\$\{\s*((?:[A-Za-z]+(?:\([^${}]*\))?:(?!:)|(?:file|strToBool)\()[^${}]*)\}")
_MARK = re.compile("\0\\d+\0")
_FILE = re.compile(r"file\((?P<path>[^)]*)\)(?::(?P<key>.*))?$")
_LITERAL = re.compile(r"""^(?:'(?P<single>[^']*)'|"(?P<double>[^"]*)"|(?P<word>true|false|null|-?\d+(?:\.\d+)?))$""")
_ASSIGNMENT = re.compile(r"^(?:export\s+)?([A-Za-z_]\w*)\s*=[ \t]*(.*?)[ \t]*$", re.MULTILINE)
_WORDS: Mapping[str, Any] = {"true": True, "false": False, "null": None}
_READABLE = frozenset({".yml", ".yaml", ".json"})
_MAX_DEPTH = 40


class _Unknown(Exception):
    """A value that this machine does not know."""


class Variables:
    """Resolves the variables of one file.

    Args:
        document: The file's document.
        folder: Where paths in it start.
        given: Values of options and parameters by name, and of whole variables such as ssm:/name.
        region: The region of the local AWS.
        account_id: Its account.

    Attributes:
        used: The names of the given values that were used.
    """

    def __init__(
        self, document: Mapping[str, Any], folder: Path, given: Mapping[str, str], *, region: str, account_id: str
    ) -> None:
        self._document = document
        self._folder = folder
        self._given = given
        self._aws = {"region": region, "accountId": account_id, "partition": "aws"}
        self.used: set[str] = set()

    def resolve(self, node: Any, depth: int = 0) -> Any:
        """Return a value with its variables resolved; the others become imports of CloudFormation."""
        if depth > _MAX_DEPTH:
            raise CliError(f"The variables of the file refer to each other in a circle, at {str(node)[:80]!r}.")
        if isinstance(node, dict):
            return {key: self.resolve(value, depth) for key, value in node.items()}
        if isinstance(node, list):
            return [self.resolve(each, depth) for each in node]
        return self._text(node, depth) if isinstance(node, str) else node

    @property
    def stage(self) -> str:
        """Return the stage: as given, that of the provider, or dev."""
        provider = self._document.get("provider")
        own = provider.get("stage") if isinstance(provider, dict) else None
        return str(self._option("stage") or (self.resolve(own, 1) if own and "opt:stage" not in str(own) else "dev"))

    def _text(self, text: str, depth: int) -> Any:
        unknown: dict[str, str] = {}
        while match := _VARIABLE.search(text):
            expression = match[1].strip()
            try:
                value = self.resolve(self._value(expression, depth + 1), depth + 1)
            except _Unknown as error:
                mark = f"\0{len(unknown)}\0"
                # What its own name depends on is to be given first.
                inner = _MARK.search(str(error))
                unknown[mark] = unknown[inner[0]] if inner else str(error)
                value = mark
            if match.span() == (0, len(text)) and not unknown:
                return value
            text = text[: match.start()] + _as_text(value) + text[match.end() :]
        return _with_imports(text, unknown)

    def _value(self, expression: str, depth: int) -> Any:
        """Return the value of the first of an expression's alternatives that has one."""
        first = ""
        for part in _alternatives(expression):
            first = first or part
            if literal := _LITERAL.match(part):
                return _literal(literal)
            try:
                value = self._source(part, depth)
            except _Unknown:
                continue
            if value is not None:
                return value
        raise _Unknown(first)

    def _source(self, part: str, depth: int) -> Any:
        if part in self._given:
            self.used.add(part)
            return self._given[part]
        if part.startswith("strToBool("):
            return self._word_of(part)
        if part.startswith("file("):
            return self._in_file(part, depth)
        source, _, name = part.partition(":")
        readers: dict[str, Callable[[str], Any]] = {
            "self": lambda path: self._own(path, depth),
            "opt": self._option,
            "param": self._parameter,
            "env": self._environment,
            "sls": {"stage": self.stage, "instanceId": "local"}.get,
            "aws": self._aws.get,
        }
        if source not in readers:
            raise _Unknown(part)
        value = readers[source](name)
        if value is None:
            raise _Unknown(part)
        return value

    def _own(self, path: str, depth: int) -> Any:
        """Return what lies at a path of the file, through values that are variables themselves."""
        found: Any = self._document
        for key in path.split(".") if path else []:
            if isinstance(found, str):
                found = self.resolve(found, depth)
            found = _at(found, key)
        return found

    def _word_of(self, part: str) -> Any:
        word = part.removeprefix("strToBool(").rstrip(")").strip().lower()
        if word not in {"true", "false", "0", "1"}:
            raise _Unknown(part)
        return word in {"true", "1"}

    def _option(self, name: str) -> str | None:
        if name in self._given:
            self.used.add(name)
        return self._given.get(name)

    def _environment(self, name: str) -> str | None:
        """Return a variable of the environment, or of the service's file of them for the stage, or for all."""
        files = (self._folder / f".env.{self.stage}", self._folder / ".env") if self._document.get("useDotenv") else ()
        found = (
            each[1].strip("'\"") for file in files if file.is_file() for each in _assignments(file) if each[0] == name
        )
        return os.environ.get(name) or next(found, None)

    def _parameter(self, name: str) -> Any:
        sections = self._document.get("params")
        sections = sections if isinstance(sections, dict) else {}
        own = [sections.get(self.stage), sections.get("default")]
        return self._option(name) or next((each[name] for each in own if isinstance(each, dict) and name in each), None)

    def _in_file(self, part: str, depth: int) -> Any:
        match = _FILE.match(part)
        path = self._folder / match["path"].strip() if match else self._folder
        if match is None or path.suffix not in _READABLE or not path.is_file():
            raise _Unknown(part)
        document = read_document(path)
        return self.resolve(document if match["key"] is None else _at(document, match["key"]), depth)


def _assignments(file: Path) -> list[tuple[str, str]]:
    """Return the names and values of a file of variables (.env)."""
    return _ASSIGNMENT.findall(file.read_text("utf-8-sig", errors="replace"))


def _alternatives(expression: str) -> list[str]:
    """Return the parts of an expression between its commas, those in quotes or brackets left alone."""
    parts, depth, quote, current = [], 0, "", ""
    for character in expression:
        if quote:
            quote = "" if character == quote else quote
        elif character in "'\"":
            quote = character
        elif character in "()":
            depth += 1 if character == "(" else -1
        elif character == "," and not depth:
            parts.append(current.strip())
            current = ""
            continue
        current += character
    return [*parts, current.strip()]


def _literal(match: re.Match[str]) -> Any:
    word = match["word"]
    if word is None:
        return match["single"] if match["single"] is not None else match["double"]
    if word in _WORDS:
        return _WORDS[word]
    return float(word) if "." in word else int(word)


def _at(document: Any, path: str) -> Any:
    """Return what lies at a path such as custom.tables.0; None if nothing does."""
    for key in path.split(".") if path else []:
        if isinstance(document, dict):
            document = document.get(key)
        elif isinstance(document, list) and key.isdigit() and int(key) < len(document):
            document = document[int(key)]
        else:
            return None
    return document


def _as_text(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return "" if value is None else str(value)


def _with_imports(text: str, unknown: Mapping[str, str]) -> Any:
    if not unknown:
        return text
    pieces = [piece for piece in re.split(f"({_MARK.pattern})", text) if piece]
    values = [{"Fn::ImportValue": unknown[piece]} if piece in unknown else piece for piece in pieces]
    return values[0] if len(values) == 1 else {"Fn::Join": ["", values]}
