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
