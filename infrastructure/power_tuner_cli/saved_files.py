"""Copies of a run's documents on this machine."""

import json
import shutil
import webbrowser
from pathlib import Path

from msgspec import to_builtins

from power_tuner.aws import object_keys
from power_tuner_cli.cloud import Cloud, TunerStack
from power_tuner_cli.errors import CliError
from power_tuner_cli.run_results import RunResults, read_object

RUNS_FOLDER = Path(".power-tuner") / "runs"


def save_report(cloud: Cloud, stack: TunerStack, key: str, file: Path) -> Path:
    """Save a report page from the tuner's bucket and return its path."""
    return _write(file, read_object(cloud, stack, key))


def save_page(file: Path, page: str) -> Path:
    """Save a page and return its path."""
    return _write(file, page.encode())


def save_everything(cloud: Cloud, stack: TunerStack, results: RunResults, folder: Path) -> dict[str, str]:
    """Save a run's report, result document, item and samples; return their paths by name."""
    from power_tuner.aws.history import to_item
    from power_tuner.tuning.run_item import CompletedRun

    saved = {}
    if results.result is not None:
        saved["result"] = str(_write(folder / "result.json", _json_bytes(to_builtins(results.result))))
    if results.item is not None:
        saved["item"] = str(_write(folder / "item.json", _json_bytes(to_item(results.item))))
    if isinstance(results.item, CompletedRun):
        saved["report"] = str(save_report(cloud, stack, results.item.report_key, folder / "report.html"))
    shutil.rmtree(folder / "samples", ignore_errors=True)
    prefix = object_keys.run(results.run_id)
    pages = (
        cloud.client("s3")
        .get_paginator("list_objects_v2")
        .paginate(Bucket=stack.settings.bucket_name, Prefix=object_keys.all_samples(results.run_id))
    )
    keys = [item["Key"] for page in pages for item in page.get("Contents", ())]
    for key in keys:
        _write(folder / key.removeprefix(prefix), read_object(cloud, stack, key))
    if keys:
        saved["samples"] = str(folder / "samples")
    return saved


def open_in_browser(file: str | Path) -> None:
    """Open a saved page in the user's browser."""
    webbrowser.open(Path(file).resolve().as_uri())


def _json_bytes(document: object) -> bytes:
    return (json.dumps(document, indent=2, default=str) + "\n").encode()


def _write(file: Path, content: bytes) -> Path:
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
    except OSError as error:
        raise CliError(f"{file} cannot be written ({error.strerror}). Name another file or folder.") from None
    return file
