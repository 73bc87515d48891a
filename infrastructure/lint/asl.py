"""Check state machines: statelint for the language, then this project's own rules.

Needed because cfn-lint does not look behind a template's DefinitionUri.
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console
from statelint.config import Config
from statelint.linter import Linter
from statelint.problem import ProblemType

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    States = Mapping[str, Mapping[str, Any]]

HANDLERS = Path(__file__).parents[2] / "handlers"
SUBSTITUTION = re.compile(r"\$\{(\w+?)(?:Function)?(?:Arn)?\}")
CATCH_ALL = frozenset({"States.ALL", "States.TaskFailed"})
RETRIER_FIELDS = re.compile(r'"(?:IntervalSeconds|MaxAttempts|BackoffRate|MaxDelaySeconds|JitterStrategy)"')
ENDS = frozenset({"Succeed", "Fail"})

# statelint knows neither SAM's ${Substitutions} (URI), nor that 2 is a number (FLOAT), nor that AWS takes a
# percentage with a decimal point, which moto's grammar insists on.
NOT_MEANT = re.compile(r"ToleratedFailurePercentage is \d+\.\d+ but should be an Integer")


def problems(text: str, handlers: Iterable[str]) -> list[str]:
    """Return what is wrong with a state machine, one sentence each.

    Args:
        text: The state machine's file.
        handlers: The names of the handler modules that exist.
    """
    definition: Mapping[str, Any] = json.loads(text)
    config = Config(ignored_problem_types={ProblemType.URI, ProblemType.FLOAT})
    language = Linter.validate(dict(definition), config)
    found = [each for each in language if not NOT_MEANT.search(each)]
    found += _split_retriers(text)
    for level, states in enumerate(_machines(definition)):
        found += _flow(states)
        for name, state in states["States"].items():
            found += [f"{name}: {problem}" for problem in _state(name, state, frozenset(handlers))]
        if level == 0:
            found += _unseen_failures(states["States"])
    return found


def _split_retriers(text: str) -> Iterator[str]:
    for number, line in enumerate(text.splitlines(), start=1):
        if RETRIER_FIELDS.search(line) and '"ErrorEquals"' not in line:
            yield f"line {number}: write the whole retrier on one line"


def _machines(machine: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Yield the machine itself, first, then those inside its Map and Parallel states."""
    yield {"StartAt": machine.get("StartAt"), "States": machine.get("States", {})}
    for state in machine.get("States", {}).values():
        inner = [state[key] for key in ("ItemProcessor", "Iterator") if key in state]
        for each in (*inner, *state.get("Branches", [])):
            yield from _machines(each)


def _state(name: str, state: Mapping[str, Any], handlers: frozenset[str]) -> Iterator[str]:
    if not state.get("Comment"):
        yield "has no Comment"
    yield from _retries(state)
    if state.get("Type") == "Map":
        yield from _map(state)
    if state.get("Type") == "Task":
        if not state.keys() & {"TimeoutSeconds", "TimeoutSecondsPath"}:
            yield "has no TimeoutSeconds"
        yield from _handler(name, state, handlers)


def _map(state: Mapping[str, Any]) -> Iterator[str]:
    # Absent or 0 means as many at once as AWS can: 10,000 for a Distributed Map.
    if not state.get("MaxConcurrency") and "MaxConcurrencyPath" not in state:
        yield "has no MaxConcurrency above 0"
    processor = state.get("ItemProcessor", {}).get("ProcessorConfig", {})
    if processor.get("Mode") == "DISTRIBUTED" and processor.get("ExecutionType") != "STANDARD":
        yield "its children are not STANDARD; an Express child ends after 5 minutes"


def _retries(state: Mapping[str, Any]) -> Iterator[str]:
    for retry in state.get("Retry", []):
        if hidden := CATCH_ALL.intersection(retry.get("ErrorEquals", [])):
            yield f"retries {', '.join(sorted(hidden))}; name the errors that a second try can cure"
        if retry.get("JitterStrategy") != "FULL":
            yield "retries without JitterStrategy FULL"
        if missing := {"BackoffRate", "IntervalSeconds", "MaxAttempts"} - retry.keys():
            yield f"retries without {', '.join(sorted(missing))}"


def _handler(name: str, state: Mapping[str, Any], handlers: frozenset[str]) -> Iterator[str]:
    function = str(state.get("Parameters", {}).get("FunctionName", state.get("Resource")))
    if not (found := SUBSTITUTION.fullmatch(function)):
        return
    handler = re.sub(r"(?<!^)(?=[A-Z])", "_", found[1]).lower()
    if handler not in handlers:
        yield f"calls {function}, but there is no handlers/{handler}.py"
    if not name.startswith(found[1]):
        yield f"calls {function}; name the state for its handler, {found[1]}"


def _flow(machine: Mapping[str, Any]) -> Iterator[str]:
    states: States = machine["States"]
    for name, state in states.items():
        for target in _targets(state):
            if target not in states:
                yield f"{name}: goes to {target}, which does not exist"
    for name in states.keys() - _reached(states, machine["StartAt"]):
        yield f"{name}: is never reached"
    for name in states:
        if not any(_is_end(states[each]) for each in _reached(states, name)):
            yield f"{name}: no way leads from it to an end"


def _unseen_failures(states: States) -> Iterator[str]:
    """Yield catches of the outermost machine after which the execution does not fail."""
    for name, state in states.items():
        for catch in state.get("Catch", []):
            ends = {each for each in _reached(states, catch.get("Next")) if _is_end(states[each])}
            for end in sorted(each for each in ends if states[each].get("Type") != "Fail"):
                yield f"{name}: a caught error ends in {end}; it must end in Fail, or a failed run looks well"


def _targets(state: Mapping[str, Any]) -> list[str]:
    followers = [state, *state.get("Catch", []), *state.get("Choices", [])]
    return [each["Next"] for each in followers if "Next" in each] + [state[key] for key in ("Default",) if key in state]


def _reached(states: States, start: str | None) -> set[str]:
    reached: set[str] = set()
    waiting = [start or ""]
    while waiting:
        name = waiting.pop()
        if name in states and name not in reached:
            reached.add(name)
            waiting += _targets(states[name])
    return reached


def _is_end(state: Mapping[str, Any]) -> bool:
    return state.get("End") is True or state.get("Type") in ENDS


def main(paths: list[str]) -> int:
    """Check the files, print what is wrong and return the exit code."""
    console = Console(stderr=True, soft_wrap=True, highlight=False)
    handlers = [each.stem for each in HANDLERS.glob("*.py")]
    found = [
        f"{path}: {problem}" for path in paths for problem in problems(Path(path).read_text(encoding="utf-8"), handlers)
    ]
    for each in found:
        console.print(each, markup=False)
    if not found:
        console.print(f"{len(paths)} state machine(s): no problem")
    return int(bool(found))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
