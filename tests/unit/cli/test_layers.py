"""Layers of other accounts, for functions that are tuned on the local AWS."""

from pathlib import Path
from typing import Any

import pytest

from power_tuner_cli.errors import CliError
from power_tuner_cli.projects.layers import put_layers, read_layers, require_layers

POWERTOOLS = {"Fn::Sub": "arn:aws:lambda:${AWS::Region}:017000801446:layer:AWSLambdaPowertoolsPythonV3-python313:18"}
INSIGHTS = "arn:aws:lambda:us-east-1:580247275435:layer:LambdaInsightsExtension:55"


def document() -> dict[str, Any]:
    """Return a template whose function has a layer of its own, and one that all have."""
    function = {"Type": "AWS::Serverless::Function", "Properties": {"Layers": [INSIGHTS, {"Ref": "Tools"}]}}
    return {"Resources": {"F": function}, "Globals": {"Function": {"Layers": [POWERTOOLS]}}}


def test_content_is_put_in_place_of_a_layer(tmp_path: Path) -> None:
    """Of one in Globals too, by a part of its ARN or of what refers to it; without a path it is left out."""
    template = document()

    put_layers(
        template, "F", read_layers([f"PowertoolsPython={tmp_path}", "LambdaInsightsExtension=", f"Tools={tmp_path}"])
    )

    own = {"Type": "AWS::Lambda::LayerVersion", "Properties": {"Content": str(tmp_path)}}
    assert [{"Ref": "GivenLayer1"}] == template["Globals"]["Function"]["Layers"]
    assert [{"Ref": "GivenLayer3"}] == template["Resources"]["F"]["Properties"]["Layers"]
    assert {"F", "GivenLayer1", "GivenLayer3"} == template["Resources"].keys()
    assert own == template["Resources"]["GivenLayer1"]
    require_layers(template, "F")


def test_what_helps_is_told_of_each_layer() -> None:
    """Powertools come from PyPI, others from AWS; each can be done without."""
    with pytest.raises(CliError) as told:
        require_layers(document(), "F")

    name = "AWSLambdaPowertoolsPythonV3-python313"
    install = "python -m pip install 'aws-lambda-powertools[all]' -t powertools/python"
    assert f"`{install}` and --layer {name}=powertools; or --layer {name}= to do" in str(told.value)
    assert "--layer LambdaInsightsExtension=FILE with its zip file" in str(told.value)


@pytest.mark.parametrize(
    "layer",
    [
        {"Fn::Join": ["", ["arn:aws:lambda:", {"Ref": "AWS::Region"}, ":1:layer:Tools:18"]]},
        {"Ref": "ToolsArn"},
    ],
)
def test_an_arn_is_known_in_each_form(layer: Any) -> None:
    """As CDK writes it, and as the default of a parameter."""
    template = document()
    template["Parameters"] = {"ToolsArn": {"Type": "String", "Default": "arn:aws:lambda:eu-west-1:1:layer:Tools:18"}}
    template["Resources"]["F"]["Properties"]["Layers"] = [layer]

    with pytest.raises(CliError, match="--layer Tools=FILE with its zip file"):
        require_layers(template, "F")


@pytest.mark.parametrize(
    ("pair", "words"),
    [("x", "give it as NAME=FOLDER_OR_ZIP"), ("=x", "give it as"), ("a=none.zip", "there is no none.zip")],
)
def test_a_layer_that_is_none_is_refused(pair: str, words: str) -> None:
    """With what is wrong."""
    with pytest.raises(CliError, match=words):
        read_layers([pair])


def test_a_layer_that_the_function_has_not_is_refused() -> None:
    """With those that it has."""
    with pytest.raises(CliError, match=r"--layer Other: F has no such layer\. It has: .*Powertools.*, arn:aws:.*Tools"):
        put_layers(document(), "F", {"Other": None})


def test_a_part_of_several_names_is_refused() -> None:
    """Content would take the place of all of them."""
    template = document()
    template["Resources"]["F"]["Properties"]["Layers"].append("arn:aws:lambda:us-east-1:1:layer:OtherExtension:1")

    with pytest.raises(CliError, match=r"--layer Extension: give more of the name.*Insights.* and of .*Other"):
        put_layers(template, "F", {"Extension": None})
