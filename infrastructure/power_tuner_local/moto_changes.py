"""How this package changes moto: members of its classes and modules are replaced, once in a process."""

from typing import Any


def change(owner: Any, **members: Any) -> None:
    """Replace members of a class or module of moto's."""
    for name, member in members.items():
        setattr(owner, name, member)
