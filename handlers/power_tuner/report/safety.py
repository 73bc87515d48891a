"""What keeps a decision from harming the function, as text: for the report page and the terminal alike."""

from collections.abc import Iterable, Sequence

from power_tuner.report.figures import duration_text, memory_text
from power_tuner.tuning.floor import NotOffered
from power_tuner.tuning.result import Result

_MOST_LISTED = 12


def not_offered(result: Result) -> Sequence[NotOffered]:
    """Return the candidates that are not safe."""
    return result.floor.not_offered if result.floor else ()


def safety_facts(result: Result) -> Iterable[tuple[str, str]]:
    """Yield what the floor is and what it rests on: pairs of a name and a text; nothing if there is none."""
    floor = result.floor
    if not floor:
        return
    peak = f"; production used up to {memory_text(floor.peak_memory_mb)}" if floor.peak_memory_mb is not None else ""
    yield "Memory that stays free", f"{floor.memory_headroom * 100:.0f} % of the memory size{peak}"
    yield "Longest call", f"stays under {duration_text(floor.most_duration_ms)}"
    if floor.not_offered:
        yield "Not offered", _listed(floor.not_offered)
    if floor.broken:
        yield "Not safe", f"{floor.broken}; nothing applies it by itself"
    yield "Basis", floor.basis


def _listed(found: Sequence[NotOffered]) -> str:
    """Return memory sizes with the reason of the largest of them, which holds for the smaller ones all the more."""
    memories_mb = [each.memory_mb for each in found]
    if len(memories_mb) > _MOST_LISTED:
        return f"{len(memories_mb)} candidates up to {memory_text(memories_mb[-1])}: {found[-1].reason}"
    return f"{', '.join(map(str, memories_mb))} MB: {found[-1].reason}"
