"""Record what the bill is of, or read what was recorded, and write the table into docs/cost.md."""

import json
import sys
from pathlib import Path

from bill.table import inserted, standing_of, table

ROOT = Path(__file__).parents[2]
RECORDED = Path(__file__).with_name("recorded.json")
DOCUMENT = ROOT / "docs" / "cost.md"


def main() -> None:
    """Record unless ``--recorded`` is given, and write the table."""
    if "--recorded" not in sys.argv[1:]:
        # Imported here, because the local AWS takes seconds to import.
        from bill.record import record  # noqa: PLC0415
        from bill.usage import write  # noqa: PLC0415

        RECORDED.write_text(write(record()), "utf-8")
    usages = json.loads(RECORDED.read_text("utf-8"))
    rows = table(usages, standing_of(ROOT / "template.yaml"))
    DOCUMENT.write_text(inserted(DOCUMENT.read_text("utf-8"), rows), "utf-8")


if __name__ == "__main__":
    main()
