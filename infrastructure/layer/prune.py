"""Cut an installed folder of packages down to what the handlers use; run by this folder's Makefile."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

# The services that the handlers call; tests/contract holds this list against the code.
# xray is not called by us: the X-Ray SDK makes a client of it when it is imported.
SERVICES = frozenset(
    {
        "cloudformation",
        "cloudwatch",
        "codedeploy",
        "dynamodb",
        "events",
        "lambda",
        "logs",
        "s3",
        "sqs",
        "ssm",
        "stepfunctions",
        "sts",
        "xray",
    }
)

UNUSED = (
    "bin",
    "wrapt-stubs",
    # The models of boto3's resources: the adapters use clients.
    "boto3/data",
    "boto3/examples",
    "botocore/data/*/*/examples-1.json",
    "**/tests",
    "**/py.typed",
    "**/*.pyi",
    "**/*.[ch]",
    # What pip notes for itself. METADATA stays for importlib.metadata, licences because we redistribute.
    *(f"*.dist-info/{note}" for note in ("INSTALLER", "RECORD", "REQUESTED", "WHEEL", "top_level.txt")),
)


def prune(packages: Path) -> None:
    """Remove from `packages` what no handler can reach."""
    for service in packages.glob("botocore/data/*/"):
        versions = sorted(service.glob("*/"))
        for unused in [service] if service.name not in SERVICES else versions[:-1]:
            shutil.rmtree(unused)
    for pattern in UNUSED:
        for path in list(packages.glob(pattern)):
            if path.is_dir():
                shutil.rmtree(path)
            else:
                path.unlink()


if __name__ == "__main__":
    prune(Path(sys.argv[1]))
