"""Calls that are counted, and before or after which a test lets something happen."""

from collections import defaultdict
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")


class HookedCalls:
    """The calls of a stand-in: each is noted, and may fail or be interrupted on demand."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, ...]] = []
        self._before: dict[tuple[str, int], list[Callable[[], object]]] = defaultdict(list)
        self._after: dict[tuple[str, int], list[Callable[[], object]]] = defaultdict(list)

    def before(self, method: str, nth: int, act: "Callable[[], object]") -> None:
        """Do something just before the nth call (from 1) of a method; what it raises, the call raises."""
        self._before[method, nth].append(act)

    def after(self, method: str, nth: int, act: "Callable[[], object]") -> None:
        """Do something once the nth call of a method has had its effect; what it raises replaces the answer."""
        self._after[method, nth].append(act)

    def count(self, method: str) -> int:
        """Return how often a method was called so far."""
        return sum(call[0] == method for call in self.calls)

    def _note(self, *call: str) -> None:
        self.calls.append(call)
        for act in self._before[call[0], self.count(call[0])]:
            act()

    def _done(self, method: str, answer: T) -> T:
        for act in self._after[method, self.count(method)]:
            act()
        return answer
