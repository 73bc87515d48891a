"""Temporary replacements of members of moto's classes and modules."""

import contextlib
from typing import Any


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
