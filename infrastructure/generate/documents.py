"""The files that follow from the table of a run's fields, and from the template."""

import json
from pathlib import Path
from typing import Any

from generate import peer_forms, permissions, powers, schemas
from generate.json_text import json_text
from power_tuner.tuning import field_kinds as kinds
from power_tuner.tuning.run_field import RunField
from power_tuner.tuning.run_input import FIELDS

_BEGIN = "<!-- make generate writes from here ... -->\n"
_END = "<!-- ... to here -->\n"


def documents(root: Path) -> dict[Path, str]:
    """Return what each file has to hold; what a file holds besides stays as it is."""
    events = _schemas(root / "events/schemas") | _examples(root / "events/examples")
    return events | _docs(root / "docs") | _permissions(root)


def _schemas(folder: Path) -> dict[Path, str]:
    definitions, result = (_read(folder / f"{name}.json") for name in ("definitions", "result-document"))
    definitions["$defs"] |= {
        "input": schemas.public_schema(),
        "strategy": schemas.STRATEGY,
        "powerValue": schemas.POWER_VALUE,
    }
    result["properties"]["input"] = schemas.document_input_schema()
    return {
        folder / "run-input.json": json_text(schemas.input_schema()),
        folder / "definitions.json": json_text(definitions),
        folder / "result-document.json": json_text(result),
    }


def _examples(folder: Path) -> dict[Path, str]:
    """Add what the input of an example lacks, as if it had not been given."""
    examples = {path: _read(path) for path in sorted(folder.glob("*.json"))}
    for example in examples.values():
        run_input = example.get("detail", example).get("input")
        for field in FIELDS.values() if run_input else ():
            if field.label and field.in_events and field.applies(run_input["mode"], run_input["strategy"]):
                run_input.setdefault(field.shown_as, schemas.public_default(field))
    return {path: json.dumps(example, indent=2) + "\n" for path, example in examples.items()}


def _docs(folder: Path) -> dict[Path, str]:
    path = folder / "compatibility.md"
    rows = "".join(_row(field) for field in FIELDS.values())
    heads = "| field | option | allowed | not given | what |\n|---|---|---|---|---|\n"
    text = path.read_text("utf-8")
    first, _, second = text.partition(_END)
    return {path: _inserted(first + _END, heads + rows) + _inserted(second, peer_forms.table())}


def _permissions(root: Path) -> dict[Path, str]:
    template = root / "template.yaml"
    tables = {"deploy-modes.md": permissions.table(template), "threat-model.md": powers.table(template)}
    paths = {root / "docs" / name: text for name, text in tables.items()}
    return {path: _inserted(path.read_text("utf-8"), text) for path, text in paths.items()}


def _inserted(text: str, table: str) -> str:
    """Return text with a table in its one place for it."""
    before, _, rest = text.partition(_BEGIN)
    return f"{before}{_BEGIN}{table}{_END}{rest.partition(_END)[2]}"


def _row(field: RunField) -> str:
    option = f"`{field.flag}`" if field.panel else "the argument"
    cells = (f"`{field.name}`", option, field.kind.allowed, _not_given(field), schemas.description(field))
    return "| " + " | ".join(cell.replace("|", r"\|") for cell in cells) + " |\n"


def _not_given(field: RunField) -> str:
    if field.required:
        return "refused"
    if field.unset is not None:
        return field.unset
    default = schemas.public_default(field)
    if default is None or default == [] or isinstance(field.kind, kinds.Payload):
        return "none"
    return str(default).lower()


def _read(path: Path) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(path.read_text("utf-8"))
    return document
