"""Options of the local Lambda service."""

from dataclasses import dataclass

from power_tuner_local.lambda_service.limits import MAX_MEMORY_MB

CREATION_S = 0.03


@dataclass(frozen=True, slots=True)
class LambdaOptions:
    """Delays and limits of the local Lambda service.

    Attributes:
        update_delay_s: How long an update is `InProgress`, and a version with a snapshot or a new function in a VPC
            `Pending`. Other new functions are `Pending` for no longer than `CREATION_S`.
        memory_cap_mb: The account's largest memory size; new AWS accounts have 3008.
        account_concurrency: The account's limit of concurrent invocations.
        max_sandboxes: How many sandboxes are kept; beyond it, those idle for longest end.
        idle_s: How long an idle sandbox is kept.
        retry_delay_s: The delay before a failed asynchronous invocation is retried; AWS waits minutes.
        init_limit_s: The time limit of a sandbox's init phase.
        publish_compares_content: Whether PublishVersion returns the latest version also if later updates have
            restored its code and configuration. This is the stricter reading of AWS's documentation; according to
            reports, on AWS any update is enough for a new version.
        settable_clock: Whether a sandbox's clock follows the deadlines of its invocations, so that a fault can set
            it wrong.
    """

    update_delay_s: float = CREATION_S
    memory_cap_mb: int = MAX_MEMORY_MB
    account_concurrency: int = 1000
    max_sandboxes: int = 48
    idle_s: float = 120.0
    retry_delay_s: float = 0.1
    init_limit_s: float = 10.0
    publish_compares_content: bool = True
    settable_clock: bool = False
