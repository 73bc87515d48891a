"""Help that fits the terminal."""

import shutil
from typing import Any, Literal

from typer.core import TyperGroup

_PANELS_COLUMNS = 72


def markup_mode() -> Literal["rich"] | None:
    """Return how typer draws help: in a narrow terminal its panels cut words, so plain lines are stacked there."""
    return "rich" if shutil.get_terminal_size().columns >= _PANELS_COLUMNS else None


class CommandGroup(TyperGroup):
    """A group of commands that also lists them with whole sentences where help is plain."""

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """Write the list of commands."""
        commands = [(name, self.get_command(ctx, name)) for name in self.list_commands(ctx)]
        with formatter.section("Commands"):
            formatter.write_dl(
                [(name, command.get_short_help_str(limit=1000)) for name, command in commands if command]
            )
