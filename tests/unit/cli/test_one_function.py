"""What is cut out of a template for one function."""

from collections.abc import Mapping
from typing import Any

import pytest

from power_tuner_cli.errors import CliError
from power_tuner_cli.projects.account_values import missing_account_values
from power_tuner_cli.projects.one_function import Excerpt, excerpt
from power_tuner_cli.projects.template_parameters import without_stored_values

MADE = frozenset({"AWS::S3::Bucket", "AWS::SQS::Queue", "AWS::IAM::Role", "AWS::IAM::Policy", "AWS::Lambda::Function"})


def cut(
    resources: Mapping[str, Any],
    *,
    environment: Mapping[str, str] | None = None,
    parameters: Mapping[str, str] | None = None,
    **sections: Any,
) -> Excerpt:
    template = {"Transform": "AWS::Serverless-2016-10-31", "Resources": resources, **sections}
    return excerpt(template, "F", MADE.__contains__, environment=environment or {}, parameters=parameters or {})


def function(**properties: Any) -> dict[str, Any]:
    return {"Type": "AWS::Serverless::Function", "Properties": properties}


def resource(kind: str, **properties: Any) -> dict[str, Any]:
    return {"Type": kind, "Properties": properties}


def variables(**values: Any) -> dict[str, Any]:
    return {"Variables": values}


def test_what_calls_the_function_is_left_out() -> None:
    """Events, and whatever refers to the function without being needed by it."""
    rule = resource("AWS::Events::Rule", Targets=[{"Arn": {"Fn::GetAtt": ["F", "Arn"]}}])

    part = cut({"F": function(Events={"A": {"Type": "Api"}}), "Rule": rule})

    assert {"F": function()} == part.document["Resources"]
    assert ("Rule",) == part.left_out


def test_a_network_is_left_out() -> None:
    """Nothing runs in one here, so what other stacks export of it need not be given."""
    network = {"SubnetIds": {"Fn::ImportValue": "subnets"}, "SecurityGroupIds": [{"Ref": "Group"}]}
    own = {"F": function(VpcConfig=network), "Group": resource("AWS::EC2::SecurityGroup")}

    part = cut(own, Globals={"Function": {"VpcConfig": network}})

    assert {"F": function()} == part.document["Resources"]
    assert ("Group",) == part.left_out


def test_what_can_be_used_by_name_is_kept() -> None:
    """A bucket that nothing refers to is kept; one that refers to what is left out is not."""
    of_a_user = resource("AWS::S3::Bucket", BucketName={"Ref": "Users"})
    others = {"B": resource("AWS::S3::Bucket"), "C": of_a_user, "Users": resource("AWS::Cognito::UserPool")}

    part = cut({"F": function(), **others})

    assert {"F", "B"} == part.document["Resources"].keys()
    assert ("C", "Users") == part.left_out


def test_what_is_needed_by_a_detour_is_kept() -> None:
    """A function that the function calls is kept with its own queue; the other function is not."""
    called = function(Environment=variables(Q={"Ref": "Q"}))
    resources = {
        "F": function(Environment=variables(OTHER={"Fn::GetAtt": ["G", "Arn"]})),
        "G": called,
        "H": function(),
        "Q": resource("AWS::SQS::Queue"),
    }

    part = cut(resources)

    assert {"F", "G", "Q"} == part.document["Resources"].keys()


def test_globals_are_the_functions_own() -> None:
    """What the environment of all functions refers to is needed."""
    everywhere = {"Function": {"Environment": variables(POOL={"Ref": "Users"})}}

    with pytest.raises(CliError, match=r"Users \(AWS::Cognito::UserPool\), for F\."):
        cut({"F": function(), "Users": resource("AWS::Cognito::UserPool")}, Globals=everywhere)


def test_a_given_variable_replaces_what_cannot_be_made() -> None:
    """Of the function's own variables and of those in Globals."""
    everywhere = {"Function": {"Environment": variables(POOL={"Ref": "Users"}, A="1")}}
    own = function(Environment=variables(SECRET={"Ref": "Secret"}, B="2"))
    resources = {
        "F": own,
        "Users": resource("AWS::Cognito::UserPool"),
        "Secret": resource("AWS::RDS::DBProxy"),
    }

    part = cut(resources, environment={"POOL": "p", "SECRET": "s"}, Globals=everywhere)

    assert variables(SECRET="s", POOL="p", B="2") == part.document["Resources"]["F"]["Properties"]["Environment"]
    assert variables(A="1") == part.document["Globals"]["Function"]["Environment"]
    assert ("Users", "Secret") == part.left_out


def test_rights_need_names_only() -> None:
    """What only a policy refers to stays as a name, so that the role can be made."""
    right = {
        "Statement": [{"Effect": "Allow", "Action": "cognito-idp:*", "Resource": {"Fn::GetAtt": ["Users", "Arn"]}}]
    }
    users = resource("AWS::Cognito::UserPool", Big="properties")

    part = cut({"F": function(Policies=[right]), "Users": users})

    assert {"Type": "AWS::Cognito::UserPool"} == part.document["Resources"]["Users"]
    assert () == part.left_out


def test_policies_of_the_role_come_with_it() -> None:
    """A policy names its role, not the role its policies; one of another role comes too, if what it names does."""
    role = resource("AWS::IAM::Role")
    policy = resource("AWS::IAM::Policy", Roles=[{"Ref": "R"}])
    foreign = resource("AWS::IAM::Policy", Roles=[{"Ref": "Users"}])
    resources = {
        "F": function(Role={"Fn::GetAtt": ["R", "Arn"]}),
        "R": role,
        "P": policy,
        "Foreign": foreign,
        "Users": resource("AWS::Cognito::UserPool"),
    }

    part = cut(resources)

    assert {"F", "R", "P"} == part.document["Resources"].keys()


def test_nothing_waits_for_what_is_left_out() -> None:
    """DependsOn keeps those that are there."""
    part = cut(
        {"F": {**function(), "DependsOn": ["Q", "Site"]}, "Q": resource("AWS::SQS::Queue"), "Site": resource("X")}
    )

    assert ["Q"] == part.document["Resources"]["F"]["DependsOn"]


def test_outputs_of_what_is_left_out_go_too() -> None:
    """Those of what is kept, and of what SAM makes of it, stay."""
    outputs = {
        "Name": {"Value": {"Ref": "F"}},
        "Role": {"Value": {"Fn::GetAtt": "FRole.Arn"}},
        "Url": {"Value": {"Fn::Sub": "https://${ServerlessRestApi}.${AWS::Region}/"}},
    }

    assert {"Name", "Role"} == cut({"F": function()}, Outputs=outputs).document["Outputs"].keys()


def test_what_other_stacks_export_is_given_as_a_parameter() -> None:
    """Its name may have parameters in it; without a value it is refused under the name that it has."""
    of_a_stage = {"Fn::ImportValue": {"Fn::Sub": "${Stage}-table"}}
    own = {"F": function(Environment=variables(TABLE=of_a_stage))}
    stage = {"Stage": {"Type": "String", "Default": "dev"}}

    part = cut(own, parameters={"dev-table": "orders"}, Parameters=stage)

    assert variables(TABLE="orders") == part.document["Resources"]["F"]["Properties"]["Environment"]
    with pytest.raises(CliError, match="F: the value dev-table, which is not known here"):
        cut(own, Parameters=stage)


def test_values_in_systems_manager_are_given_themselves() -> None:
    """Where the function uses them; what nothing uses is no parameter any more."""
    stored = "AWS::SSM::Parameter::Value<List<String>>"
    parameters = {name: {"Type": stored, "Default": "/net/ids"} for name in ("Ids", "Unused")}
    document = cut({"F": function(Environment=variables(IDS={"Ref": "Ids"}))}, Parameters=parameters).document

    plain = without_stored_values(document, {"Ids": "a,b"})

    assert {"Ids": {"Type": "CommaDelimitedList"}} == plain["Parameters"]
    with pytest.raises(CliError, match=r"Ids has its value in Systems Manager, under /net/ids.*--parameter Ids=VALUE"):
        without_stored_values(document, {})


@pytest.mark.parametrize("value", [3, [], ["${Q}"], ["${Q}", 1], {"Ref": "Q"}])
def test_a_malformed_function_of_cloudformation_is_left_to_it(value: Any) -> None:
    """CloudFormation refuses it by name."""
    part = cut({"F": function(Environment=variables(A={"Fn::Sub": value}))} | {"Q": resource("AWS::SQS::Queue")})

    assert variables(A={"Fn::Sub": value}) == part.document["Resources"]["F"]["Properties"]["Environment"]


@pytest.mark.parametrize("environment", [[1], {"Variables": [1]}, {"Variables": {"Fn::If": ["A", {}, {}]}}])
def test_a_variable_cannot_be_put_into_something_else(environment: Any) -> None:
    """What is no plain list of names and values is told."""
    with pytest.raises(CliError, match="--env: the Environment of F has no plain Variables"):
        cut({"F": function(Environment=environment)}, environment={"A": "1"})


def test_what_only_aws_can_expand_is_named() -> None:
    """A transform inside the function or Globals is refused; one of what is left out is not."""
    include = {"Fn::Transform": {"Name": "AWS::Include", "Parameters": {"Location": "env.yaml"}}}
    api = resource("AWS::Serverless::Api", DefinitionBody=include)

    with pytest.raises(CliError, match=r"F: what AWS::Include makes, which only AWS can run\. What helps: write it"):
        cut({"F": function(Environment=include)})

    assert ("Api",) == cut({"F": function(), "Api": api}).left_out


def test_parameters_and_secrets_are_made_before_a_function_that_may_name_them() -> None:
    """A dynamic reference tells no order; one that needs the function itself comes after it."""
    value = resource("AWS::SSM::Parameter", Name="/host", Type="String", Value="h")
    after = resource("AWS::SSM::Parameter", Type="String", Value={"Ref": "F"})
    own = function(Environment=variables(HOST="{{resolve:ssm:/host}}"))
    made = MADE | {"AWS::SSM::Parameter"}
    template = {"Transform": "AWS::Serverless-2016-10-31", "Resources": {"F": own, "Value": value, "After": after}}

    part = excerpt(template, "F", made.__contains__, environment={}, parameters={})

    assert ["Value"] == part.document["Resources"]["F"]["DependsOn"]


def test_values_of_the_account_are_named_as_options() -> None:
    """Those that are given or made are not, nor those whose name CloudFormation has to fill in."""
    resources = {
        "A": function(One="{{resolve:ssm:/a}}-{{resolve:ssm:/b:2}}", Own="{{resolve:ssm:/own}}"),
        "B": function(All=["{{resolve:secretsmanager:db:SecretString:user:AWSCURRENT}}"]),
        "C": function(Name={"Fn::Sub": "{{resolve:ssm:/${Stage}/c}}"}, Flat="{{resolve:secretsmanager:flat}}"),
        "D": resource("AWS::SSM::Parameter", Name="/own"),
        "NamedOnly": {"Type": "AWS::Cognito::UserPool"},
    }

    options = missing_account_values({"Resources": resources}, {"ssm:/a": "given"})

    assert [
        "--parameter ssm:/b:2=VALUE",
        "--parameter secretsmanager:db:SecretString:user=VALUE",
        "--parameter secretsmanager:flat=VALUE",
    ] == options


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("AWS::Serverless::HttpApi", {"Fn::Sub": "https://${Api}.execute-api.${AWS::Region}.amazonaws.com/"}),
        (
            "AWS::Serverless::Api",
            {"Fn::Sub": "https://${Api}.execute-api.${AWS::Region}.amazonaws.com/${ApiProdStage}"},
        ),
        ("AWS::Serverless::Api", {"Ref": "Api.Stage"}),
        ("AWS::ApiGateway::RestApi", {"Fn::GetAtt": ["Api", "RootResourceId"]}),
        ("AWS::CloudFront::Distribution", {"Fn::GetAtt": "Api.DomainName"}),
    ],
)
def test_the_address_of_an_api_leads_nowhere(kind: str, value: Any) -> None:
    """A function that has it gets a name in its place, and the variables with it are told; nothing is made for it."""
    users = resource("AWS::Cognito::UserPool")
    api = resource(kind, Auth={"Ref": "Users"})

    part = cut({"F": function(Environment=variables(URL=value, A="1")), "Api": api, "Users": users})

    assert {"Api": ("URL",)} == part.addresses
    assert {"Type": "AWS::ApiGatewayV2::Api"} == part.document["Resources"]["Api"]
    assert ("Users",) == part.left_out


def test_who_may_call_an_api_has_no_address_of_it() -> None:
    """What only a policy names leads nowhere either, and nobody needs to be told."""
    right = {"Statement": [{"Effect": "Allow", "Action": "execute-api:*", "Resource": {"Fn::Sub": "arn:${Api}/*"}}]}

    part = cut({"F": function(Policies=[right]), "Api": resource("AWS::ApiGateway::RestApi", Name="a")})

    assert {"Type": "AWS::ApiGatewayV2::Api"} == part.document["Resources"]["Api"]
    assert {} == part.addresses
