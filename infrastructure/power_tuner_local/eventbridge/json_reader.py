"""JSON texts read token by token, with the positions and the words of errors that AWS's parser (Jackson) has."""

import json
import re
from typing import Final

END: Final = "end"
NAME: Final = "name"
STRING: Final = "string"
NUMBER: Final = "number"
TRUE, FALSE, NULL = "true", "false", "null"

_BLANKS = re.compile(r"[ \t\r\n]*")
_NUMBER = re.compile(r"-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?", re.ASCII)
_STRING = re.compile(r'"(?:[^"\\\x00-\x1f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"')
_WORD = re.compile(r"[\w$]+")
_CLOSING = {"{": "}", "[": "]"}
_CONTAINERS = {"{": "Object", "[": "Array"}
_VALUES = "(JSON String, Number, Array, Object or token 'null', 'true' or 'false')"
_SHOWN = 500


class JsonSyntaxError(ValueError):
    """A text is not JSON; the message is what AWS's parser says.

    Args:
        words: What is wrong.
        place: Where it is.
    """

    def __init__(self, words: str, place: str) -> None:
        super().__init__(f"{words}\n at {place}")
        self.place = place


class JsonReader:
    """Reads the tokens of a JSON text.

    >>> reader = JsonReader('{"a": [1]}')
    >>> [reader.next() for _ in range(6)]
    ['{', 'name', '[', 'number', ']', '}']
    """

    def __init__(self, text: str) -> None:
        self._source = text
        self._position = 0
        # the parser stands behind the quote of a string until it is asked for its text
        self._seen = 0
        self._open: list[tuple[str, int]] = []
        self._token = ""
        self._first = True
        self._value_follows = False

    def next(self) -> str:
        """Return the kind of the next token: a bracket, NAME, STRING, NUMBER, TRUE, FALSE, NULL or END.

        Raises:
            JsonSyntaxError: The text goes on with something else.
        """
        self._skip_blanks()
        if self._value_follows:
            self._value_follows = False
            return self._value()
        if not self._open:
            return END if self._at_end() else self._root()
        return self._inside(self._open[-1][0])

    def text(self) -> str:
        """Return the text of the token, without quotes if it is a name or string."""
        self._seen = max(self._seen, self._position)
        return self._token

    def place(self) -> str:
        r"""Return where the parser stands, as AWS says it.

        >>> reader = JsonReader("[]")
        >>> reader.next(), reader.place()
        ('[', '[Source: (String)"[]"; line: 1, column: 2]')
        """
        return self._place(self._seen)

    def _place(self, offset: int) -> str:
        shown, more = self._source[:_SHOWN], len(self._source) - _SHOWN
        cut = f"[truncated {more} chars]" if more > 0 else ""
        return f'[Source: (String)"{shown}"{cut}; {self._line_and_column(offset)}]'

    def _line_and_column(self, offset: int) -> str:
        line_start = self._source.rfind("\n", 0, offset) + 1
        return f"line: {self._source.count(chr(10), 0, offset) + 1}, column: {offset - line_start + 1}"

    def _root(self) -> str:
        if self._token:
            raise self._unexpected("was expecting the end of the text")
        return self._value()

    def _inside(self, bracket: str) -> str:
        character = self._character()
        if character == _CLOSING[bracket]:
            self._open.pop()
            return self._take(character)
        if not self._first:
            if character != ",":
                raise self._unexpected(f"was expecting comma to separate {_CONTAINERS[bracket]} entries")
            self._position += 1
            self._skip_blanks()
        return self._name() if bracket == "{" else self._value()

    def _name(self) -> str:
        if self._character() != '"':
            raise self._unexpected("was expecting double-quote to start field name")
        self._string("in field name")
        name = self._token
        self._skip_blanks()
        if self._character() != ":":
            raise self._unexpected("was expecting a colon to separate field name and value")
        self._position += 1
        self._skip_blanks()
        # the parser looks at the value before it returns the name
        found = _NUMBER.match(self._source, self._position) or _WORD.match(self._source, self._position)
        self._seen = found.end() if found else self._position + 1
        self._token, self._value_follows = name, True
        return NAME

    def _value(self) -> str:
        character = self._character()
        if character in _CLOSING:
            self._open.append((character, self._position))
            return self._take(character)
        self._first = False
        if character == '"':
            start = self._position
            self._string(": was expecting closing quote for a string value")
            self._seen = start + 1
            return STRING
        if found := _NUMBER.match(self._source, self._position):
            self._token = found[0]
            self._position = self._seen = found.end()
            return NUMBER
        if word := _WORD.match(self._source, self._position):
            self._token = word[0]
            self._position = self._seen = word.end()
            if self._token in {TRUE, FALSE, NULL}:
                return self._token
            raise self._error(f"Unrecognized token '{self._token}': was expecting {_VALUES}", self._position)
        raise self._unexpected(f"expected a valid value {_VALUES}")

    def _string(self, unfinished: str) -> None:
        found = _STRING.match(self._source, self._position)
        if found is None:
            raise self._error(f"Unexpected end-of-input{unfinished}", len(self._source))
        self._token = json.loads(found[0])
        self._position = self._seen = found.end()

    def _take(self, bracket: str) -> str:
        self._token = bracket
        self._first = bracket in _CLOSING
        self._position += 1
        self._seen = self._position
        return bracket

    def _skip_blanks(self) -> None:
        blanks = _BLANKS.match(self._source, self._position)
        self._position = blanks.end() if blanks else self._position

    def _at_end(self) -> bool:
        return self._position >= len(self._source)

    def _character(self) -> str:
        if not self._at_end():
            return self._source[self._position]
        marker = ""
        if self._open:
            bracket, start = self._open[-1]
            marker = f": expected close marker for {_CONTAINERS[bracket]} (start marker at {self._place(start)})"
        raise self._error(f"Unexpected end-of-input{marker}", self._position)

    def _unexpected(self, expected: str) -> JsonSyntaxError:
        character = self._source[self._position]
        return self._error(f"Unexpected character ('{character}' (code {ord(character)})): {expected}", self._position)

    def _error(self, words: str, offset: int) -> JsonSyntaxError:
        return JsonSyntaxError(words, self._place(offset))
