"""Say what can go wrong, each with the words for the person who has to act.

PowerTunerError
├── InvalidInput            the run's input was refused; nothing was touched
├── TargetNotTunable        the function cannot be tuned this way; nothing was touched
├── TargetBusy              another run holds the lease on the target
│   └── TargetStillBusy     the same, for a run that waits until it is free
├── TargetChanged           somebody else changed the target during the run
├── LeaseLost               this run no longer holds its lease: stop, touch nothing more
├── PublishFailed           a power value could not be published
├── BranchFailed            one power value failed; the others go on
│   ├── OutOfMemory
│   ├── TargetTimeout
│   ├── FunctionError
│   ├── Throttled
│   └── Unmeasurable
├── ProcessorFailed         a pre- or post-processor failed; the whole run fails
├── NothingMeasured         no power value is left to choose from
├── NotRecorded             what was measured could not be recorded; try again
├── CleanupIncomplete       something of ours is still there; try again
└── NotApplied              the optimizer refused or failed to apply a decision

The class name is the error name that Step Functions sees (``ErrorEquals``).
"""


class PowerTunerError(Exception):
    """Base of every error that this app raises on purpose."""


class InvalidInput(PowerTunerError):
    """Refuse an input, naming the field, the value and what is allowed."""

    def __init__(self, *, field: str, value: object, allowed: str) -> None:
        self.field = field
        self.value = value
        self.allowed = allowed
        super().__init__(f"{field}: {_refused(value)}. Allowed: {allowed}.")


class TargetNotTunable(PowerTunerError):
    """Refuse a function that cannot be tuned this way."""


class TargetBusy(PowerTunerError):
    """Another run holds the lease on the target."""


class TargetStillBusy(TargetBusy):
    """Another run holds the lease on the target; this one waits for it."""


class TargetChanged(PowerTunerError):
    """Somebody else changed the target, so what was measured means nothing."""


class LeaseLost(PowerTunerError):
    """This run no longer holds its lease."""


class PublishFailed(PowerTunerError):
    """A power value could not be published."""


class BranchFailed(PowerTunerError):
    """One power value failed; the others go on."""

    outcome = "unmeasurable"


class OutOfMemory(BranchFailed):
    """The target needs more memory than this power value gives."""

    outcome = "out-of-memory"


class TargetTimeout(BranchFailed):
    """The target ran into its own timeout at this power value."""

    outcome = "timeout"


class FunctionError(BranchFailed):
    """The target raised an error."""

    outcome = "function-error"


class Throttled(BranchFailed):
    """The target was throttled longer than we wait."""

    outcome = "throttled"


class Unmeasurable(BranchFailed):
    """The target answered, but no REPORT said how long it took."""

    outcome = "unmeasurable"


class ProcessorFailed(PowerTunerError):
    """A pre- or post-processor failed, so no power value can be measured."""


class NothingMeasured(PowerTunerError):
    """No power value is left to choose from."""


class NotRecorded(PowerTunerError):
    """What was measured could not be recorded."""


class CleanupIncomplete(PowerTunerError):
    """Something that this run made is still there."""


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
