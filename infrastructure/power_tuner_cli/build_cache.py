"""What commands have built and keep for the next time, in the user's cache folder: a few of each kind."""

import contextlib
import os
import shutil
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

KEPT = 8
"""How many of a kind stay, the latest used; those used within the last hour, too: commands may still read them."""
_IN_USE_S = 3600
_UNFINISHED = "unfinished-"


def cached(kind: str, name: str, make: Callable[[Path], object]) -> Path:
    """Return the file or folder that is kept under a name, made if it is not there; drop what was not used for long.

    Args:
        kind: Which folder of the cache it is in.
        name: Its name, which stands for all that it depends on.
        make: Makes it at a path whose parent is there.
    """
    from platformdirs import user_cache_path

    folder: Path = user_cache_path("power-tuner") / kind
    place = folder / name
    if not _touch(place):
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder, prefix=_UNFINISHED) as unfinished:
            made = Path(unfinished, name)
            make(made)
            try:
                made.rename(place)
            except OSError:
                # Another command was faster, and has left a folder.
                if not place.is_dir():
                    raise
        _touch(place)
    _drop_unused(folder)
    return place


def _touch(place: Path) -> bool:
    """Note that something is used; return whether it is there."""
    try:
        os.utime(place)
    except FileNotFoundError:
        return False
    return True


def _drop_unused(folder: Path) -> None:
    begin = time.time() - _IN_USE_S
    used = sorted(((_used_at(each), each) for each in folder.iterdir()), reverse=True)
    finished = [each for _, each in used if not each.name.startswith(_UNFINISHED)]
    for used_at, each in used:
        if used_at < begin and each not in finished[:KEPT]:
            _drop(each, begin)


def _drop(place: Path, begin: float) -> None:
    """Remove something, unless another command has begun to use it since it was looked at."""
    aside = Path(tempfile.mkdtemp(dir=place.parent, prefix=_UNFINISHED))
    with contextlib.suppress(OSError):
        place.rename(aside / place.name)
        if _used_at(aside / place.name) >= begin:
            (aside / place.name).rename(place)
    shutil.rmtree(aside, ignore_errors=True)


def _used_at(place: Path) -> float:
    try:
        return place.stat().st_mtime
    except FileNotFoundError:
        return 0.0
