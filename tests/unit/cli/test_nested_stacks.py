"""Nested stacks in the template that has them."""

from typing import Any

from power_tuner_cli.projects.nested_stacks import STACK, flattened


def stack(**parameters: Any) -> dict[str, Any]:
    return {"Type": STACK, "Properties": {"Parameters": parameters}}


def with_child(parent: dict[str, Any], child: dict[str, Any]) -> dict[str, Any]:
    """Return the resources of a parent whose stack `Child` is this one."""
    found: dict[str, Any] = flattened({"Resources": parent}, lambda _: child)["Resources"]
    return found


def test_parameters_become_what_the_parent_gives() -> None:
    """In references and in text, a variable of the text's own left alone."""
    child = {
        "Parameters": {"Name": {"Type": "String"}},
        "Resources": {
            "Reader": {
                "Type": "AWS::Lambda::Function",
                "Properties": {
                    "A": {"Ref": "Name"},
                    "B": {"Fn::Sub": "x-${Name}-${AWS::Region}"},
                    "C": {"Fn::Sub": ["${Name}", {"Name": "own"}]},
                },
            }
        },
    }

    found = with_child({"Table": {"Type": "T"}, "Child": stack(Name={"Ref": "Table"})}, child)

    assert list(found) == ["Table", "Reader"]
    assert found["Reader"]["Properties"] == {
        "A": {"Ref": "Table"},
        "B": {"Fn::Sub": ["x-${Name}-${AWS::Region}", {"Name": {"Ref": "Table"}}]},
        "C": {"Fn::Sub": ["${Name}", {"Name": "own"}]},
    }


def test_outputs_become_what_they_stand_for() -> None:
    """Nothing waits for the stack any more."""
    child = {"Resources": {"Table": {"Type": "T"}}, "Outputs": {"Name": {"Value": {"Ref": "Table"}}}}
    reader = {"Type": "F", "Properties": {"Name": {"Fn::GetAtt": ["Child", "Outputs.Name"]}}, "DependsOn": ["Child"]}

    found = with_child({"Reader": reader, "Child": stack()}, child)

    assert found["Reader"] == {"Type": "F", "Properties": {"Name": {"Ref": "Table"}}, "DependsOn": []}


def test_a_logical_id_that_is_taken_gets_another_name() -> None:
    """With all that refers to it."""
    uses = {"Role": {"Fn::GetAtt": ["Role", "Arn"]}, "Name": {"Fn::Sub": "${Role}-${Role.Arn}"}}
    child = {"Resources": {"Role": {"Type": "R"}, "F": {"Type": "F", "Properties": uses, "DependsOn": "Role"}}}

    found = with_child({"Role": {"Type": "R"}, "Child": stack()}, child)

    assert list(found) == ["Role", "ChildRole", "F"]
    assert found["F"]["Properties"]["Role"] == {"Fn::GetAtt": ["ChildRole", "Arn"]}
    assert found["F"]["Properties"]["Name"] == {"Fn::Sub": "${ChildRole}-${ChildRole.Arn}"}
    assert found["F"]["DependsOn"] == ["ChildRole"]


def test_a_stack_gets_what_its_siblings_have() -> None:
    """Also in text, and written as one word; a list is one where the parameter is declared as one."""
    table = {"Resources": {"Table": {"Type": "T"}}, "Outputs": {"Name": {"Value": {"Ref": "Table"}}}}
    parameters = {"Name": {"Type": "String"}, "Ids": {"Type": "CommaDelimitedList"}, "Url": {"Type": "String"}}
    reads = {"Name": {"Ref": "Name"}, "Ids": {"Ref": "Ids"}, "Url": {"Fn::Sub": "${Url}/"}}
    reader = {"Parameters": parameters, "Resources": {"Reader": {"Type": "F", "Properties": reads}}}
    given = {
        "Name": {"Fn::GetAtt": "Data.Outputs.Name"},
        "Ids": "a, b",
        "Url": {"Fn::Sub": "https://${Data.Outputs.Name}.${Own}"},
    }
    resources = {"Data": {"Type": "AWS::Serverless::Application", "Properties": {}}, "Readers": stack(**given)}

    found = flattened({"Resources": resources}, lambda body: reader if body["Type"] == STACK else table)

    url = {"Fn::Sub": ["https://${DataName}.${Own}", {"DataName": {"Ref": "Table"}}]}
    assert {"Name": {"Ref": "Table"}, "Ids": ["a", "b"], "Url": {"Fn::Sub": ["${Url}/", {"Url": url}]}} == found[
        "Resources"
    ]["Reader"]["Properties"]


def test_conditions_and_mappings_are_each_template_s_own() -> None:
    """Under other names where those are taken; a condition knows no resource, and is that of the stack, too."""
    child = {
        "Parameters": {"Table": {"Type": "String"}, "Stage": {"Type": "String", "Default": "inner"}},
        "Mappings": {"Sizes": {"a": {"mb": 2}}},
        "Conditions": {"IsOn": {"Fn::Not": [{"Fn::Equals": [{"Ref": "Table"}, ""]}]}},
        "Resources": {
            "F": {"Type": "F", "Condition": "IsOn", "Properties": {"X": {"Fn::FindInMap": ["Sizes", "a", "mb"]}}},
            "G": {"Type": "F", "Properties": {"X": {"Fn::If": ["IsOn", {"Ref": "Stage"}, 2]}}},
        },
    }
    parent = {
        "Parameters": {"Stage": {"Type": "String", "Default": "outer"}},
        "Mappings": {"Sizes": {"a": {"mb": 1}}},
        "Conditions": {"IsOn": {"Fn::Equals": [{"Ref": "Stage"}, "x"]}},
        "Resources": {"Child": {**stack(Table={"Ref": "Orders"}), "Condition": "IsOn"}, "Orders": {"Type": "T"}},
    }

    found = flattened(parent, lambda _: child)

    assert {"Fn::Not": [{"Fn::Equals": ["Orders", ""]}]} == found["Conditions"]["ChildIsOn"]
    both = [{"Condition": "IsOn"}, {"Condition": "ChildIsOn"}]
    assert {"Fn::And": both} == found["Conditions"]["IsOnAndChildIsOn"]
    assert ("IsOnAndChildIsOn", "IsOn") == tuple(found["Resources"][name]["Condition"] for name in "FG")
    assert {"Fn::FindInMap": ["ChildSizes", "a", "mb"]} == found["Resources"]["F"]["Properties"]["X"]
    assert {"Fn::If": ["ChildIsOn", {"Ref": "ChildStage"}, 2]} == found["Resources"]["G"]["Properties"]["X"]
    assert "inner" == found["Parameters"]["ChildStage"]["Default"]


def test_what_people_give_comes_before_what_the_parent_gives() -> None:
    """The parameter stays one, for them to fill in."""
    child = {"Parameters": {"Name": {"Type": "String"}}, "Resources": {"F": {"Type": "F", "X": {"Ref": "Name"}}}}

    found = flattened({"Resources": {"Child": stack(Name="told")}}, lambda _: child, {"Name": "given"})

    assert {"Ref": "Name"} == found["Resources"]["F"]["X"]
    assert {"Type": "String"} == found["Parameters"]["Name"]


def test_what_sam_makes_of_a_resource_has_its_new_name() -> None:
    """The role of a function is called by the function."""
    uses = {"Type": "U", "Properties": {"Role": {"Ref": "FRole"}}}

    found = with_child({"F": {"Type": "F"}, "Child": stack()}, {"Resources": {"F": {"Type": "F"}, "U": uses}})

    assert {"Role": {"Ref": "ChildFRole"}} == found["U"]["Properties"]
