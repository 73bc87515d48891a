"""The files of a campaign, with which several processes share it and an interrupted one continues."""

import hashlib
import json
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from campaign.cases import Case, Site
from campaign.stage import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from _typeshed import DataclassInstance

    from campaign.observation import Observation
    from campaign.verdicts import Judgement

_APP = ("handlers/**/*.py", "statemachine/*.json", "template.yaml")


@dataclass(frozen=True, slots=True)
class Folder:
    """The files: the plan, and a journal of results for each process."""

    path: Path

    def fits(self, wanted: "Mapping[str, Any]") -> bool:
        """Return whether there is a plan for these options and for the app as it is now."""
        try:
            document = json.loads((self.path / "plan.json").read_text(encoding="utf-8"))
        except FileNotFoundError:
            return False
        return bool(document["app"] == _digest_of_the_app() and document["wanted"] == dict(wanted))

    def planned(self) -> list[dict[str, Any]]:
        """Return the planned cases as JSON objects."""
        found: list[dict[str, Any]] = json.loads((self.path / "plan.json").read_text(encoding="utf-8"))["cases"]
        return found

    def plan(self) -> list[Case]:
        """Return the planned cases of runs."""
        return [
            Case(each["scenario"], Site(**each["site"]), each["strike"], _second(each["second"]))
            for each in self.planned()
        ]

    def begin(self, wanted: "Mapping[str, Any]", cases: "Sequence[DataclassInstance]") -> None:
        """Delete earlier results and save a new plan."""
        self.path.mkdir(parents=True, exist_ok=True)
        for earlier in [*self.path.glob("*.jsonl"), *self.path.glob("used-*.json")]:
            earlier.unlink()
        document = {"app": _digest_of_the_app(), "wanted": dict(wanted), "cases": [asdict(case) for case in cases]}
        (self.path / "plan.json").write_text(json.dumps(document), encoding="utf-8")

    def results(self) -> list[dict[str, Any]]:
        """Return the results so far, one per case."""
        found = {}
        for journal in sorted(self.path.glob("*.jsonl")):
            for line in journal.read_text(encoding="utf-8").splitlines():
                result = json.loads(line)
                found[result["case"]] = result
        return list(found.values())

    def add(self, journal: str, result: "Mapping[str, Any]") -> None:
        """Save the result of a case, whose key is its `case`."""
        line = json.dumps(result) + "\n"
        with (self.path / f"{journal}.jsonl").open("a", encoding="utf-8") as file:
            file.write(line)

    def add_used(self, journal: str, used: "Iterable[tuple[str, str, str]]") -> None:
        """Save which permissions were used, as owner, statement and action."""
        text = json.dumps(sorted(used))
        (self.path / f"used-{journal}-{time.time_ns()}.json").write_text(text, encoding="utf-8")

    def used(self) -> list[tuple[str, str, str]]:
        """Return the permissions that were used in any process."""
        found = set()
        for path in self.path.glob("used-*.json"):
            found |= {(owner, sid, action) for owner, sid, action in json.loads(path.read_text(encoding="utf-8"))}
        return sorted(found)


def result_of(case: Case, seen: "Observation", judgement: "Judgement") -> dict[str, Any]:
    """Return a result as a JSON object."""
    return {
        "case": case.key,
        "scenario": case.scenario,
        "caller": case.site.caller,
        "call": f"{case.site.service}.{case.site.action}",
        "nth": case.site.nth,
        "strike": case.strike if case.second is None else "two faults",
        "struck": seen.struck,
        "verdict": judgement.verdict.value,
        "reason": judgement.reason,
        "status": seen.status,
        "janitorRounds": seen.janitor_rounds,
        "tookS": round(seen.took_s, 2),
    }


def _second(planned: "Sequence[Any] | None") -> tuple[Site, str] | None:
    return (Site(**planned[0]), planned[1]) if planned else None


def _digest_of_the_app() -> str:
    digest = hashlib.sha256()
    for path in sorted(found for pattern in _APP for found in ROOT.glob(pattern)):
        digest.update(path.read_bytes())
    return digest.hexdigest()
