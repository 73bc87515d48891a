"""What was asked and answered."""

import json
import re
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

AGREES, DIFFERS, NOT_ANSWERED, NOT_ASKED = "agrees", "differs", "not answered", "not asked"


@dataclass(frozen=True, slots=True)
class Check:
    """Something to find out.

    Attributes:
        name: What it is called, and chosen by.
        question: What is asked, as a person would.
        expected: A pattern that the whole answer should match.
        ask: Asks, and returns the answer.
        at_most_s: How long it may take on AWS, as it is told before.
        on_aws_only: Why the local AWS is not asked; empty if it is.
    """

    name: str
    question: str
    expected: str
    ask: Callable[[Any], str]
    at_most_s: int = 60
    on_aws_only: str = ""


@dataclass(frozen=True, slots=True)
class Finding:
    """What became of one check.

    Attributes:
        answered: The answer, or why there was none.
        verdict: agrees, differs, not answered or not asked.
    """

    name: str
    question: str
    expected: str
    answered: str
    verdict: str
    seconds: float


def find_out(check: Check, stage: object, *, local: bool) -> Finding:
    """Ask, and compare the answer with what is expected; an error is an answer that did not come."""
    if local and check.on_aws_only:
        return Finding(check.name, check.question, check.expected, check.on_aws_only, NOT_ASKED, 0.0)
    began_s = time.monotonic()
    try:
        answered = check.ask(stage)
        verdict = AGREES if re.fullmatch(check.expected, answered, re.DOTALL) else DIFFERS
    except Exception as error:  # noqa: BLE001 - whatever AWS or a check raises is part of the evidence
        answered, verdict = f"{type(error).__name__}: {error}", NOT_ANSWERED
    took_s = round(time.monotonic() - began_s, 1)
    return Finding(check.name, check.question, check.expected, answered, verdict, took_s)


@dataclass(slots=True)
class Evidence:
    """The evidence of one verification; it names no account.

    Attributes:
        where: "AWS", or "the local AWS".
        left: What could not be removed, with the command that removes it.
    """

    where: str
    region: str
    version: str
    stack: str
    started_at: str = field(default_factory=lambda: datetime.now(UTC).isoformat(timespec="seconds"))
    findings: list[Finding] = field(default_factory=list)
    left: list[str] = field(default_factory=list)
    interrupted: str = ""

    @property
    def sound(self) -> bool:
        """Return whether everything was answered as expected, and nothing is left."""
        agreed = all(finding.verdict in {AGREES, NOT_ASKED} for finding in self.findings)
        return agreed and bool(self.findings) and not self.left and not self.interrupted

    def write(self, path: Path, hidden: Iterable[str] = ()) -> None:
        """Write the evidence to a file, without these texts, such as the account's number."""
        document: dict[str, Any] = {
            "where": self.where,
            "region": self.region,
            "version": self.version,
            "stack": self.stack,
            "startedAt": self.started_at,
            "interrupted": self.interrupted,
            "findings": [_document(finding) for finding in self.findings],
            "left": self.left,
        }
        text = json.dumps(document, indent=1, ensure_ascii=False)
        for each in hidden:
            text = text.replace(each, "*" * len(each))
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text + "\n", encoding="utf-8")


def _document(finding: Finding) -> dict[str, Any]:
    return {name: getattr(finding, name) for name in Finding.__slots__}
