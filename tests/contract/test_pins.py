from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]
PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
RANGES: dict[str, list[str]] = {
    "infrastructure/requirements/dev.txt": [
        *PROJECT["project"]["dependencies"],
        *PROJECT["project"]["optional-dependencies"]["local"],
        *PROJECT["dependency-groups"]["dev"],
    ],
    "infrastructure/requirements/sam.txt": PROJECT["dependency-groups"]["sam"],
    "infrastructure/requirements/checkov.txt": PROJECT["dependency-groups"]["checkov"],
    "infrastructure/requirements/audit.txt": PROJECT["dependency-groups"]["audit"],
    "infrastructure/requirements/cloudsplaining.txt": PROJECT["dependency-groups"]["cloudsplaining"],
    "infrastructure/layer/requirements.txt": PROJECT["dependency-groups"]["layer"],
}


def lines_of(path: str) -> list[str]:
    """Return the lines of a file of pins, without the hashes that follow some of them."""
    text = (ROOT / path).read_text(encoding="utf-8")
    return re.sub(r" \\\n    --hash=sha256:[0-9a-f]{64}", "", text).splitlines()


def pins(path: str) -> list[Requirement]:
    return [Requirement(line) for line in lines_of(path)]


def version(pin: Requirement) -> str:
    (specifier,) = pin.specifier
    return specifier.version


@pytest.mark.parametrize("path", RANGES)
def test_each_line_is_one_exact_version(path: str) -> None:
    """A pin file holds exact versions only: no range, no address, no option."""
    assert [] == [line for line in lines_of(path) if not re.fullmatch(r"[\w.-]+==[\w.]+( ; [^:/]+)?", line)]


@pytest.mark.parametrize("path", RANGES)
def test_each_range_has_a_pin_within(path: str) -> None:
    """A range that was changed in pyproject.toml without `make pins` is noticed."""
    pinned = {canonicalize_name(pin.name): version(pin) for pin in pins(path)}
    wanted = [Requirement(each) for each in RANGES[path]]

    missed = [
        str(each) for each in wanted if not each.specifier.contains(pinned.get(canonicalize_name(each.name), "0"))
    ]

    assert [] == missed


def test_each_range_has_an_upper_bound() -> None:
    """A new major version does not come in by itself."""
    ranges = [Requirement(each) for ranges in RANGES.values() for each in ranges]

    assert [] == [str(each) for each in ranges if not any(one.operator == "<" for one in each.specifier)]


def test_what_ships_is_what_is_tested() -> None:
    """The layer's versions are those of the development environment."""
    developed = {str(pin) for pin in pins("infrastructure/requirements/dev.txt")}

    assert [] == [str(pin) for pin in pins("infrastructure/layer/requirements.txt") if str(pin) not in developed]
