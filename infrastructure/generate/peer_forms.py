"""What becomes of each form of each field that aws-lambda-power-tuning has, there and here.

``peer_forms.json`` has its rows; docs/compatibility.md shows them, and tests/contract/test_peer_forms.py runs them.
"""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Literal, TypeAlias

from msgspec import Struct, convert, field

NOT_GIVEN = "..."
# What the stack of the table has as PowerValues.
STACKS_POWER_VALUES = (128, 256)

Outcome: TypeAlias = Literal["refused"] | Mapping[str, Any]


class Form(Struct, frozen=True, forbid_unknown_fields=True):
    """One row.

    Attributes:
        fields: the fields that it is about.
        given: the values that it is about; ``...`` stands for none.
        there: what the peer makes of them: ``refused``, or under ``is`` the value, under ``sent`` what is sent, under
            ``s3`` bucket and key, under ``from``, ``to`` and ``step`` memory sizes, under ``accepted`` a few words.
        here: what this app makes of them; None for the same.
        why: the reason for a difference.
        note: what else there is to say.
        context: the other fields of the input.
    """

    fields: tuple[str, ...]
    given: tuple[Any, ...]
    there: Outcome
    here: Outcome | None = None
    why: str = ""
    note: str = ""
    context: Mapping[str, Any] = field(name="with", default_factory=dict)

    @property
    def outcome(self) -> Outcome:
        """Return what this app makes of the values."""
        return self.there if self.here is None else self.here

    def inputs(self) -> Iterator[tuple[str, Any, dict[str, Any]]]:
        """Return each field with each value, and the input that has it."""
        for name in self.fields:
            for value in self.given:
                raw = {"lambdaARN": "arn:aws:lambda:eu-west-1:123456789012:function:f", "num": 5, **self.context}
                raw.pop(name, None)
                yield name, value, raw if value == NOT_GIVEN else {**raw, name: value}


def peer_forms() -> list[Form]:
    """Return the rows."""
    return convert(json.loads(Path(__file__).with_suffix(".json").read_text("utf-8")), list[Form])


def table() -> str:
    """Return the table as Markdown."""
    heads = "| field | given | there | here |\n|---|---|---|---|\n"
    return heads + "".join(_row(form) for form in peer_forms())


def _row(form: Form) -> str:
    context = ", ".join(f"`{name}: {_json(value)}`" for name, value in form.context.items())
    cells = (
        ", ".join(f"`{name}`" if name.isidentifier() else name for name in form.fields),
        ", ".join("nothing" if value == NOT_GIVEN else f"`{_json(value)}`" for value in form.given)
        + (f"; with {context}" if context else ""),
        _words(form.there),
        "the same" + (f"; {form.note}" if form.note else "")
        if form.here is None
        else f"{_words(form.here)}: {form.why}",
    )
    return "| " + " | ".join(cell.replace("|", r"\|") for cell in cells) + " |\n"


def _words(outcome: Outcome) -> str:
    match outcome:
        case {"is": value}:
            return f"`{_json(value)}`"
        case {"sent": texts}:
            return " and ".join(f"`{text}`" for text in texts) + " is sent"
        case {"s3": (bucket, key)}:
            return f"bucket `{bucket}`, key `{key}`"
        case {"from": first, "to": last, "step": step}:
            return f"{first} to {last} in steps of {step}"
        case {"accepted": words}:
            return str(words)
        case _:
            return "refused"


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False).replace("Infinity", "1e400")
