"""What to do with a run's result, besides showing it."""

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path


class Format(StrEnum):
    """How a result is printed to stdout, alone, for another program."""

    JSON = "json"
    MARKDOWN = "markdown"
    JUNIT = "junit"


@dataclass(frozen=True, slots=True)
class Outputs:
    """What the command line asks for.

    Attributes:
        report: The file to save the report page to.
        open_report: Whether to open it in the browser.
        check: Whether the exit code says that another memory size is better.
        estimate: Whether what the run may spend at most is shown, and nothing is started.
        form: How the result is printed; None for people.
        min_gain: The least gain for which another memory size is better, as a share.
        budget_ms: What an invocation may take on average.
        budget_cost: What a million invocations may cost, in the run's currency.
    """

    report: Path | None = None
    open_report: bool = False
    check: bool = False
    estimate: bool = False
    form: Format | None = None
    min_gain: float = 0.0
    budget_ms: float | None = None
    budget_cost: float | None = None
