"""Deployment of templates as stacks and of folders as functions."""

import copy
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from power_tuner_local import DeploymentError, StillUsedError

if TYPE_CHECKING:
    from power_tuner_local import LocalAws

pytestmark = pytest.mark.local_aws

TEMPLATE = """
Transform: AWS::Serverless-2016-10-31
Parameters:
  Words: {Type: CommaDelimitedList, Default: "a,b"}
  Size: {Type: Number, Default: 256}
Resources:
  Hello:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: code/
      Handler: app.handler
      Runtime: python3.13
      MemorySize: !Ref Size
      AutoPublishAlias: live
      Environment:
        Variables:
          WORDS: !Join ["+", !Ref Words]
          SWITCH: true
Outputs:
  Name: {Value: !Ref Hello}
  Version: {Value: !GetAtt Hello.Version}
"""
CODE = "import os\ndef handler(event, context):\n    return [{word!r}, os.environ['WORDS'], os.environ['SWITCH']]\n"


@pytest.fixture
def template(tmp_path: Path) -> Path:
    """A template with a code folder."""
    (tmp_path / "code").mkdir()
    (tmp_path / "code" / "app.py").write_text(CODE.format(word="one"), encoding="utf-8")
    path = tmp_path / "template.yaml"
    path.write_text(TEMPLATE.replace("!GetAtt Hello.Version", "!Ref Hello.Version"), encoding="utf-8")
    return path


def answer(aws: "LocalAws", function: str) -> Any:
    return json.load(aws.client("lambda").invoke(FunctionName=function)["Payload"])


def test_deploying_again_updates_code_parameters_and_alias(aws: "LocalAws", template: Path) -> None:
    """The second deployment runs the new code with the new values, behind a new version of the alias."""
    first = aws.deploy(template, stack_name="twice")
    name = first.outputs["Name"]
    before = answer(aws, f"{name}:live")
    (template.parent / "code" / "app.py").write_text(CODE.format(word="two"), encoding="utf-8")
    second = aws.deploy(template, stack_name="twice", parameters={"Words": "c,d", "Size": "512"})

    assert ["one", "a+b", "true"] == before
    assert ["two", "c+d", "true"] == answer(aws, f"{name}:live")
    assert name == second.outputs["Name"]
    configuration = aws.client("lambda").get_function_configuration(FunctionName=f"{name}:live")
    assert (512, "2") == (configuration["MemorySize"], configuration["Version"])


def test_parameters_are_described_as_they_were_given(aws: "LocalAws", template: Path) -> None:
    """Each as text, defaults and lists too."""
    aws.deploy(template, stack_name="described", parameters={"Size": "512"})
    (stack,) = aws.client("cloudformation").describe_stacks(StackName="described")["Stacks"]

    assert {"Words": "a,b", "Size": "512"} == {
        each["ParameterKey"]: each["ParameterValue"] for each in stack["Parameters"]
    }


def test_conditions_compare_texts(aws: "LocalAws") -> None:
    """A parameter that is a number equals the text of it, as on AWS."""
    cloudformation = aws.client("cloudformation")
    template = {
        "Parameters": {"Limit": {"Type": "Number", "Default": 0}},
        "Conditions": {"NoLimit": {"Fn::Equals": [{"Ref": "Limit"}, "0"]}},
        "Resources": {
            "Queue": {"Type": "AWS::SQS::Queue"},
            "Limited": {"Type": "AWS::SQS::Queue", "Condition": "Limited"},
        },
    }
    template["Conditions"]["Limited"] = {"Fn::Not": [{"Condition": "NoLimit"}]}  # type: ignore[index]
    cloudformation.create_stack(StackName="texts", TemplateBody=json.dumps(template))
    resources = cloudformation.describe_stack_resources(StackName="texts")["StackResources"]

    assert ["Queue"] == [each["LogicalResourceId"] for each in resources]


def test_deploying_the_same_again_changes_nothing(aws: "LocalAws", template: Path) -> None:
    """The same folder gives the same package, so that nothing is updated."""
    name = aws.deploy(template, stack_name="same").outputs["Name"]
    revision = aws.client("lambda").get_function_configuration(FunctionName=name)["RevisionId"]
    aws.deploy(template, stack_name="same")

    assert revision == aws.client("lambda").get_function_configuration(FunctionName=name)["RevisionId"]


def test_failed_stack_says_which_resource_and_why(aws: "LocalAws", template: Path) -> None:
    """The error names the resource and the reason; with a corrected template the stack can be deployed."""
    good = template.read_text(encoding="utf-8")
    template.write_text(good.replace("MemorySize: !Ref Size", "MemorySize: 64"), encoding="utf-8")

    with pytest.raises(DeploymentError, match=r"(?s)stack broken.*Hello.*MemorySize|memorySize"):
        aws.deploy(template, stack_name="broken")
    template.write_text(good, encoding="utf-8")
    assert aws.deploy(template, stack_name="broken").outputs["Name"]


def test_a_stack_that_failed_can_be_made_again(aws: "LocalAws", template: Path) -> None:
    """Nothing of it is left, so that the corrected template makes a new one."""
    document: dict[str, Any] = {
        "Resources": {
            "Word": {"Type": "AWS::SSM::Parameter", "Properties": {"Type": "String", "Value": "one"}},
            "Broken": {"Type": "AWS::Lambda::Function", "DependsOn": "Word", "Properties": {"Code": {"ZipFile": "x"}}},
        },
        "Outputs": {"Word": {"Value": {"Ref": "Word"}}},
    }
    with pytest.raises(DeploymentError, match="Broken"):
        aws.deploy_document(copy.deepcopy(document), template.parent, stack_name="again")
    left = aws.client("ssm").describe_parameters()["Parameters"]
    del document["Resources"]["Broken"]

    made = aws.deploy_document(document, template.parent, stack_name="again")

    assert [] == left
    assert "one" == aws.client("ssm").get_parameter(Name=made.outputs["Word"])["Parameter"]["Value"]


def test_functions_that_a_template_lacks_can_stay(aws: "LocalAws", template: Path) -> None:
    """With what they need of the stack."""
    role = {"Type": "AWS::IAM::Role", "Properties": {"AssumeRolePolicyDocument": {"Statement": []}}}

    def deploy(name: str) -> list[str]:
        properties = {"Code": {"ZipFile": "1"}, "Handler": "index.f", "Runtime": "python3.13"}
        function = {**properties, "Role": {"Fn::GetAtt": [f"{name}Role", "Arn"]}}
        document = {"Resources": {name: {"Type": "AWS::Lambda::Function", "Properties": function}, f"{name}Role": role}}
        aws.deploy_document(document, template.parent, stack_name="kept", keep_functions=True)
        resources = aws.client("cloudformation").list_stack_resources(StackName="kept")["StackResourceSummaries"]
        return sorted(each["LogicalResourceId"] for each in resources)

    assert ["A", "ARole"] == deploy("A")
    assert ["A", "ARole", "B", "BRole"] == deploy("B")


def test_what_functions_use_that_stay_is_not_replaced(aws: "LocalAws", template: Path) -> None:
    """It stays as it was; where the new function needs it otherwise, the update is refused before anything changes."""

    def deploy(function: str, stage: str, *refers: str) -> dict[str, str]:
        environment = {"Variables": {"STAGE": {"Ref": "Stage"}, **{name: {"Ref": name} for name in refers}}}
        properties = {"Code": {"ZipFile": "1"}, "Handler": "index.f", "Runtime": "python3.13"}
        body = {**properties, "Role": {"Fn::GetAtt": ["Role", "Arn"]}, "Environment": environment}
        role = {"Type": "AWS::IAM::Role", "Properties": {"AssumeRolePolicyDocument": {"Statement": []}}}
        jobs = {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": {"Fn::Sub": "jobs-${Stage}"}}}
        document = {
            "Parameters": {"Stage": {"Type": "String"}},
            "Resources": {"Role": role, "Jobs": jobs, function: {"Type": "AWS::Lambda::Function", "Properties": body}},
        }
        parameters = {"Stage": stage}
        aws.deploy_document(document, template.parent, stack_name="used", parameters=parameters, keep_functions=True)
        resources = aws.client("cloudformation").list_stack_resources(StackName="used")["StackResourceSummaries"]
        return {each["LogicalResourceId"]: each["PhysicalResourceId"] for each in resources}

    first = deploy("A", "dev", "Jobs")
    second = deploy("B", "prod")
    former = aws.client("lambda").get_function_configuration(FunctionName=first["A"])["Environment"]["Variables"]
    with pytest.raises(StillUsedError, match="Jobs would be replaced, and A uses what is in it") as told:
        deploy("B", "prod", "Jobs")
    after = deploy("A", "prod", "Jobs")

    assert first == {name: second[name] for name in first}
    assert {"Jobs": "A"} == told.value.uses
    assert after["Jobs"].endswith("jobs-prod")
    assert "dev" == former["STAGE"]


def test_an_update_that_fails_is_undone(aws: "LocalAws", template: Path) -> None:
    """The stack is what it was, the error tells this failure alone, and a corrected template updates it."""

    role = {"Type": "AWS::IAM::Role", "Properties": {"AssumeRolePolicyDocument": {"Statement": []}}}

    def deploy(name: str, variable: str) -> None:
        properties = {"Code": {"ZipFile": "1"}, "Handler": "index.f", "Runtime": "python3.13"}
        more = {"Role": {"Fn::GetAtt": ["Role", "Arn"]}, "Environment": {"Variables": {variable: "1"}}}
        function = {"Type": "AWS::Lambda::Function", "Properties": {**properties, **more}}
        # Another name makes another parameter.
        word = {"Type": "AWS::SSM::Parameter", "Properties": {"Type": "String", "Name": name, "Value": "1"}}
        document = {"Resources": {"Word": word, name: {**function, "DependsOn": "Word"}, "Role": role}}
        aws.deploy_document(document, template.parent, stack_name="undone")

    def there() -> list[str]:
        resources = aws.client("cloudformation").list_stack_resources(StackName="undone")["StackResourceSummaries"]
        return sorted(each["LogicalResourceId"] for each in resources)

    def words() -> list[str]:
        found = aws.client("ssm").get_parameters(Names=["First", "Second"])
        return [each["Name"] for each in found["Parameters"]]

    deploy("First", "NAME")
    for _ in range(2):
        with pytest.raises(DeploymentError) as told:
            deploy("Second", "not a name")
    body = aws.client("cloudformation").get_template(StackName="undone")["TemplateBody"]

    assert 1 == len(told.value.reasons)
    assert ["First", "Role", "Word"] == there()
    assert ["First"] == words()
    assert "Second" not in json.dumps(body)
    deploy("Second", "NAME")
    assert ["Role", "Second", "Word"] == there()
    assert ["Second"] == words()


def test_missing_code_folder_is_named(aws: "LocalAws", template: Path) -> None:
    """A CodeUri that does not exist is refused, and the error has its path."""
    (template.parent / "code" / "app.py").unlink()
    (template.parent / "code").rmdir()

    with pytest.raises(FileNotFoundError, match="code"):
        aws.deploy(template, stack_name="nowhere")


def test_folder_becomes_a_function_and_is_updated(aws: "LocalAws", tmp_path: Path) -> None:
    """add_function creates a function with a folder's code; called again, it updates code and settings."""
    (tmp_path / "app.py").write_text("def handler(event, context):\n    return 'one'\n", encoding="utf-8")
    arn = aws.add_function(tmp_path, name="folder", memory_mb=256, timeout_s=5)
    before = answer(aws, arn)
    (tmp_path / "app.py").write_text("def handler(event, context):\n    return 'two'\n", encoding="utf-8")
    again = aws.add_function(tmp_path, name="folder", memory_mb=512, environment={"KEY": "b"}, reserved_concurrency=3)

    assert ("one", arn) == (before, again)
    assert "two" == answer(aws, arn)
    function = aws.client("lambda").get_function(FunctionName="folder")
    assert 512 == function["Configuration"]["MemorySize"]
    assert {"KEY": "b"} == function["Configuration"]["Environment"]["Variables"]
    assert 3 == function["Concurrency"]["ReservedConcurrentExecutions"]


LAYERED = """
Transform: AWS::Serverless-2016-10-31
Resources:
  Shared:
    Type: AWS::Serverless::LayerVersion
    Properties: {ContentUri: layer/}
  Built:
    Type: AWS::Serverless::LayerVersion
    Properties: {ContentUri: pins/}
    Metadata: {BuildMethod: makefile}
  Hello:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: code/
      Handler: app.handler
      Runtime: python3.13
      Layers: [!Ref Shared, !Ref Built]
Outputs:
  Name: {Value: !Ref Hello}
"""


def test_a_layer_to_be_built_has_what_is_installed(aws: "LocalAws", tmp_path: Path) -> None:
    """A layer is its folder; one that pip would build, the packages that it names, as they are installed here."""
    for folder in ("code", "layer/python", "pins"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "template.yaml").write_text(LAYERED, encoding="utf-8")
    (tmp_path / "layer/python/shared.py").write_text("OF = 'first'\n", encoding="utf-8")
    (tmp_path / "pins/requirements.txt").write_text("msgspec==0.1 \\\n  --hash=x\nnot-there==2\n", encoding="utf-8")
    code = "import msgspec, shared\ndef handler(event, context):\n    return [msgspec.json.decode(b'1'), shared.OF]\n"
    (tmp_path / "code/app.py").write_text(code, encoding="utf-8")
    first = aws.deploy(tmp_path / "template.yaml", stack_name="layered")
    before = answer(aws, first.outputs["Name"])
    (tmp_path / "layer/python/shared.py").write_text("OF = 'second'\n", encoding="utf-8")
    aws.deploy(tmp_path / "template.yaml", stack_name="layered")

    assert [1, "first"] == before
    assert [1, "second"] == answer(aws, first.outputs["Name"])
