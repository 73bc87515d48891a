"""Schemas, examples and inputs of ``events/`` belong together."""

import copy
import re
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from event_contracts import DEFINITIONS, DEPLOYMENTS, EVENTS, NAMES, SCHEMAS, example, inputs, problems, schema
from power_tuner.errors import InvalidInput
from power_tuner.tuning.payloads import is_weighted
from power_tuner.tuning.run_input_parser import parse_run_input

ARN = "arn:aws:lambda:eu-west-1:123456789012:function:thumbnailer"


def test_each_schema_has_an_example() -> None:
    """There is an example of every event and document, and no other file."""

    assert {*NAMES, *DEPLOYMENTS} == {path.stem for path in (EVENTS / "examples").glob("*")}
    assert {*SCHEMAS, "run-input", DEFINITIONS} == {path.stem for path in (EVENTS / "schemas").glob("*")}


@pytest.mark.parametrize("name", [*SCHEMAS, "run-input", DEFINITIONS])
def test_each_schema_is_one(name: str) -> None:
    """The schemas are JSON Schemas of 2020-12."""
    Draft202012Validator.check_schema(schema(name))

    assert "https://json-schema.org/draft/2020-12/schema" == schema(name)["$schema"]


def test_each_definition_is_used() -> None:
    """The definitions are those that some schema refers to, no more."""
    texts = [path.read_text(encoding="utf-8") for path in (EVENTS / "schemas").glob("*")]
    used = {name for text in texts for name in re.findall(r'"\$ref": "[^"]*#/\$defs/(\w+)"', text)}

    assert schema(DEFINITIONS)["$defs"].keys() == used


@pytest.mark.parametrize("name", [*SCHEMAS, "run-input"])
def test_no_schema_has_definitions_of_its_own(name: str) -> None:
    """There is one place for definitions."""

    assert "$defs" not in schema(name)


def test_the_readme_shows_how_to_validate() -> None:
    """The Python of events/README.md resolves the definitions and finds what is wrong."""
    (script,) = re.findall(
        r"^```python\n(.*?)^```$", (EVENTS / "README.md").read_text("utf-8"), re.MULTILINE | re.DOTALL
    )

    done = subprocess.run(  # noqa: S603 the script of our own document
        [sys.executable, "-c", script], cwd=EVENTS.parent, capture_output=True, text=True, check=True
    )

    assert "['0 is less than the minimum of 1']\n" == done.stdout


@pytest.mark.parametrize("name", NAMES)
def test_each_example_is_valid(name: str) -> None:
    """The examples that people read are what the schemas say."""

    assert [] == problems(name, example(name))


def members(document: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Yield the path of each member of each object."""
    if isinstance(document, dict):
        for name, value in document.items():
            yield (*path, name)
            yield from members(value, (*path, name))
    elif isinstance(document, list):
        for index, value in enumerate(document):
            yield from members(value, (*path, index))


def without(document: Any, path: tuple[Any, ...]) -> Any:
    changed = copy.deepcopy(document)
    holder = changed
    for step in path[:-1]:
        holder = holder[step]
    del holder[path[-1]]
    return changed


@pytest.mark.parametrize("name", NAMES)
def test_the_schema_misses_nothing(name: str) -> None:
    """Each member that an example has is required, but for counts by outcome and what only some runs have."""
    optional = [path for path in members(example(name)) if not problems(name, without(example(name), path))]

    assert {"outcomes", "output", "floor", "coldStarts", "realBill"} >= {
        path[-2] if len(path) > 1 else path[0] for path in optional
    }


@pytest.mark.parametrize("name", NAMES)
def test_the_schema_allows_nothing_else(name: str) -> None:
    """A member that nobody announced is refused, at the top and in the detail."""
    document = example(name)
    holder = document.get("detail", document)

    assert problems(
        name, {**document, "detail": {**holder, "more": 1}} if "detail" in document else {**holder, "more": 1}
    )


def test_the_examples_tell_one_story() -> None:
    """Result, completion and application are those of one run."""
    result, completed, applied = (
        example(name) for name in ("result-document", "power-tuning-completed", "power-setting-applied")
    )

    smart, smart_completed = (example(name) for name in ("result-document-smart", "power-tuning-completed-smart"))

    assert smart["runId"] == smart_completed["detail"]["runId"]
    assert smart["decision"] == smart_completed["detail"]["decision"]
    assert result["runId"] == completed["detail"]["runId"] == applied["detail"]["runId"]
    assert result["decision"] == completed["detail"]["decision"]
    assert result["decision"]["power"] == applied["detail"]["toMemoryMb"]


@pytest.mark.parametrize("name", inputs())
def test_each_input_can_be_run(name: str) -> None:
    """The inputs for people are accepted as they are, by schema and app."""
    document = inputs()[name]

    assert [] == problems("run-input", document)
    assert document.get("num") == parse_run_input(document, default_memories_mb=(128,)).num


def test_the_inputs_show_what_they_are_named_for() -> None:
    """Each input shows the feature of its name."""
    shown = inputs()

    assert {"lambdaARN"} == shown["minimal"].keys()
    assert "num" in shown["sweep"]
    assert "slo" == shown["slo"]["strategy"]
    assert {"maxInvocations", "maxCostUsd", "maxDurationSeconds"} & shown["limits"].keys()
    assert "ALL" == shown["all-power-values"]["powerValues"]
    assert is_weighted(shown["weighted-payloads"]["payload"])
    assert "balanced" == shown["balanced"]["strategy"]
    assert shown["auto-optimize"]["autoOptimize"] is True
    assert shown["cold-starts"]["onlyColdStarts"] is True
    assert "payloadS3" in shown["payload-in-s3"]
    assert {"preProcessorARN", "postProcessorARN"} <= shown["side-effects"].keys()


@pytest.mark.parametrize(
    "fields",
    [
        {"lambdaARN": "arn:aws:s3:::bucket"},
        {"num": 0},
        {"num": 10_001},
        {"num": 0.5},
        {"powerValues": [127]},
        {"powerValues": "all"},
        {"payloadS3": "http://bucket/key"},
        {"strategy": "cheap"},
        {"balancedWeight": 1.1},
        {"discardTopBottom": 0.5},
        {"parallelInvocation": "maybe"},
        {"autoOptimizeAlias": "42"},
        {"allowedExceptions": 7},
        {"preProcessorARN": "a b"},
        {"payload": [{"payload": 1, "weight": 0}]},
        {"sleepBetweenRunsMs": "soon"},
        {"strategy": "slo"},
        {"statistic": "p42"},
        {"tolerance": 11},
        {"maxInvocations": 0},
        {"colour": "red"},
    ],
)
def test_schema_and_app_refuse_alike(fields: dict[str, Any]) -> None:
    """What an editor marks by the schema, the app refuses too."""
    document = {"lambdaARN": ARN, "num": 5, **fields}

    assert problems("run-input", document)
    with pytest.raises(InvalidInput):
        parse_run_input(document, default_memories_mb=(128,))
