"""The settings of a function, from its environment."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from power_tuner.automation.policy import APPLY, NEVER, PROPOSE, StackPolicy
from power_tuner.lambda_limits import MAX_TIMEOUT_S
from power_tuner.tuning.visualization import DEFAULT_VISUALIZATION_URL

SECONDS_PER_DAY = 86_400
# The tag of the functions that a stack with targetTag may tune; template.yaml names it in the roles.
TARGET_TAG = "power-tuner-stack"


class MissingSetting(RuntimeError):
    """An environment variable that this function needs is not set."""


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings that the template gives every function.

    Attributes:
        call_s: how long a call of one of the app's functions may take.
    """

    table_name: str
    bucket_name: str
    event_bus_name: str
    default_memories_mb: tuple[int, ...]
    visualization_url: str
    retention_days: int
    max_concurrent_branches: int
    state_machine_arn: str = ""
    max_concurrent_checks: int = 10
    stack_policy: StackPolicy = field(default_factory=StackPolicy)
    target_tag: str = ""
    max_invocations_per_run: int = 100_000
    max_invocations_per_day: int = 0
    processor_resource: str = ""
    call_s: int = MAX_TIMEOUT_S
    tag_apply_modes: tuple[str, ...] = (NEVER, PROPOSE)

    @property
    def retention_s(self) -> int:
        """Return how long items are kept, in seconds."""
        return self.retention_days * SECONDS_PER_DAY

    @classmethod
    def from_env(cls, environment: Mapping[str, str]) -> "Settings":
        """Read the settings.

        Raises:
            MissingSetting: names the variable.
        """

        def required(name: str) -> str:
            if not environment.get(name):
                raise MissingSetting(f"The environment variable {name} is not set; template.yaml sets it.")
            return environment[name]

        values = required("POWER_VALUES").split(",")
        return cls(
            table_name=required("TABLE_NAME"),
            bucket_name=required("BUCKET_NAME"),
            event_bus_name=required("EVENT_BUS_NAME"),
            default_memories_mb=tuple(int(value) for value in values),
            visualization_url=environment.get("VISUALIZATION_URL") or DEFAULT_VISUALIZATION_URL,
            retention_days=int(required("RETENTION_DAYS")),
            max_concurrent_branches=int(required("MAX_CONCURRENT_BRANCHES")),
            state_machine_arn=environment.get("STATE_MACHINE_ARN", ""),
            max_concurrent_checks=int(environment.get("MAX_CONCURRENT_CHECKS") or 10),
            stack_policy=StackPolicy(
                apply=environment.get("AUTO_APPLY") or NEVER,
                alias=environment.get("AUTO_APPLY_ALIAS", ""),
                parameter_prefix=environment.get("SSM_PARAMETER_PREFIX", ""),
                mode=environment.get("MODE") or APPLY,
            ),
            target_tag=environment.get("TARGET_TAG", ""),
            max_invocations_per_run=int(environment.get("MAX_INVOCATIONS_PER_RUN") or 100_000),
            max_invocations_per_day=int(environment.get("MAX_INVOCATIONS_PER_DAY") or 0),
            processor_resource=environment.get("PROCESSOR_RESOURCE", ""),
            call_s=int(environment.get("TOTAL_EXECUTION_TIMEOUT") or MAX_TIMEOUT_S),
            tag_apply_modes=tuple((environment.get("TAG_APPLY_MODES") or f"{NEVER},{PROPOSE}").split(",")),
        )
