"""Functions that stay in a stack."""

from typing import Any

from power_tuner_local.cloudformation.kept_functions import with_functions


def function(**properties: Any) -> dict[str, Any]:
    return {"Type": "AWS::Lambda::Function", "Properties": properties}


FORMER = {
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
    new = {"Resources": {"Writer": function(), "Table": {"Type": "AWS::DynamoDB::Table", "Properties": {"New": 1}}}}

    found = with_functions(new, FORMER, {"Stage": "prod"})

    assert {"Writer", "Table", "Reader", "Role", "Policy", "Logs"} == found["Resources"].keys()
    assert new["Resources"]["Table"] == found["Resources"]["Table"]
    assert {"Stage": {"Type": "String", "Default": "prod"}} == found["Parameters"]
    assert {"IsProd": {}} == found["Conditions"]


def test_nothing_stays_where_no_function_would_go() -> None:
    """The template is taken as it is."""
    new = {"Resources": {"Reader": function(), "Writer": function()}}

    assert new == with_functions(new, FORMER, {})


def test_nothing_stays_under_a_name_that_is_taken() -> None:
    """What had another logical id before is there once."""
    former = {"Resources": {"Old": function(FunctionName="reader")}}
    new = {"Resources": {"New": function(FunctionName="reader")}}

    assert new == with_functions(new, former, {})
