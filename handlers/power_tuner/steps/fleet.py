"""Return the enrolled targets, a page at a time."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from power_tuner.app import App

# A state holds 256 KB; an ARN and its outcome take some 400 bytes.
PAGE = 250


@dataclass(frozen=True, slots=True)
class FleetPage:
    """A page of the enrolled targets.

    Attributes:
        target_arns: unqualified, in order.
        following: the number of the target that the next page begins with.
        last: whether there are no more.
    """

    target_arns: tuple[str, ...]
    following: int
    last: bool


@dataclass(frozen=True, slots=True)
class Fleet:
    """The step Fleet."""

    app: "App"

    def page(self, first: int) -> FleetPage:
        """Return a page of the enrolled targets, from a number on."""
        arns = sorted(target_arn for target_arn, _ in self.app.profiles.enrolled())
        page = tuple(arns[first : first + PAGE])
        following = first + len(page)
        return FleetPage(page, following, following >= len(arns))
