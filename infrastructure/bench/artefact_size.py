"""The size of what is deployed, zipped as it is uploaded."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

from bench.figures import Figure

ROOT = Path(__file__).parents[2]
HANDLERS = ROOT / "handlers"
LAYER = ROOT / ".aws-sam" / "build" / "DependenciesLayer"
MB = 1_000_000
# Lambda's own limits: a direct upload, and the unpacked code of a function with all of its layers.
BAR_ZIPPED_MB = 50
BAR_UNPACKED_MB = 250


def measure() -> list[Figure]:
    """Return the sizes of the handlers and, if it is built, of the layer."""
    handlers, unpacked = _sizes(HANDLERS)
    figures = [Figure("handlers, zipped", handlers / MB, "MB", BAR_ZIPPED_MB, "the code of every function")]
    if not LAYER.is_dir():
        return [*figures, Figure("layer, zipped", 0, "MB", note="not built: make build")]
    layer, layer_unpacked = _sizes(LAYER)
    return [
        *figures,
        Figure("layer, zipped", layer / MB, "MB", BAR_ZIPPED_MB, "boto3, Powertools, X-Ray SDK"),
        Figure("handlers and layer, unpacked", (unpacked + layer_unpacked) / MB, "MB", BAR_UNPACKED_MB),
    ]


def _sizes(folder: Path) -> tuple[int, int]:
    """Return the zipped and the unpacked size of a folder, without bytecode."""
    files = [path for path in folder.rglob("*") if path.is_file() and "__pycache__" not in path.parts]
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as bundle:
        for path in files:
            bundle.write(path, path.relative_to(folder))
    return buffer.tell(), sum(path.stat().st_size for path in files)
