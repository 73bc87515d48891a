"""Read the values of options: payloads, memory sizes, environment variables."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from power_tuner.errors import InvalidInput
from power_tuner.tuning.payloads import payload_of
from power_tuner_cli.errors import CliError


def read_payload(text: str | None, file: Path | None) -> Any:
    """Return the payload from --payload (JSON, @FILE or a file's path) or from --payload-file.

    Raises:
        CliError: Both are given, the file cannot be read, or it does not hold JSON.
    """
    if text is not None and file is not None:
        raise CliError("Give --payload or --payload-file, not both.")
    if file is not None:
        return _read_json(file, "--payload-file")
    if text is None:
        return None
    if text.startswith("@"):
        return _read_json(Path(text[1:]), "--payload")
    if len(text) < 256 and Path(text).is_file():  # noqa: PLR2004 - longer than any path in use
        return _read_json(Path(text), "--payload")
    try:
        return _payload(text, "--payload")
    except (ValueError, RecursionError) as error:
        shown = text if len(text) <= 60 else f"{text[:57]}..."  # noqa: PLR2004 - one line of a terminal
        raise CliError(
            f"--payload {shown!r} is neither JSON ({error}) nor a file. Give JSON such as '{{\"size\": 3}}', or @FILE."
        ) from None


def read_power_values(text: str | None) -> list[int] | str | None:
    """Return the value of --power-values: "ALL", or memory sizes in MB.

    Raises:
        CliError: It is neither.
    """
    if text is None:
        return None
    if text.strip().upper() == "ALL":
        return "ALL"
    try:
        return [int(part) for part in text.split(",")]
    except ValueError:
        raise CliError(f"--power-values {text!r}: give memory sizes in MB, such as 128,256,512, or ALL.") from None


def read_environment(pairs: Sequence[str]) -> dict[str, str]:
    """Return the environment variables from --env options of the form NAME=VALUE.

    Raises:
        CliError: One has no name or no equals sign.
    """
    environment = {}
    for pair in pairs:
        name, equals, value = pair.partition("=")
        if not equals or not name:
            raise CliError(f"--env {pair!r}: give it as NAME=VALUE.")
        environment[name] = value
    return environment


def _payload(text: str, origin: str) -> Any:
    try:
        return payload_of(text)
    except InvalidInput as error:
        raise CliError(f"{origin} holds {error.value}. Give {error.allowed}.") from None


def _read_json(path: Path, option: str) -> Any:
    try:
        return _payload(path.read_text("utf-8-sig"), f"{option}: {path}")
    except OSError as error:
        raise CliError(f"{option}: {path} cannot be read ({error.strerror}).") from None
    except (ValueError, RecursionError) as error:
        raise CliError(f"{option}: {path} is not a JSON file ({error}).") from None
