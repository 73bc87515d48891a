"""The real schemas, examples and inputs of ``events/``, for the tests that hold the code against them."""

import json
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator
from referencing import Registry
from referencing.jsonschema import DRAFT202012

EVENTS = Path(__file__).parents[1] / "events"
SCHEMAS = (
    "power-tuning-completed",
    "power-tuning-failed",
    "power-setting-applied",
    "power-drift-detected",
    "power-canary-stage",
    "result-document",
)
DEFINITIONS = "definitions"
_SMART = "-smart"
NAMES = (*SCHEMAS, f"power-tuning-completed{_SMART}", f"result-document{_SMART}")
# Events of AWS's own that start runs; their shape is AWS's to promise.
DEPLOYMENTS = tuple(
    f"deployment-{signal}"
    for signal in (
        "update-code",
        "update-configuration",
        "create-function",
        "publish-version",
        "update-alias",
        "codedeploy",
        "stack",
        "function-state",
    )
)


def schema(name: str) -> dict[str, Any]:
    """Read a schema; the smart mode's documents have that of the classic ones."""
    return _read(EVENTS / "schemas" / f"{name.removesuffix(_SMART)}.json")


def example(name: str) -> dict[str, Any]:
    """Read an example."""
    return _read(EVENTS / "examples" / f"{name}.json")


def inputs() -> dict[str, dict[str, Any]]:
    """Read all inputs for people, by name."""
    return {path.stem: _read(path) for path in sorted((EVENTS / "inputs").glob("*.json"))}


def problems(name: str, document: object) -> list[str]:
    """Return where a document, as it is on the wire, breaks a schema."""
    shared = DRAFT202012.create_resource(schema(DEFINITIONS))
    registry: Registry[Any] = Registry().with_resource(f"{DEFINITIONS}.json", shared)
    found = Draft202012Validator(schema(name), registry=registry).iter_errors(json.loads(json.dumps(document)))
    return [f"{error.json_path}: {error.message}" for error in found]


def _read(path: Path) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return document
