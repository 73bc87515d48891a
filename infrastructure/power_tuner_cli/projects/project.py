"""What a project is: a file that defines functions, and the template that makes one of them."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol


@dataclass(frozen=True, slots=True)
class FunctionEntry:
    """A function, as its project defines it.

    Attributes:
        logical_id: Its name in the project's file.
        runtime: Its runtime; empty if the project does not tell it.
        handler: Its handler; empty for an image.
        code: The folder or zip file of its code; None if that is not known.
    """

    logical_id: str
    runtime: str
    handler: str
    code: Path | None = None


@dataclass(frozen=True, slots=True)
class Prepared:
    """A template that is ready to be deployed for one function.

    Attributes:
        document: The template, SAM or CloudFormation, with code that lies on this machine.
        root: Where its relative paths start.
        logical_id: The function's in the template.
        parameters: Values that were given for the template.
        notes: What the reader should know of it, a sentence each.
        home: The folder of the project that this one is part of; None if it is none's.
    """

    document: dict[str, Any]
    root: Path
    logical_id: str
    parameters: Mapping[str, str]
    notes: tuple[str, ...] = ()
    home: Path | None = None


class Project(Protocol):
    """A file that defines functions."""

    @property
    def file(self) -> Path:
        """The file that names the project, as it was given."""

    @property
    def folder(self) -> Path:
        """The project's own folder, with its example events."""

    @property
    def functions(self) -> Mapping[str, FunctionEntry]:
        """Its functions by their names in the file, those that only make the stack left out."""

    def prepare(self, logical_id: str, given: Mapping[str, str]) -> Prepared:
        """Return the template for one function, with the values that were given as parameters.

        Raises:
            CliError: Its code is not built, or not on this machine.
        """
