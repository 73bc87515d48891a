"""Prove that each permission is needed: ``python -m campaign.proving --help``."""

import argparse
import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.table import Table

from campaign.grants import DOCUMENTED, MODES, Grant, Proof, Prover, plays_of
from campaign.shards import end_with_the_shards, run_shards
from campaign.stage import ROOT, Stage

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_EXIT_NOT_PROVED = 1


def main() -> int:
    """Prove the permissions in several processes and print the table; return 0 if each is needed."""
    end_with_the_shards()
    options = _options()
    if options.shard is not None:
        _prove_shard(options)
        return 0
    options.folder.mkdir(parents=True, exist_ok=True)
    for earlier in options.folder.glob("*.json*"):
        earlier.unlink()
    arguments = [*options.roles, "--mode", options.mode, "--folder", str(options.folder)]
    whole = run_shards("campaign.proving", arguments, options.shards, lambda: _progress(options.folder))
    proofs = sorted(_proofs(options.folder), key=lambda proof: proof.grant)
    Console(width=160).print(_table(proofs))
    proved = sum(bool(proof.play) for proof in proofs)
    documented = sum(not proof.play and _reason(proof.grant) is not None for proof in proofs)
    report = options.folder / "report.json"
    report.write_text(json.dumps([asdict(proof) for proof in proofs], indent=1), encoding="utf-8")
    Console().print(
        f"{options.mode}: {len(proofs)} actions granted = {proved} proved needed + {documented} documented; results "
        f"in {report}"
    )
    unstable = _unstable(_rehearsals(options.folder))
    if unstable:
        Console().print(f"These runs prove nothing, because they do not always end alike: {', '.join(unstable)}")
    return 0 if whole and not unstable and len(proofs) == proved + documented else _EXIT_NOT_PROVED


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m campaign.proving", description=__doc__)
    parser.add_argument(
        "roles", nargs="*", default=[""], help="prove only roles whose name contains one of these texts"
    )
    parser.add_argument("--mode", choices=MODES, default=MODES[-1], help="the mode of the stack")
    parser.add_argument("--shards", type=int, default=3, help="number of processes")
    parser.add_argument("--folder", type=Path, default=ROOT / "build" / "permissions", help="folder of the results")
    parser.add_argument("--shard", type=int, help=argparse.SUPPRESS)
    return parser.parse_args()


def _progress(folder: Path) -> tuple[str, int, int | None]:
    rehearsed = _rehearsals(folder)
    done = sum(path.read_text(encoding="utf-8").count("\n") for path in _journals(folder))
    return ("permissions", done, rehearsed[0]["granted"]) if rehearsed else ("rehearsing", 0, None)


def _prove_shard(options: argparse.Namespace) -> None:
    """Rehearse every run, then prove this process's share of the permissions and save each proof."""
    folder, number = options.folder, options.shard
    with Stage(mode=options.mode) as stage:
        prover, plays = Prover(stage), plays_of(options.mode)
        prover.rehearse(plays)
        grants = [grant for grant in prover.grants() if any(each in grant.owner for each in options.roles)]
        rehearsal = {"granted": len(grants), "ended": {name: repr(prover.usual(name)) for name in plays}}
        written = folder / f"rehearsal-{number}.part"
        written.write_text(json.dumps(rehearsal), encoding="utf-8")
        written.rename(written.with_suffix(".json"))
        with (folder / f"shard-{number}.jsonl").open("w", encoding="utf-8", buffering=1) as journal:
            for grant in grants[number :: options.shards]:
                journal.write(json.dumps(asdict(prover.prove(grant))) + "\n")


def _rehearsals(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(path.read_text(encoding="utf-8")) for path in sorted(folder.glob("rehearsal-*.json"))]


def _unstable(rehearsals: "Sequence[dict[str, Any]]") -> list[str]:
    """Return the runs that did not end alike in every process, though no permission was taken away."""
    names = rehearsals[0]["ended"] if rehearsals else ()
    return [name for name in names if len({each["ended"][name] for each in rehearsals}) > 1]


def _journals(folder: Path) -> list[Path]:
    return sorted(folder.glob("shard-*.jsonl"))


def _proofs(folder: Path) -> "Iterator[Proof]":
    for path in _journals(folder):
        for line in path.read_text(encoding="utf-8").splitlines():
            written = json.loads(line)
            yield Proof(Grant(**written.pop("grant")), **written)


def _table(proofs: "Sequence[Proof]") -> Table:
    shown = Table("role", "statement", "action", "run that breaks without it", "how")
    for proof in proofs:
        reason = _reason(proof.grant)
        broken = proof.play or (reason and "by AWS itself") or "NOTHING"
        shown.add_row(proof.grant.owner, proof.grant.sid, proof.grant.action, broken, proof.difference or reason or "")
    return shown


def _reason(grant: Grant) -> str | None:
    return DOCUMENTED.get((grant.owner, grant.action))


if __name__ == "__main__":
    sys.exit(main())
