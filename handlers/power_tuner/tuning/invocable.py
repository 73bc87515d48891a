"""Which functions a run may invoke: never the app's own, and as processors only those that the stack allows.

Invocations are made with the app's permissions, so whoever may start a run could otherwise invoke what they may not.
IAM says the same in template.yaml; here it is refused before anything is touched.
"""

import re
from dataclasses import dataclass
from fnmatch import fnmatchcase

from power_tuner.errors import InvalidInput
from power_tuner.tuning.arn import canonical_arn, name_of, parse_function_reference

OWN_STEPS = (
    "Initializer",
    "Publisher",
    "Executor",
    "CleanUpBranch",
    "Analyzer",
    "Cleaner",
    "Record",
    "CleanUpOnError",
    "Optimizer",
    "Canary",
    "Janitor",
    "Deployments",
    "Fleet",
    "Drift",
)


@dataclass(frozen=True, slots=True)
class Invocable:
    """What the stack allows to be invoked.

    Attributes:
        stack_name: the app's own functions have its name.
        processor_resource: an ARN pattern; ``*`` for any function, empty for none.
    """

    stack_name: str
    processor_resource: str = ""

    def is_own(self, arn: str) -> bool:
        """Return whether a function is one of the app's own."""
        own = rf"{re.escape(self.stack_name)}-({'|'.join(OWN_STEPS)})Function-\w+"
        return re.fullmatch(own, name_of(arn)) is not None

    def require_target(self, field: str, arn: str) -> None:
        """Refuse one of the app's own functions.

        Raises:
            InvalidInput: it is.
        """
        if self.is_own(arn):
            raise InvalidInput(field=field, value=arn, allowed="a function that is not one of the tuner's own")

    def require_processor(self, field: str, function: str, *, like: str) -> None:
        """Refuse a processor that the stack does not allow.

        Args:
            field: of the input.
            function: name or ARN.
            like: an ARN in the app's own account and region.

        Raises:
            InvalidInput: it is refused.
        """
        reference = parse_function_reference(function)
        arn = canonical_arn(reference, like=like) if reference else function
        self.require_target(field, arn)
        if self.processor_resource != "*" and not fnmatchcase(arn, self.processor_resource):
            now = f"now it is {self.processor_resource}" if self.processor_resource else "now it names none"
            raise InvalidInput(
                field=field,
                value=function,
                allowed=f"a function that the stack's parameter processorResource names; {now}. Processors are invoked "
                "with the tuner's permissions, so whoever deploys the stack says which",
            )
