"""Templates with the transform AWS::LanguageExtensions."""

from typing import Any

import pytest

from power_tuner_cli.errors import CliError
from power_tuner_cli.projects.language_extensions import with_extensions

SAM = "AWS::Serverless-2016-10-31"


def expanded(resources: dict[str, Any], **sections: Any) -> Any:
    document = {"Transform": ["AWS::LanguageExtensions", SAM], "Resources": resources, **sections}
    return with_extensions(document, {})["Resources"]


def test_a_loop_makes_a_resource_of_each_value() -> None:
    """The variable is filled in wherever it stands; &{} leaves out what a logical id cannot have."""
    body = {
        "F&{Name}": {"Type": "F", "Properties": {"Name": {"Fn::Sub": "${Name}-${AWS::Region}"}, "X": {"Ref": "Name"}}}
    }

    found = expanded({"Fn::ForEach::Functions": ["Name", ["a-1", "b"], body], "Own": {"Type": "O"}})

    assert {
        "Fa1": {"Type": "F", "Properties": {"Name": {"Fn::Sub": "a-1-${AWS::Region}"}, "X": "a-1"}},
        "Fb": {"Type": "F", "Properties": {"Name": {"Fn::Sub": "b-${AWS::Region}"}, "X": "b"}},
        "Own": {"Type": "O"},
    } == found


def test_loops_are_nested_and_go_over_parameters() -> None:
    """A parameter that is a list has its default."""
    inner = {"Fn::ForEach::Inner": ["B", ["1", "2"], {"${A}${B}": {"Type": "T"}}]}
    parameters = {"Names": {"Type": "CommaDelimitedList", "Default": "x, y"}}

    found = expanded({"Fn::ForEach::Outer": ["A", {"Ref": "Names"}, inner]}, Parameters=parameters)

    assert ["x1", "x2", "y1", "y2"] == list(found)


def test_lists_are_counted_and_objects_become_text() -> None:
    """What is not there yet stays CloudFormation's to fill in."""
    value = {"a": [1, True], "b": {"Ref": "Table"}, "c": "${own}"}

    found = expanded({"A": {"Length": {"Fn::Length": ["x", "y"]}, "Text": {"Fn::ToJsonString": value}}})

    assert 2 == found["A"]["Length"]
    text = '{"a":[1,true],"b":"${Value0}","c":"${!own}"}'
    assert {"Fn::Sub": [text, {"Value0": {"Ref": "Table"}}]} == found["A"]["Text"]


def test_other_templates_stay_as_they_are() -> None:
    """The transform of SAM stays, too."""
    plain = {"Transform": SAM, "Resources": {"Fn::ForEach::A": []}}

    assert plain is with_extensions(plain, {})
    assert [SAM] == with_extensions({"Transform": ["AWS::LanguageExtensions", SAM], "Resources": {}}, {})["Transform"]


@pytest.mark.parametrize(
    ("loop", "words"),
    [(["A", {"Ref": "Names"}, {}], 'is of {"Ref": "Names"}, which is not known here'), (["A"], "is no loop")],
)
def test_a_loop_over_nothing_known_is_refused(loop: list[Any], words: str) -> None:
    """It is named."""
    with pytest.raises(CliError, match=f"^Fn::ForEach::A {words}"):
        expanded({"Fn::ForEach::A": loop})


def test_a_loop_goes_over_what_is_given_for_its_parameter() -> None:
    """In place of the default; one without either is asked for."""
    loop = {"Fn::ForEach::Loop": ["A", {"Ref": "Names"}, {"${A}": {"Type": "T"}}]}
    names = {"Type": "CommaDelimitedList"}
    document = {"Transform": "AWS::LanguageExtensions", "Parameters": {"Names": names}, "Resources": loop}

    found = with_extensions(document, {"Names": "y,z", "Other": "a"})

    assert ["y", "z"] == list(found["Resources"])
    with pytest.raises(CliError, match=r"over the parameter Names\. Give its value: --parameter Names=A,B"):
        with_extensions(document, {})
