"""One field of a run's input: all that the parser, the command line, the schemas, the documents and the report need."""

import re
from typing import Any, Literal, NoReturn

from msgspec import NODEFAULT, Struct, structs

from power_tuner.errors import InvalidInput
from power_tuner.tuning.javascript import truthy

# The panels of the command line's help.
MEASURED = "What to measure"
BEST = "What is best"
SMART = "Smart mode (without --num)"
LIMITS = "What a run may spend"
HOW = "How to measure"
AFTER = "What to do with it"


class Kind(Struct, frozen=True):
    """What a field may hold."""

    @property
    def allowed(self) -> str:
        """Return what is allowed, for people."""
        raise NotImplementedError

    def is_absent(self, value: object) -> bool:
        """Return whether a value counts as not given: by default what is empty, as in the peer."""
        return not truthy(value)

    def read(self, name: str, value: object) -> Any:  # type: ignore[explicit-any]  # each kind its own
        """Return a value that was given for the field of this name, as the attribute of a run holds it.

        Raises:
            InvalidInput: names the field, the value and what is allowed.
        """
        raise NotImplementedError

    def public(self, value: Any) -> object:  # type: ignore[explicit-any]  # of the kind that read returned
        """Return an attribute's value as results show it."""
        return value

    def refuse(self, name: str, value: object) -> NoReturn:
        """Refuse a value."""
        raise InvalidInput(field=name, value=value, allowed=self.allowed)


class RunField(Struct, frozen=True):
    """One row of the table in ``run_input``.

    Attributes:
        name: the field's name on the wire.
        kind: what it may hold.
        description: what it is for; other fields stand in backquotes.
        unset: what holds when it is not given, where that is no value of its own.
        panel: the panel of the command line's help that lists its option; None if it has none.
        help: the option's text, if the description does not do.
        option: the option's name, if it is not made from the field's.
        metavar: what stands for the option's value, if the kind does not say.
        mode: the one mode that it is for; results of the other leave it out.
        strategy: the one strategy that it is for; results of the others leave it out.
        label: its name in the report; None keeps it out of results.
        public_name: its name in results, if it is another.
        in_events: events show it too.
        in_profile: a profile may hold it; else the profile's policy or the run itself says it.
        is_setting: it changes what a run measures or decides.
        attribute: the attribute of ``RunInput``; the table fills it in.
        default: its value when it is not given, None if it has none; the table fills it in.
        required: no run goes without it; the table fills it in.
        nullable: None is what it is when it is not given; the table fills it in.
    """

    name: str
    kind: Kind
    description: str
    unset: str | None = None
    panel: str | None = None
    help: str | None = None
    option: str | None = None
    metavar: str | None = None
    mode: Literal["classic", "smart"] | None = None
    strategy: str | None = None
    label: str | None = None
    public_name: str | None = None
    in_events: bool = True
    in_profile: bool = True
    is_setting: bool = True
    attribute: str = ""
    default: object = None
    required: bool = False
    nullable: bool = False

    @property
    def flag(self) -> str:
        """Return the name of its option."""
        return "--" + (self.option or re.sub(r"(?<=[a-z])(?=[A-Z])", "-", self.name).lower())

    @property
    def shown_as(self) -> str:
        """Return the field's name in results."""
        return self.public_name or self.name

    def applies(self, mode: str, strategy: str) -> bool:
        """Return whether the field is of use in a mode and with a strategy."""
        return self.mode in {None, mode} and self.strategy in {None, strategy}


def fields_of(table: type[Struct]) -> dict[str, RunField]:
    """Return the rows of a table, by their names on the wire."""
    rows: dict[str, RunField] = {}
    for attribute in structs.fields(table):
        (row,) = table.__annotations__[attribute.name].__metadata__
        has_default = attribute.default is not NODEFAULT
        rows[row.name] = structs.replace(
            row,
            attribute=attribute.name,
            default=attribute.default if has_default else None,
            required=not has_default and row.unset is None,
            nullable=attribute.default is None,
        )
    return rows
