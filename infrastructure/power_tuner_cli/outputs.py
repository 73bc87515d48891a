"""What to do with a run's result, besides showing it."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Outputs:
    """What the command line asks for.

    Attributes:
        report: The file to save the report page to.
        open_report: Whether to open it in the browser.
        check: Whether the exit code says that another memory size is better.
        estimate: Whether what the run may spend at most is shown, and nothing is started.
    """

    report: Path | None = None
    open_report: bool = False
    check: bool = False
    estimate: bool = False
