"""Temporary replacements of members of moto's classes and modules, and of what moto uses."""

import contextlib
import gc
from typing import TYPE_CHECKING, Any

from botocore.session import Session
from moto.utilities import utils

if TYPE_CHECKING:
    from collections.abc import Iterator

_OFFERINGS = "instance_type_offerings"


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
def imported_fast() -> "Iterator[None]":
    """Leave out what takes longest while moto is imported, and what nothing here asks for.

    It asks botocore three times for the regions of EC2, which reads the model of the whole service to learn its name,
    and it unpacks which types of instance each zone has. And no module that is imported becomes garbage.
    """
    read: Any = utils.load_resource
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        with contextlib.closing(MotoPatches()) as patches:
            patches.replace(Session, get_service_data=lambda _, name: {"metadata": {"endpointPrefix": name}})
            patches.replace(utils, load_resource=lambda path: [] if _OFFERINGS in path else read(path))
            yield
    finally:
        if was_enabled:
            gc.enable()
