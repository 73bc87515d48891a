"""What Lambda allows is known in one place; where another place has to repeat it, both are the same."""

from pathlib import Path

import pytest
from botocore.session import Session

from event_contracts import DEFINITIONS, schema
from power_tuner import lambda_limits as known
from power_tuner_local.cloudformation import template_text
from power_tuner_local.lambda_service import limits as emulated

TEMPLATE = Path(__file__).parents[2] / "template.yaml"
NAMES = [name for name in vars(emulated) if name.isupper()]


@pytest.mark.parametrize("name", NAMES)
def test_the_local_aws_has_the_same_limits(name: str) -> None:
    """It may not import the tuner, so it has its own copy."""
    assert getattr(known, name) == getattr(emulated, name)


def test_the_limits_of_the_local_aws_are_compared() -> None:
    """No limit of its own is left out here."""
    assert {"MIN_MEMORY_MB", "MAX_MEMORY_MB", "MAX_TIMEOUT_S", "MAX_TIMEOUT_OF_MANAGED_S", "MB_PER_VCPU"} == set(NAMES)


def test_no_limit_exceeds_what_the_api_model_allows() -> None:
    """The model's highest timeout is that of functions on managed instances."""
    model = Session().get_service_model("lambda")

    assert known.MAX_TIMEOUT_OF_MANAGED_S == model.shape_for("Timeout").metadata["max"]
    assert known.MAX_TIMEOUT_S < known.MAX_TIMEOUT_OF_MANAGED_S
    assert known.MIN_MEMORY_MB == model.shape_for("MemorySize").metadata["min"]
    assert known.MAX_MEMORY_MB <= model.shape_for("MemorySize").metadata["max"]


def test_the_schemas_have_the_same_memory_sizes() -> None:
    """All documents refer to one definition."""
    power_value = schema(DEFINITIONS)["$defs"]["powerValue"]

    assert known.MIN_MEMORY_MB == power_value["minimum"]
    assert known.MAX_MEMORY_MB == power_value["maximum"]


def test_a_function_of_the_app_may_take_as_long_as_lambda_allows() -> None:
    """One invocation of the target has to fit into it."""
    template = template_text.read(TEMPLATE.read_text(encoding="utf-8"))

    assert known.MAX_TIMEOUT_S == template["Parameters"]["totalExecutionTimeout"]["MaxValue"]
