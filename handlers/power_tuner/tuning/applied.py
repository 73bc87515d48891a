"""What was applied of a decision, and what was rolled back."""

from collections.abc import Mapping

from msgspec import Struct, convert


class Undecided(Struct, frozen=True, kw_only=True):
    """A run that decided nothing, so that nothing was done.

    Attributes:
        reason: why not.
    """

    applied: bool = False
    reason: str


class Applied(Struct, frozen=True, kw_only=True, rename="camel"):
    """What was done with a decision: the memory size of ``$LATEST`` was set, or nothing, for a reason.

    Attributes:
        mode: where the policy applies decisions.
        from_memory_mb: the previous memory size of ``$LATEST``.
        reason: why it was not applied; empty if it was.
    """

    applied: bool
    mode: str | None
    from_memory_mb: int
    to_memory_mb: int
    reason: str = ""

    def to_alias(self, alias: str, version: str, previous_version: str | None) -> "AppliedToAlias":
        """Return the same, applied to an alias."""
        return AppliedToAlias(
            applied=self.applied,
            mode=self.mode,
            from_memory_mb=self.from_memory_mb,
            to_memory_mb=self.to_memory_mb,
            alias=alias,
            version=version,
            previous_version=previous_version,
        )

    def to_parameter(self, parameter: str, previous_value: str | None) -> "AppliedToParameter":
        """Return the same, written to a parameter."""
        return AppliedToParameter(
            applied=self.applied,
            mode=self.mode,
            from_memory_mb=self.from_memory_mb,
            to_memory_mb=self.to_memory_mb,
            parameter=parameter,
            previous_value=previous_value,
        )


class AppliedToAlias(Applied, frozen=True, kw_only=True, rename="camel"):
    """A decision whose version an alias points to.

    Attributes:
        previous_version: None if the alias is new.
    """

    alias: str
    version: str
    previous_version: str | None


class OnTrial(AppliedToAlias, frozen=True, kw_only=True, rename="camel"):
    """A decision that is not applied yet: a canary of it is under way."""


class AppliedToParameter(Applied, frozen=True, kw_only=True, rename="camel"):
    """A decision that is written to a parameter.

    Attributes:
        previous_value: None if the parameter is new.
    """

    parameter: str
    previous_value: str | None


class RolledBack(Struct, frozen=True):
    """What was rolled back: a ``MemoryRestored`` or a ``ParameterRestored``."""


class MemoryRestored(RolledBack, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """A rollback of ``$LATEST`` and, if the decision was applied to one, of an alias."""

    memory_mb: int
    alias: str | None = None


class ParameterRestored(RolledBack, frozen=True, kw_only=True, rename="camel"):
    """A rollback of a parameter.

    Attributes:
        value: None if it was deleted, because it did not exist before.
    """

    parameter: str
    value: str | None


def read_applied(document: Mapping[str, object]) -> Applied:
    """Read what was applied from its JSON; its members tell its kind."""
    kind = AppliedToAlias if "alias" in document else AppliedToParameter if "parameter" in document else Applied
    return convert(document, kind)


def read_rolled_back(document: Mapping[str, object]) -> RolledBack:
    """Read what was rolled back from its JSON; its members tell its kind."""
    kind = ParameterRestored if "parameter" in document else MemoryRestored
    return convert(document, kind)
