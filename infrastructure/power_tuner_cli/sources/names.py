"""Names in source code, parts of which are only known at deployment."""

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


def may_be_named(parts: "Sequence[str | None]", deployed: str) -> bool:
    """Return whether a deployed function may have a name.

    Args:
        parts: The name as it is written, None for what is put in later.
        deployed: The deployed function's name.
    """
    if not any(parts):
        return False
    return re.fullmatch("".join(".+" if part is None else re.escape(part) for part in parts), deployed) is not None


def may_be_of_construct(construct_id: str, deployed: str) -> bool:
    """Return whether a deployed function may be that of a CDK construct.

    CDK's logical id is the letters and digits of the construct's path with eight hexadecimal digits. CloudFormation
    puts the stack before it and random letters behind it.

    Args:
        construct_id: The construct's id in its scope.
        deployed: The deployed function's name.
    """
    human = re.sub("[^A-Za-z0-9]", "", construct_id)
    return bool(human) and re.search(f"-[A-Za-z0-9]*{human}([0-9A-F]{{8}})?-[A-Za-z0-9]+$", deployed) is not None
