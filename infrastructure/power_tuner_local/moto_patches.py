"""Temporary replacements of members of moto's classes and modules, and of what moto uses."""

import contextlib
import functools
from typing import TYPE_CHECKING, Any

from botocore.loaders import JSONFileLoader

if TYPE_CHECKING:
    from collections.abc import Iterator


class MotoPatches:
    """Replaces members of moto's classes and modules until it is closed."""

    def __init__(self) -> None:
        self._undo = contextlib.ExitStack()

    def replace(self, owner: Any, **members: Any) -> None:
        """Replace members of a class or module."""
        for name, member in members.items():
            if name in vars(owner):
                self._undo.callback(setattr, owner, name, vars(owner)[name])
            else:
                self._undo.callback(delattr, owner, name)
            setattr(owner, name, member)

    def close(self) -> None:
        """Restore the originals."""
        self._undo.close()


@contextlib.contextmanager
def models_read_once() -> "Iterator[None]":
    """Keep each model of a service that is read meanwhile: while moto is imported, it asks for EC2's three times."""
    read: Any = JSONFileLoader.load_file
    kept = functools.cache(lambda path: read(JSONFileLoader(), path))
    with contextlib.closing(MotoPatches()) as patches:
        patches.replace(JSONFileLoader, load_file=lambda _loader, path: kept(path))
        yield
