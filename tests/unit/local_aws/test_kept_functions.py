"""Functions that stay in a stack."""

from typing import Any

from power_tuner_local.cloudformation.kept_functions import used_by_kept, with_functions


def function(**properties: Any) -> dict[str, Any]:
    return {"Type": "AWS::Lambda::Function", "Properties": properties}


FORMER: dict[str, Any] = {
    "Parameters": {"Stage": {"Type": "String"}},
    "Conditions": {"IsProd": {}},
    "Resources": {
        "Reader": {**function(Role={"Fn::GetAtt": ["Role", "Arn"]}, Stage={"Ref": "Stage"}), "DependsOn": "Policy"},
        "Writer": function(Old=True),
        "Role": {"Type": "AWS::IAM::Role", "Properties": {"Tables": {"Ref": "Table"}}},
        "Policy": {"Type": "AWS::IAM::Policy", "Properties": {"Roles": [{"Ref": "Role"}]}},
        "Logs": {"Type": "AWS::IAM::Policy", "Properties": {"Roles": [{"Ref": "Role"}]}},
        "Table": {"Type": "AWS::DynamoDB::Table", "Properties": {}},
        "Bucket": {"Type": "AWS::S3::Bucket", "Properties": {}},
    },
}


def test_a_function_stays_with_what_it_needs() -> None:
    """Its role, the policies of that and its parameters' values; what it does not need goes."""
    table = {"Type": "AWS::DynamoDB::Table", "Properties": {"New": 1}}
    new = {"Resources": {"Writer": function(Table={"Ref": "Table"}), "Table": table}}

    found = with_functions(new, FORMER, {"Stage": "prod"})

    assert {"Writer", "Table", "Reader", "Role", "Policy", "Logs"} == found["Resources"].keys()
    assert new["Resources"]["Table"] == found["Resources"]["Table"]
    assert {"Stage": {"Type": "String", "Default": "prod"}} == found["Parameters"]
    assert {"IsProd": {}} == found["Conditions"]
    assert "prod" == found["Resources"]["Reader"]["Properties"]["Stage"]


def test_nothing_stays_where_no_function_would_go() -> None:
    """The template is taken as it is."""
    new = {"Resources": {"Reader": function(), "Writer": function()}}

    assert new == with_functions(new, FORMER, {})


def test_nothing_stays_under_a_name_that_is_taken() -> None:
    """What had another logical id before is there once."""
    former = {"Resources": {"Old": function(FunctionName="reader")}}
    new = {"Resources": {"New": function(FunctionName="reader")}}

    assert new == with_functions(new, former, {})


def test_what_kept_functions_need_is_known() -> None:
    """As far as it holds data, through their roles and policies, too; what the others need is not it."""
    new = {"Resources": {"Writer": function(Bucket={"Ref": "Bucket"}), "Bucket": FORMER["Resources"]["Bucket"]}}

    merged = with_functions(new, FORMER, {})

    assert {"Table": "Reader"} == used_by_kept(merged, new["Resources"])


def test_what_only_kept_functions_need_stays_as_it_was() -> None:
    """With the values that parameters had."""
    name = {"Fn::Sub": ["${Stage}-${Own}", {"Own": {"Fn::Sub": "${Stage}-${AWS::Region}"}}]}
    table = {"Type": "AWS::DynamoDB::Table", "Properties": {"TableName": name}}
    former = {**FORMER, "Resources": {**FORMER["Resources"], "Table": table}}
    new = {"Resources": {"Writer": function(), "Table": {**table, "Properties": {"New": 1}}}}

    found = with_functions(new, former, {"Stage": "prod"})

    was = {"Fn::Sub": ["prod-${Own}", {"Own": {"Fn::Sub": "prod-${AWS::Region}"}}]}
    assert was == found["Resources"]["Table"]["Properties"]["TableName"]
