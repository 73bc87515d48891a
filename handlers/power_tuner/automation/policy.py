"""What may be done with a decision: the policy of a run, a profile or the stack."""

from dataclasses import dataclass

from msgspec import UNSET, Struct, UnsetType
from msgspec.structs import replace

from power_tuner.errors import InvalidInput
from power_tuner.tuning.canary_settings import CanarySettings

NEVER, LATEST, ALIAS, CANARY, SSM, PROPOSE = "never", "latest", "alias", "canary", "ssm", "propose"
APPLY_MODES = (NEVER, LATEST, ALIAS, CANARY, SSM, PROPOSE)
# These name an alias.
TO_ALIAS = frozenset({ALIAS, CANARY})
MEASURE, ADVISE, APPLY = "measure", "advise", "apply"
# What a stack may do with a decision, by the mode that it is deployed with; its permissions end there too.
_ALLOWED = {MEASURE: (NEVER,), ADVISE: (NEVER, PROPOSE), APPLY: APPLY_MODES}


class Policy(Struct, frozen=True, rename="camel"):
    """What the Optimizer may do with a decision.

    Attributes:
        apply: ``never``, ``latest`` ($LATEST), ``alias`` (a new version, and the alias moved to it), ``canary`` (the
            same, by and by, as production shows that it is no worse), ``ssm`` (a parameter that infrastructure as code
            reads) or ``propose`` (an event, no change); None leaves it to the stack.
        alias: which alias, with ``alias`` and ``canary``.
        canary: how it proceeds, with ``canary``, unless it is as by default.
        parameter: the name of the SSM parameter, with ``ssm``.
        minimum_gain: the least change of cost or duration that is worth a change, as a share: 0.05 is 5 %.
        override_owner: change a function even though infrastructure as code owns it.
    """

    apply: str | None = None
    alias: str | None = None
    parameter: str | None = None
    minimum_gain: float = 0.0
    override_owner: bool = False
    canary: CanarySettings | UnsetType = UNSET

    def __post_init__(self) -> None:
        if self.apply is not None and self.apply not in APPLY_MODES:
            raise InvalidInput(field="apply", value=self.apply, allowed=", ".join(APPLY_MODES))
        if self.apply in TO_ALIAS and not self.alias:
            allowed = f"the name of an alias; apply {self.apply} needs it"
            raise InvalidInput(field="alias", value=self.alias, allowed=allowed)
        if self.apply == SSM and not self.parameter:
            raise InvalidInput(
                field="parameter", value=self.parameter, allowed="the name of an SSM parameter; apply ssm needs it"
            )
        if not 0 <= self.minimum_gain < 1:
            raise InvalidInput(field="minimumGain", value=self.minimum_gain, allowed="a share from 0 to below 1")

    @classmethod
    def of_run(cls, *, auto_optimize: bool | None, alias: str | None, canary: bool = False) -> "Policy":
        """Return the policy of a run that was started by hand, from autoOptimize and what goes with it.

        A person who names the function to change may change it, whoever owns it.
        """
        if not auto_optimize:
            return cls() if auto_optimize is None else cls(apply=NEVER)
        apply = CANARY if canary else ALIAS if alias else LATEST
        return cls(apply=apply, alias=alias, override_owner=True)

    @property
    def automatic(self) -> bool:
        """Return whether the Optimizer has anything to do."""
        return self.apply not in {None, NEVER}


@dataclass(frozen=True, slots=True)
class StackPolicy:
    """What is done with a decision if neither run nor profile has a policy: the stack's parameters.

    Attributes:
        apply: as in a policy.
        alias: the alias that is moved, with ``alias`` and ``canary``.
        parameter_prefix: with ``ssm``, the parameter's name is this and the function's name.
        mode: what the stack may do at all: ``measure``, ``advise`` or ``apply``.
    """

    apply: str = NEVER
    alias: str = ""
    parameter_prefix: str = ""
    mode: str = APPLY

    def require_allowed(self, policy: Policy, field: str) -> None:
        """Refuse what the stack may not do.

        Args:
            policy: completed.
            field: the input that asked for it.

        Raises:
            InvalidInput: the mode of the stack does not allow it.
        """
        allowed = _ALLOWED[self.mode]
        if policy.apply not in allowed:
            raise InvalidInput(
                field=field,
                value=policy.apply,
                allowed=f"{' or '.join(allowed)}; this stack is deployed with mode={self.mode}",
            )

    def complete(self, policy: Policy, function_name: str) -> Policy:
        """Return the policy, completed by the stack's where it leaves that open."""
        if policy.apply is not None:
            return policy
        return replace(
            policy,
            apply=self.apply,
            alias=policy.alias or self.alias if self.apply in TO_ALIAS else policy.alias,
            parameter=policy.parameter or self.parameter_prefix + function_name
            if self.apply == SSM
            else policy.parameter,
        )
