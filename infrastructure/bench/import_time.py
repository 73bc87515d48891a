"""The CPU time of each handler's import in a fresh interpreter, compared with boto3 and one client.

CPU time, because wall time depends on who else uses the machine.
"""

from __future__ import annotations

import os
import re
import statistics
import subprocess
import sys
from collections import Counter
from pathlib import Path

from bench.figures import Figure

HANDLERS = Path(__file__).parents[2] / "handlers"
# What a handler may take, as a multiple of what `import boto3` and one client take in the same run (docs/adr/0011).
BAR = 1.3
REFERENCE = "import boto3; boto3.client('lambda', region_name='us-east-1')"
DOMINANT = 3
MOST_ROUNDS = 3  # a busy machine can only add time, so a median over the bar is measured again

TIMED = "import time; began = time.process_time(); {statement}; print((time.process_time() - began) * 1000)"
IMPORT_TIME = re.compile(r"import time:\s+\d+ \|\s+(\d+) \|( +)(\S+)")


def measure(*, repetitions: int, judged: bool) -> list[Figure]:
    """Return each handler's import time; if times are judged, one over the bar is measured again."""
    rounds = MOST_ROUNDS if judged else 1
    return [_measure(path.stem, repetitions, rounds) for path in sorted(HANDLERS.glob("*.py"))]


def _measure(module: str, repetitions: int, rounds: int) -> Figure:
    _run("-c", f"import {module}")  # writes the bytecode
    ratios: list[float] = []
    while len(ratios) < rounds and (not ratios or ratios[-1] > BAR):
        ratios.append(_median_ratio(module, repetitions))
    return Figure(f"import {module}", min(ratios), "x boto3", BAR, _dominant(module))


def _median_ratio(module: str, repetitions: int) -> float:
    """Return the median ratio of pairs, measured one after the other so that both meet the same load."""
    return statistics.median(_cpu_ms(f"import {module}") / _cpu_ms(REFERENCE) for _ in range(repetitions))


def _cpu_ms(statement: str) -> float:
    return float(_run("-c", TIMED.format(statement=statement)).stdout)


def _dominant(module: str) -> str:
    """Return the packages that take longest, each with all that it imports first, as text."""
    trace = [line for line in map(IMPORT_TIME.match, _imports(module)) if line]
    spent: Counter[str] = Counter()
    parents: list[tuple[int, bool]] = []
    for line in reversed(trace):  # a parent stands below what it imports
        depth, package = len(line[2]), line[3].split(".")[0]
        while parents and parents[-1][0] >= depth:
            parents.pop()
        within = bool(parents) and parents[-1][1]
        ours = package in {module, "power_tuner", *sys.stdlib_module_names}
        if not ours and not within:
            spent[package] += int(line[1])
        parents.append((depth, within or not ours))
    total = int(trace[-1][1])
    spent["our own"] = total - spent.total()
    return ", ".join(f"{package} {part / total:.0%}" for package, part in spent.most_common(DOMINANT))


def _imports(module: str) -> list[str]:
    """Return the interpreter's trace of the import of a module, without its own startup."""
    lines = _run("-X", "importtime", "-c", f"import {module}").stderr.splitlines()
    return lines[next(index for index, line in enumerate(lines) if line.endswith("| site")) + 1 :]


def _run(*arguments: str) -> subprocess.CompletedProcess[str]:
    # As on Lambda, bytecode is read, not compiled.
    inherited = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    environment = {**inherited, "PYTHONPATH": str(HANDLERS)}
    return subprocess.run(  # noqa: S603 our own interpreter
        [sys.executable, *arguments], env=environment, capture_output=True, text=True, check=True
    )
