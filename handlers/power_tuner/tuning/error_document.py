"""Read the error document of an invocation, in the shape of any runtime."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass

# Lambda's own, before it named a type in it.
_TIMED_OUT = re.compile(r"\S{10,40} [0-9a-f-]{36} Task timed out after \d+\.\d\d seconds", re.ASCII)
# How a runtime says that its heap is exhausted; Lambda does not, because the process has memory left. V8 aborts then.
_HEAP_EXHAUSTED = {
    "java": frozenset({"java.lang.OutOfMemoryError"}),
    "dotnet": frozenset({"OutOfMemoryException", "System.OutOfMemoryException"}),
}
_ABORTED = "signal: aborted"
_KILLED = "signal: killed"


@dataclass(frozen=True, slots=True)
class ErrorDocument:
    """What a failed invocation answered.

    Attributes:
        error_type: as the runtime or Lambda named it; empty if it did not.
        message: the sentence, or the whole answer if it has none.
        trace: a line per frame, as the users of the runtime know it.
        of_lambda: Lambda wrote it in its old form, without a type.
    """

    error_type: str
    message: str
    trace: str = ""
    of_lambda: bool = False

    @property
    def timed_out(self) -> bool:
        """Return whether Lambda says that the function ran into its timeout."""
        return self.error_type == "Sandbox.Timedout" or self.of_lambda

    @property
    def killed(self) -> bool:
        """Return whether Lambda says that it ended the process for its memory."""
        return self.error_type == "Runtime.OutOfMemory" or self._exited_by(_KILLED)

    def heap_exhausted(self, runtime: str) -> bool:
        """Return whether the runtime says that its heap is exhausted."""
        language = next((name for name in ("java", "dotnet", "nodejs") if runtime.startswith(name)), "")
        if language == "nodejs":
            return self._exited_by(_ABORTED) or self._exited_by(f"{_ABORTED} (core dumped)")
        return self.error_type in _HEAP_EXHAUSTED.get(language, ())

    def _exited_by(self, signal: str) -> bool:
        return self.error_type == "Runtime.ExitError" and self.message.endswith(signal)


def read_error_document(text: str) -> ErrorDocument:
    """Read an answer; what is no error document is the message."""
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        return ErrorDocument("", text)
    if not isinstance(document, dict):
        return ErrorDocument("", document if isinstance(document, str) else text)
    if not {"errorType", "errorMessage"} & document.keys():
        return ErrorDocument("", "" if not document else text)
    message = _text(document.get("errorMessage"))
    of_lambda = document.keys() == {"errorMessage"} and _TIMED_OUT.fullmatch(message) is not None
    error_type = document.get("errorType")
    return ErrorDocument(error_type if isinstance(error_type, str) else "", message, _trace(document), of_lambda)


def _trace(document: Mapping[str, object]) -> str:
    """Return the frames: most runtimes have a stackTrace, Node.js a trace that begins with the error."""
    frames = document.get("stackTrace") or document.get("trace")
    if not isinstance(frames, list):
        return frames if isinstance(frames, str) else ""
    lines = [_frame(frame) for frame in frames]
    if "stackTrace" not in document and lines and lines[0].endswith(_text(document.get("errorMessage"))):
        lines = lines[1:]
    return "\n".join(lines)


def _frame(frame: object) -> str:
    if isinstance(frame, dict) and "path" in frame:
        return f"{frame.get('label', '')}\n\t{frame['path']}:{frame.get('line', '')}"
    return _text(frame).rstrip("\n")


def _text(value: object) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
