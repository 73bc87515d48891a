"""`power-tuner apply --patch`: a run's decision, written into the file that declares the function."""

import difflib
from pathlib import Path
from typing import TYPE_CHECKING

from power_tuner_cli.console import Screen
from power_tuner_cli.deploy import agrees, require_somebody
from power_tuner_cli.errors import CliError
from power_tuner_cli.sources.patch import patched

if TYPE_CHECKING:
    from power_tuner.tuning.run_item import RunItem


def patch_file(screen: Screen, item: "RunItem", place: str, *, yes: bool, dry_run: bool) -> None:
    """Show what changes in a file, and write it if that is wanted.

    Args:
        screen: Where it is shown.
        item: The run that decided.
        place: The file, or FILE:NAME with the name that it has for the function.
        yes: Write without a question.
        dry_run: Write nothing.

    Raises:
        CliError: The run decided nothing to write, or the file cannot be changed safely.
    """
    if not (yes or dry_run):
        require_somebody("apply --patch")
    file, entry = _file_and_entry(place)
    from_mb, to_mb = _decision(item)
    text = _read(file)
    try:
        changed = patched(
            text, file_name=file.name, deployed=item.target_name, entry=entry, from_mb=from_mb, to_mb=to_mb
        )
    except CliError as error:
        raise CliError(f"{file} was not changed: {error}") from None
    diff = "".join(_diff(text, changed, file))
    screen.output.out(diff, end="", highlight=False)
    written = not dry_run and (yes or agrees(f"Write this to {file}?"))
    if written:
        file.write_bytes(changed.encode())
    screen.print_json({"runId": item.run_id, "file": str(file), "diff": diff, "written": written})
    if not written:
        screen.print_message("Nothing was written.")
        return
    screen.print_message(f"{file} is written. Deploy it as usual; the function is as it was until then.")


def _file_and_entry(place: str) -> tuple[Path, str | None]:
    name, colon, entry = place.rpartition(":")
    if not colon or Path(place).is_file():
        return Path(place), None
    return Path(name), entry


def _decision(item: "RunItem") -> tuple[int, int]:
    from power_tuner.tuning.run_item import CompletedRun

    if not isinstance(item, CompletedRun) or item.memory_mb is None:
        raise CliError(f"The run {item.run_id} decided nothing.")
    if item.significant is False:
        raise CliError(f"The run {item.run_id} found no gain that is more than chance: {item.sentence}")
    if item.unsafe:
        raise CliError(f"The decision of the run {item.run_id} is not safe: {item.unsafe}.")
    return item.latest_memory_mb or item.current_memory_mb, item.memory_mb


def _read(file: Path) -> str:
    try:
        return file.read_bytes().decode()
    except OSError as error:
        raise CliError(f"{file} cannot be read ({error.strerror}).") from None
    except UnicodeDecodeError:
        raise CliError(f"{file} is not text in UTF-8.") from None


def _diff(before: str, after: str, file: Path) -> list[str]:
    lines = difflib.unified_diff(
        before.splitlines(), after.splitlines(), f"a/{file.name}", f"b/{file.name}", n=2, lineterm=""
    )
    return [f"{line}\n" for line in lines]
