"""What a run may invoke."""

from pathlib import Path

import pytest

from power_tuner.errors import InvalidInput
from power_tuner.tuning.invocable import OWN_STEPS, Invocable
from power_tuner_local.cloudformation import template_text

LIKE = "arn:aws:states:eu-west-1:123456789012:execution:power-tuner-1a2b:run-1"
FUNCTIONS = "arn:aws:lambda:eu-west-1:123456789012:function:"


@pytest.mark.parametrize("step", OWN_STEPS)
def test_no_function_of_the_app_is_a_target_or_a_processor(step: str) -> None:
    """A run would act as the app itself, with what somebody else wrote."""
    own = f"power-tuner-{step}Function-1A2b3C"
    with pytest.raises(InvalidInput, match="not one of the tuner's own"):
        Invocable("power-tuner").require_target("lambdaARN", FUNCTIONS + own)
    for given in (own, FUNCTIONS + own, f"{FUNCTIONS}{own}:$LATEST", f"123456789012:function:{own}"):
        with pytest.raises(InvalidInput, match="not one of the tuner's own"):
            Invocable("power-tuner", "*").require_processor("preProcessorARN", given, like=LIKE)


@pytest.mark.parametrize(
    "name", ["power-tuner-shop-OrdersFunction-1A2b3C", "OptimizerFunction", "my-power-tuner-OptimizerFunction-1A"]
)
def test_others_are_targets(name: str) -> None:
    """A name that is merely alike is somebody else's."""
    Invocable("power-tuner").require_target("lambdaARN", FUNCTIONS + name)


def test_the_apps_functions_are_those_of_the_template() -> None:
    """One that has come since is noticed."""
    template = template_text.read((Path(__file__).parents[3] / "template.yaml").read_text("utf-8"))
    functions = {
        name.removesuffix("Function")
        for name, resource in template["Resources"].items()
        if resource["Type"] == "AWS::Serverless::Function"
    }

    assert functions == set(OWN_STEPS)


@pytest.mark.parametrize(
    ("pattern", "function"),
    [
        ("*", "warm-up"),
        (f"{FUNCTIONS}warm-*", "warm-up"),
        (f"{FUNCTIONS}warm-*", f"{FUNCTIONS}warm-up:live"),
        ("arn:aws:lambda:*:*:function:warm-up", f"{FUNCTIONS}warm-up"),
    ],
)
def test_a_processor_is_what_the_stack_names(pattern: str, function: str) -> None:
    """By name or ARN, with or without a qualifier."""
    Invocable("power-tuner", pattern).require_processor("preProcessorARN", function, like=LIKE)


@pytest.mark.parametrize(
    ("pattern", "told"),
    [("", "now it names none"), (f"{FUNCTIONS}warm-*", f"now it is {FUNCTIONS}warm-*")],
)
def test_another_processor_is_refused_with_what_to_do(pattern: str, told: str) -> None:
    """The parameter is named, and what it says now."""
    with pytest.raises(InvalidInput) as caught:
        Invocable("power-tuner", pattern).require_processor("postProcessorARN", "payments", like=LIKE)

    assert (caught.value.field, caught.value.value) == ("postProcessorARN", "payments")
    assert "the stack's parameter processorResource" in caught.value.allowed
    assert told in caught.value.allowed
