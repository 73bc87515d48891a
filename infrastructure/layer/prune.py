"""Cut an installed folder of packages down to what the handlers use; run by this folder's Makefile."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

# The services that the handlers call; tests/contract holds this list against the code.
# xray is not called by us: the X-Ray SDK makes a client of it when it is imported.
SERVICES = frozenset(
    {"cloudwatch", "dynamodb", "events", "lambda", "logs", "s3", "sqs", "ssm", "stepfunctions", "sts", "xray"}
)

# What pip notes for itself. METADATA stays for importlib.metadata, licences stay because we redistribute.
INSTALLER_NOTES = frozenset(
    {"INSTALLER", "RECORD", "REQUESTED", "WHEEL", "top_level.txt", "entry_points.txt"}
)

UNUSED_FOLDERS = ("bin", "wrapt-stubs", "boto3/examples")
UNUSED_FILES = ("**/*.c", "**/*.h", "**/*.pyi", "**/py.typed", "botocore/data/*/*/examples-1.json")


def prune(packages: Path) -> None:
    """Remove from `packages` what no handler can reach."""
    for data in (packages / "botocore" / "data", packages / "boto3" / "data"):
        for service in _folders(data):
            if service.name not in SERVICES:
                shutil.rmtree(service)
                continue
            for older in _folders(service)[:-1]:
                shutil.rmtree(older)
    for folder in (*UNUSED_FOLDERS, *(str(each.relative_to(packages)) for each in packages.glob("**/tests"))):
        shutil.rmtree(packages / folder, ignore_errors=True)
    for pattern in UNUSED_FILES:
        for file in packages.glob(pattern):
            file.unlink()
    for info in packages.glob("*.dist-info"):
        for file in info.iterdir():
            if file.name in INSTALLER_NOTES:
                file.unlink()


def _folders(parent: Path) -> list[Path]:
    return sorted(each for each in parent.iterdir() if each.is_dir())


if __name__ == "__main__":
    prune(Path(sys.argv[1]))
