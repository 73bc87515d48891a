"""The exit codes of all commands."""

from enum import IntEnum


class ExitCode(IntEnum):
    """The exit codes, with the same meaning in every command."""

    DONE = 0
    RUN_FAILED = 1
    BAD_INPUT = 2
    UNREACHABLE = 3
    CHANGE_ADVISED = 4
    OVER_BUDGET = 5
    INTERRUPTED = 130


EXIT_CODE_HELP = (
    "Exit codes: 0 done; 1 the run failed; 2 the input or an option is wrong, and nothing was changed; "
    "3 AWS, the stack or the local AWS could not be reached; 4 another memory size is better than the current "
    "one (only with --check); 5 the function is slower or dearer than its budget (only with --budget-ms and "
    "--budget-usd); 130 stopped with Ctrl-C."
)
