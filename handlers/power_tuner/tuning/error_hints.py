"""What usually helps against the errors that functions have before they do any work."""

import re
from collections.abc import Iterator

from power_tuner.tuning.error_document import ErrorDocument

_LACKS_MODULE = re.compile(
    r"No module named|Cannot find (module|package) '|cannot load such file|Could not load file or assembly|"
    r"ClassNotFoundException|NoClassDefFoundError"
)
_OTHER_PLATFORM = re.compile(
    r"invalid ELF header|cannot open shared object file|wrong ELF class|exec format error", re.IGNORECASE
)
_FORBIDDEN = re.compile(r"AccessDenied|not authorized to perform|UnauthorizedOperation")
_NOT_CONFIGURED = re.compile(r"os\.environ\b|\bgetenv\(|process\.env\b|Parameter validation failed[^{]*value: None")
_UNREACHABLE = re.compile(
    r"Could not connect to the endpoint|Connect timeout on endpoint|\bE(TIMEDOUT|CONNREFUSED|NOTFOUND)\b|"
    r"Name or service not known|Temporary failure in name resolution"
)
_NOT_IN_EVENT = re.compile(
    r"^'[\w.-]+'$|string indices must be integers|list indices must be integers|object is not subscriptable|"
    r"list index out of range|'(NoneType|str|list)' object has no attribute|Cannot read propert|is not iterable|"
    r"undefined is not|undefined method '\w*(\[\])?' for nil"
)
_OF_THE_PACKAGE = {
    "Runtime.HandlerNotFound": "its handler is not in its code: check the handler's name",
    "Runtime.MalformedHandlerName": "its handler's name has no form that the runtime knows: check it",
    "Runtime.UserCodeSyntaxError": "its code does not parse in this runtime",
    "Runtime.InvalidEntrypoint": "its entry point cannot be run: check the package and its architecture",
    "Runtime.MarshalError": "what it returns is no JSON",
}
_READ_CHARS = 4000
_OF_ANOTHER_FORM = "the payload has not the form that it reads: give one that has, with --payload or in the run's input"
_PAYLOAD_ERRORS = frozenset(
    {"KeyError", "TypeError", "IndexError", "AttributeError", "NoMethodError", "Function<NoMethodError>"}
)


def hint(document: ErrorDocument) -> str | None:
    """Return what usually helps against an error; None if nothing is known.

    No word of the function is in it. It is for people: nothing is decided by it.
    """
    return next(_hints(document), None)


def _hints(document: ErrorDocument) -> Iterator[str]:
    message = document.message[:_READ_CHARS]
    said = f"{message}\n{document.trace[:_READ_CHARS]}"
    if _OTHER_PLATFORM.search(message):
        yield "a library is built for another operating system or architecture: build the package for the function's"
    if _LACKS_MODULE.search(f"{document.error_type} {message}"):
        yield "a module is in neither its package nor its layers: build the dependencies into them"
    if document.error_type in _OF_THE_PACKAGE:
        yield _OF_THE_PACKAGE[document.error_type]
    if _FORBIDDEN.search(f"{document.error_type} {message}"):
        yield "its role lacks a permission"
    if _NOT_CONFIGURED.search(said):
        yield "an environment variable is missing from its configuration"
    if _UNREACHABLE.search(said):
        yield "it cannot reach a service: check its VPC, and on a local AWS whether that serves it"
    is_read_wrong = document.error_type in _PAYLOAD_ERRORS and _NOT_IN_EVENT.search(message)
    if document.error_type == "Runtime.UnmarshalError" or is_read_wrong:
        yield _OF_ANOTHER_FORM
