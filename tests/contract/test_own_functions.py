"""What the cost of the tuner's own functions is computed from is what the template deploys."""

from contract.test_template_metadata import TEMPLATE
from power_tuner.tuning.own_functions import ARCHITECTURE, MEMORY_MB


def test_own_functions_are_priced_as_they_are_deployed() -> None:
    """All have the memory size and the architecture of the template's Globals, and none its own."""
    common = TEMPLATE["Globals"]["Function"]
    functions = [each for each in TEMPLATE["Resources"].values() if each["Type"] == "AWS::Serverless::Function"]

    assert (common["MemorySize"], common["Architectures"]) == (MEMORY_MB, [ARCHITECTURE])
    assert [] == [each for each in functions if {"MemorySize", "Architectures"} & each["Properties"].keys()]
