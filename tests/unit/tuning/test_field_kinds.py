"""Kinds of values: what they read and show where no field of an input meets their limits."""

import pytest

from power_tuner.errors import InvalidInput
from power_tuner.tuning.field_kinds import Function, Payload, PowerValues, Text, Texts
from power_tuner.tuning.payloads import WeightedPayload


def test_a_text_may_be_as_long_as_is_allowed() -> None:
    """And not longer; the refusal says how long."""
    kind = Text(max_chars=5)

    assert "12345" == kind.read("name", "12345")
    with pytest.raises(InvalidInput, match=r"name: '123456' is not accepted\. Allowed: text, at most 5 characters\."):
        kind.read("name", "123456")


def test_a_text_without_limits_may_be_any() -> None:
    """But nothing else than a text."""
    kind = Text()

    assert "any\ntext" == kind.read("name", "any\ntext")
    with pytest.raises(InvalidInput, match=r"name: 7 is not accepted\. Allowed: text\."):
        kind.read("name", 7)


def test_values_are_shown_as_json() -> None:
    """Sequences as lists, a function without its qualifier, and of payloads their number only."""
    power_values = PowerValues(128, 10_240, 64)

    assert ["NotFound", "Gone"] == Texts("names").public(("NotFound", "Gone"))
    assert [128, 3008] == power_values.public((128, 3008))
    assert "thumbnailer" == Function().public(Function().read("lambdaARN", "thumbnailer:live"))
    assert 2 == Payload().public((WeightedPayload("4111", 1), WeightedPayload("4112", 3)))


def test_any_json_is_a_payload() -> None:
    """That is what the schema and the command line say of it."""

    assert "any JSON" == Payload().allowed


def test_all_power_values_end_with_the_largest() -> None:
    """Also when the last step meets it exactly, or would go past it."""

    assert ((128, 192), (128, 192)) == (PowerValues(128, 192, 64).all_mb, PowerValues(128, 255, 64).all_mb)
