"""The numbers of the engine."""

import re
from pathlib import Path
from types import ModuleType

import pytest

from power_tuner.engine import payload_priors, priors, settling_priors
from power_tuner.engine.curves import log_curves

CONSTANT = re.compile(r"([A-Z][A-Z0-9_]*)\b.* = ")


@pytest.mark.parametrize("module", [priors, payload_priors, settling_priors], ids=["all calls", "payloads", "settling"])
def test_each_number_says_where_it_comes_from(module: ModuleType) -> None:
    """Above each constant, or above others directly before it, stands a comment."""
    silent = []
    explained = False
    for line in Path(str(module.__file__)).read_text(encoding="utf-8").splitlines():
        if line.startswith("#"):
            explained = not line.startswith("# ---")
        elif constant := CONSTANT.match(line):
            silent += [] if explained else [constant[1]]
        elif not line:
            explained = False

    assert [] == silent


@pytest.mark.parametrize("name", [name for name in vars(priors) if name.endswith("_WEIGHTS")])
def test_weights_add_up(name: str) -> None:
    """What is held possible has a chance of 1 in all."""
    assert pytest.approx(1) == sum(getattr(priors, name))


def test_the_curves_have_the_shares_that_are_stated() -> None:
    """Without any waiting are 8 % of them, nothing but waiting 4 %: their duration does not depend on memory."""
    curves = log_curves((128, 256))
    flat = [curve for curve in curves if curve[0] == curve[1]]

    assert priors.CURVES == len(curves)
    assert pytest.approx(priors.ALL_WAITING_SHARE, abs=0.01) == len(flat) / len(curves)
