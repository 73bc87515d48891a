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
├── CleanupIncomplete       something of the run is still there; try again
└── NotApplied              the optimizer refused or failed to apply a decision

The class name is the error name that Step Functions sees (``ErrorEquals``).
"""


class PowerTunerError(Exception):
    """The base of every error that this app raises on purpose."""


class InvalidInput(PowerTunerError):
    """An input was refused; the message names the field, the value and what is allowed."""

    def __init__(self, *, field: str, value: object, allowed: str) -> None:
        self.field = field
        self.value = value
        self.allowed = allowed
        super().__init__(f"{field}: {_refused(value)}. Allowed: {allowed}.")


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


class CleanupIncomplete(PowerTunerError):
    """Something that the run made is still there."""


class NotApplied(PowerTunerError):
    """The optimizer did not apply a decision."""


_SHOWN_VALUE_CHARS = 80


def _refused(value: object) -> str:
    if value is None:
        return "nothing was given"
    shown = repr(value)
    if len(shown) > _SHOWN_VALUE_CHARS:
        shown = shown[:_SHOWN_VALUE_CHARS] + "..."
    return f"{shown} is not accepted"
