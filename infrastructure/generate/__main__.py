"""Write what follows from the table of a run's fields, or with --check say what is no longer up to date."""

import sys
from pathlib import Path

from generate.documents import documents

ROOT = Path(__file__).parents[2]


def main(arguments: list[str], root: Path = ROOT) -> int:
    """Write or check; returns the exit code."""
    stale = {path: text for path, text in documents(root).items() if path.read_text("utf-8") != text}
    for path, text in stale.items():
        if "--check" in arguments:
            print(f"{path.relative_to(root)} does not follow the table of fields: run `make generate`.")
        else:
            path.write_text(text, "utf-8")
            print(f"{path.relative_to(root)} is written.")
    return int(bool(stale) and "--check" in arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
