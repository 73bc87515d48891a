"""The errors of this app; each message says what was wrong and what to do.

PowerTunerError
├── InvalidInput            the run's input was refused; nothing was touched
├── TargetNotTunable        the function cannot be tuned this way; nothing was touched
├── TargetBusy              another run holds the lease on the target
│   └── TargetStillBusy     the same, for a run that waits until it is free
├── TargetChanged           somebody else changed the target during the run
├── LeaseLost               this run no longer holds its lease: stop, touch nothing more
├── PublishFailed           no version could be published at a memory size
├── BranchFailed            one branch failed; the others continue
│   ├── OutOfMemory
│   ├── TargetTimeout
│   ├── FunctionError
│   ├── Throttled
│   └── Unmeasurable
├── ProcessorFailed         a pre- or post-processor failed; the whole run fails
├── NothingMeasured         no memory size is left to choose from
├── NotRecorded             the result could not be recorded; try again
├── DamagedItem             an item of the stack's table cannot be read
├── CleanupIncomplete       something of the run is still there; try again
└── NotApplied              the optimizer refused or failed to apply a decision

The class name is the error name that Step Functions sees (``ErrorEquals``).
"""

from collections.abc import Mapping


class PowerTunerError(Exception):
    """The base of every error that this app raises on purpose."""


class InvalidInput(PowerTunerError):
    """An input was refused; the message names the field, the value and what is allowed."""

    def __init__(self, *, field: str, value: object, allowed: str) -> None:
        self.field = field
        self.value = value
        self.allowed = allowed
        super().__init__(f"{_shortened(field)}: {_refused(value)}. Allowed: {allowed}.")


class DayLimitReached(PowerTunerError):
    """The stack makes no more invocations today."""


class TargetNotTunable(PowerTunerError):
    """The function cannot be tuned this way."""


class TargetBusy(PowerTunerError):
    """Another run holds the lease on the target."""


class TargetStillBusy(TargetBusy):
    """Another run holds the lease on the target; this one waits for it."""


class TargetChanged(PowerTunerError):
    """Somebody else changed the target, so the measurements are no longer valid."""


class LeaseLost(PowerTunerError):
    """This run no longer holds its lease."""


class PublishFailed(PowerTunerError):
    """No version could be published at a memory size."""


class BranchFailed(PowerTunerError):
    """One branch failed; the others continue."""

    outcome = "unmeasurable"


class OutOfMemory(BranchFailed):
    """The target needs more memory than this memory size."""

    outcome = "out-of-memory"


class TargetTimeout(BranchFailed):
    """The target ran into its own timeout at this memory size."""

    outcome = "timeout"


class FunctionError(BranchFailed):
    """The target raised an error."""

    outcome = "function-error"


class Throttled(BranchFailed):
    """The target was throttled for longer than an invocation waits."""

    outcome = "throttled"


class Unmeasurable(BranchFailed):
    """The target responded, but there was no REPORT line with its duration."""

    outcome = "unmeasurable"


class ProcessorFailed(PowerTunerError):
    """A pre- or post-processor failed, so no memory size can be measured."""


class NothingMeasured(PowerTunerError):
    """No memory size is left to choose from."""


class NotRecorded(PowerTunerError):
    """The result could not be recorded."""


class DamagedItem(PowerTunerError):
    """An item of the stack's table cannot be read; the message names it."""


class CleanupIncomplete(PowerTunerError):
    """Something that the run made is still there."""


class NotApplied(PowerTunerError):
    """The optimizer did not apply a decision."""


_SHOWN_VALUE_CHARS = 80


def _refused(value: object) -> str:
    if value is None:
        return "nothing was given"
    return f"{_shortened(_without_objects(value))} is not accepted"


def _without_objects(value: object) -> str:
    """Return a value as text, without what could be a payload in the wrong place: a log gets what is shown."""
    if isinstance(value, Mapping):
        return "an object"
    if isinstance(value, list):
        shown = value[:_SHOWN_VALUE_CHARS]
        return f"[{', '.join('...' if isinstance(each, Mapping | list) else repr(each) for each in shown)}]"
    return repr(value)


def _shortened(text: str) -> str:
    # Without halves of characters, which are no UTF-8.
    text = text[: _SHOWN_VALUE_CHARS + 1].encode(errors="backslashreplace").decode()
    return text if len(text) <= _SHOWN_VALUE_CHARS else text[:_SHOWN_VALUE_CHARS] + "..."


def kind_of(value: object) -> str:
    """Return what kind of JSON a value is, where the value itself must not be shown."""
    kinds = {str: "a text", bool: "true or false", list: "a list", dict: "an object", type(None): "null"}
    return kinds.get(type(value), "a number")
