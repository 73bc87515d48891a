"""The filter patterns of FilterLogEvents for unstructured log events: terms that a message must or must not contain.

Source: "Filter pattern syntax" in the user guide of CloudWatch Logs. A term with a character other than letters, digits
and underscores must be in double quotes.
"""

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from moto.logs.exceptions import InvalidParameterException
from moto.logs.models import LogsBackend
from moto.logs.utils import EventMessageFilter

if TYPE_CHECKING:
    from power_tuner_local.moto_patches import MotoPatches

_TERM = re.compile(r'\s*(?P<sign>[?-]?)(?:"(?P<quoted>(?:[^"\\]|\\.)*)"|(?P<bare>[^\s"]+))', re.DOTALL)
# Where the pattern stands among the arguments of moto's filter_log_events.
_PATTERN = 6
_BARE = re.compile(r"\w+")


class InvalidFilterPattern(ValueError):
    """CloudWatch Logs refuses a pattern; the message is the reason that it gives."""


@dataclass(frozen=True, slots=True)
class FilterPattern:
    """What a message must and must not contain.

    Attributes:
        all_of: each of these.
        any_of: one of these, if there are any.
        none_of: none of these.
    """

    all_of: tuple[str, ...] = ()
    any_of: tuple[str, ...] = ()
    none_of: tuple[str, ...] = ()

    def matches(self, message: str) -> bool:
        """Return whether a message matches."""
        return (
            all(term in message for term in self.all_of)
            and (not self.any_of or any(term in message for term in self.any_of))
            and not any(term in message for term in self.none_of)
        )


def parse_filter_pattern(text: str) -> FilterPattern:
    """Return a pattern of terms.

    >>> parse_filter_pattern('?ERROR ?"out of memory" -test').any_of
    ('ERROR', 'out of memory')

    Raises:
        InvalidFilterPattern: CloudWatch Logs refuses it.
        NotImplementedError: it is of a kind that the local AWS does not know: JSON, columns or a regular expression.
    """
    if text.lstrip()[:1] in {"{", "[", "%"}:
        raise NotImplementedError(f"the local AWS knows filter patterns of terms only, not {text!r}")
    terms: dict[str, list[str]] = {"": [], "?": [], "-": []}
    end, text = 0, text.rstrip()
    while end < len(text):
        found = _TERM.match(text, end)
        if found is None:
            raise InvalidFilterPattern("Invalid filter pattern")
        if found["bare"] is not None and not _BARE.fullmatch(found["bare"]):
            raise InvalidFilterPattern(f"Invalid character(s) in term '{found['bare']}'")
        term = found["bare"] if found["bare"] is not None else re.sub(r"\\(.)", r"\1", found["quoted"])
        terms[found["sign"]].append(term)
        end = found.end()
    return FilterPattern(tuple(terms[""]), tuple(terms["?"]), tuple(terms["-"]))


def patch_moto(patches: "MotoPatches") -> None:
    """Patch moto, to which every pattern but one or two plain terms matches all messages."""
    filter_log_events = LogsBackend.filter_log_events

    def checked(backend: LogsBackend, *request: Any) -> Any:
        try:
            parse_filter_pattern(request[_PATTERN] or "")
        except (InvalidFilterPattern, NotImplementedError) as error:
            raise InvalidParameterException(str(error)) from None
        return filter_log_events(backend, *request)

    def parse(message_filter: EventMessageFilter, pattern: str) -> None:
        message_filter.filter_type = parse_filter_pattern(pattern or "")  # type: ignore[assignment]

    patches.replace(LogsBackend, filter_log_events=checked)
    patches.replace(EventMessageFilter, __init__=parse)
