"""What commands have built and keep."""

import os
import time
from pathlib import Path

import pytest

from power_tuner_cli.build_cache import KEPT, cached

HOURS_S = 3600


@pytest.fixture
def packages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Keep what is built in a folder of the test's own."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    return tmp_path / "power-tuner" / "packages"


def built(name: str, *, hours_ago: float = 0) -> Path:
    """Return a package that was used so long ago."""
    place = cached("packages", name, lambda path: path.write_text(name))
    used_at = time.time() - hours_ago * HOURS_S
    os.utime(place, (used_at, used_at))
    return place


def names(folder: Path) -> set[str]:
    return {each.name for each in folder.iterdir()}


def test_the_packages_used_last_stay(packages: Path) -> None:
    """Of those that no command may still read; what is read once more is used."""
    for number in range(KEPT + 2):
        built(f"{number}", hours_ago=30 - number)
    cached("packages", "2", lambda path: pytest.fail(f"{path} is made again"))

    built("new")

    assert {"new", "2", *map(str, range(4, KEPT + 2))} == names(packages)


def test_packages_that_a_command_may_still_read_stay(packages: Path) -> None:
    """However many they are: those of the last hour."""
    for number in range(KEPT * 2):
        built(f"{number}", hours_ago=0.5)

    assert len(names(packages)) == KEPT * 2


def test_what_was_never_finished_goes(packages: Path) -> None:
    """The folder of a command that was killed, after an hour; what it was to make is not there."""
    built("a")
    for name, hours in {"unfinished-old": 2, "unfinished-new": 0.5}.items():
        (packages / name).mkdir()
        os.utime(packages / name, (time.time() - hours * HOURS_S,) * 2)
    with pytest.raises(RuntimeError):
        cached("packages", "b", lambda _: (_ for _ in ()).throw(RuntimeError))

    built("c")

    assert {"a", "c", "unfinished-new"} == names(packages)


def test_two_commands_may_build_the_same(packages: Path) -> None:
    """What is there first stays, whole; nothing else is left."""

    def fast(place: Path) -> None:
        place.mkdir()
        (place / "x").write_text("fast")

    def make(place: Path) -> None:
        place.mkdir()
        (place / "x").write_text("slow")
        cached("packages", "a", fast)

    place = cached("packages", "a", make)

    assert (place / "x").read_text() == "fast"
    assert {"a"} == names(packages)


def test_what_another_command_begins_to_use_stays(packages: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Even if it does so in the moment in which it would go."""
    for number in range(KEPT):
        built(f"{number}", hours_ago=30 - number)
    rename = Path.rename

    def used_meanwhile(place: Path, target: Path) -> Path:
        if place.name == "0" and place.parent == packages:
            place.touch()
        return rename(place, target)

    monkeypatch.setattr(Path, "rename", used_meanwhile)
    built("new")

    assert {*map(str, range(KEPT)), "new"} == names(packages)
