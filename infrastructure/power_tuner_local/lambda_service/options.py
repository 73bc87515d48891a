"""What can be set on the local Lambda service."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class LambdaOptions:
    """Delays and limits of the local Lambda service.

    Attributes:
        update_delay_s: How long a new function or version is `Pending` and an update `InProgress`.
        memory_cap_mb: The account's largest memory size; new AWS accounts have 3008.
        account_concurrency: How many invocations may run at once, all functions together.
        max_sandboxes: How many sandboxes are kept; beyond it, those idle for the longest end.
        idle_s: How long an idle sandbox is kept.
        retry_delay_s: The wait before the retry of a failed asynchronous invocation; AWS waits minutes.
        init_limit_s: The time that a sandbox has to import the handler.
        publish_compares_content: Whether PublishVersion returns the latest version also when updates since then
            have left code and configuration as they were, which is the harder reading of AWS's documentation;
            reports of AWS's real behaviour say that any update is enough for a new version.
        settable_clock: Whether the clock of a sandbox follows the deadlines of its invocations, so that it can be
            wrong.
    """

    update_delay_s: float = 0.03
    memory_cap_mb: int = 10240
    account_concurrency: int = 1000
    max_sandboxes: int = 48
    idle_s: float = 120.0
    retry_delay_s: float = 0.1
    init_limit_s: float = 10.0
    publish_compares_content: bool = True
    settable_clock: bool = False
