"""The examples in docstrings are true."""

import doctest
import importlib

import pytest

pytestmark = pytest.mark.local_aws


@pytest.mark.parametrize(
    "name",
    [
        "eventbridge.json_reader",
        "eventbridge.pattern_grammar",
        "eventbridge.patterns",
        "eventbridge.schedule_grammar",
        "eventbridge.target_refusals",
        "eventbridge.targets",
        "gateway.constraints",
        "gateway.identity",
        "local_aws",
    ],
)
def test_docstring_examples(name: str) -> None:
    """Each example of a module's docstrings gives what it shows."""
    result = doctest.testmod(importlib.import_module(f"power_tuner_local.{name}"))

    assert result.attempted > 0
    assert 0 == result.failed
