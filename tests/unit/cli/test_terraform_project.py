"""Terraform configurations: what their expressions are worth, and the template that one of their functions is."""

import json
from pathlib import Path
from typing import Any

import pytest

from power_tuner_cli.errors import CliError
from power_tuner_cli.projects.finding import short_name
from power_tuner_cli.projects.template_parameters import read_parameters
from power_tuner_cli.projects.terraform_module import Module
from power_tuner_cli.projects.terraform_project import TerraformProject
from unit.cli.conftest import PowerTuner

PARCELS = Path(__file__).parents[2] / "projects" / "parcels" / "main.tf"
TRACK = "module.track.aws_lambda_function.this"


def value(folder: Path, expression: str, **given: Any) -> Any:
    """Return what an expression is worth among a few variables and resources."""
    (folder / "main.tf").write_text(
        'variable "stage" {}\nvariable "sizes" { default = { dev = [1, 2] } }\nlocals {\n  here = var.stage\n'
        f'  wanted = {expression}\n}}\nresource "aws_sqs_queue" "q" {{ name = "jobs" }}\n'
        'resource "aws_other" "o" { size = 3 }\n'
    )
    (folder / "main.yml").write_text("sizes: [{mb: 1}, {mb: 2}]")
    module = Module.read(folder, folder, given, lambda _: {"aws_sqs_queue.q.url": {"Ref": "Q"}})
    block = next(each for each in module.blocks if each.kind == "locals")
    return module.attribute(block, "wanted")


@pytest.mark.parametrize(
    ("expression", "worth"),
    [
        ('"a-${local.here}"', "a-dev"),
        ('"say \\"${true}\\""', 'say "true"'),
        ("<<EOF\nhello ${var.stage} !\nbye\nEOF", "hello dev !\nbye\n"),
        ('"${var.stage} ${1} x"', "dev 1 x"),
        ("var.sizes[var.stage][1]", 2),
        ('var.sizes["dev"].0', 1),
        ("-1 + 2", 1),
        ('var.stage == "dev" && !false ? "yes" : "no"', "yes"),
        ('merge({ A = 1 }, { "B" : "2", (var.stage) = null })', {"A": 1, "B": "2", "dev": None}),
        ('concat(["a"], [upper("b")])', ["a", "B"]),
        ('format("%s-%02d", "a", 1)', {"Fn::ImportValue": ['format("%s-%02d", "a", 1)']}),
        ('join("-", ["a", aws_sqs_queue.q.url])', {"Fn::Join": ["-", ["a", {"Ref": "Q"}]]}),
        ("aws_sqs_queue.q[0].url", {"Ref": "Q"}),
        ("aws_other.o.size", 3),
        ("path.module", "."),
        ("data.aws_region.current.name", {"Ref": "AWS::Region"}),
        ('lookup(var.sizes, "prod", "none")', "none"),
        ("try(var.absent, 1)", 1),
        ("var.absent", {"Fn::ImportValue": "absent"}),
        ("data.aws_vpc.main.id", {"Fn::ImportValue": "data.aws_vpc.main.id"}),
        ("[for each in var.sizes : each[1]]", [2]),
        ('{ for name, _ in var.sizes : upper(name) => "x" if name != "dev" }', {}),
        ("[for each in var.absent : each]", {"Fn::ImportValue": ["[for each in var.absent : each]"]}),
        ("keys(var.sizes)", ["dev"]),
        ("length({ a = var.absent }) > 0", True),
        ("aws_sqs_queue.q[*].url", [{"Ref": "Q"}]),
        ("one(aws_sqs_queue.q.*.url)", {"Ref": "Q"}),
        ("aws_sqs_queue.q.*.url[0]", {"Ref": "Q"}),
        ("values(var.sizes)[*][0]", [1]),
        ("var.absent[*].name", {"Fn::ImportValue": "absent"}),
        ("[aws_sqs_queue.q][0].url", {"Ref": "Q"}),
        ('yamldecode(file("${path.module}/main.yml")).sizes[*].mb', [1, 2]),
        ('file("none.txt")', {"Fn::ImportValue": ['file("none.txt")']}),
        ('yamldecode("[")', {"Fn::ImportValue": ['yamldecode("[")']}),
        ('jsondecode("{\\"a\\": 1}").a', 1),
        ('contains(["dev"], var.stage) ? title(var.stage) : ""', "Dev"),
        ('title("hello my_own API")', "Hello My_own API"),
        ('[substr("hello world", -5, -1), substr("abc", -2, 2), substr("abc", 1, 9)]', ["world", "bc", "bc"]),
        ("sort([10, 9])", ["10", "9"]),
        ('coalesce("", null, "b")', "b"),
        ('[coalesce(aws_sqs_queue.q.url, "none"), try(aws_sqs_queue.q.url, "none")]', [{"Ref": "Q"}, {"Ref": "Q"}]),
        ("coalesce(var.absent)", {"Fn::ImportValue": "absent"}),
        ('replace("a-b", "/-.*/", "")', {"Fn::ImportValue": ['replace("a-b", "/-.*/", "")']}),
        ('zipmap(sort(["b", "a"]), [aws_sqs_queue.q.url, 1])', {"a": {"Ref": "Q"}, "b": 1}),
        ('join(",", compact(concat(split(",", "a,b"), [""])))', "a,b"),
        ('formatlist("%s/*", ["x", "y"])', ["x/*", "y/*"]),
        ("compact([aws_sqs_queue.q.url, null])", [{"Ref": "Q"}]),
        ('trimsuffix(basename("../lambda/app.py"), ".py")', "app"),
        ('"${aws_sqs_queue.q}"', "aws_sqs_queue.q"),
        ("jsonencode({ q = aws_sqs_queue.q.url })", {"Fn::Join": ["", ['{"q":"', {"Ref": "Q"}, '"}']]}),
    ],
)
def test_expressions_are_worth_what_is_known(tmp_path: Path, expression: str, worth: Any) -> None:
    """What is made here is CloudFormation's to fill in; the rest has a name under which it can be given."""
    assert value(tmp_path, expression, stage="dev") == worth


def test_values_that_refer_to_each_other_are_refused(tmp_path: Path) -> None:
    """They would have no end."""
    with pytest.raises(CliError, match=r"refer to each other in a circle, at local\.wanted"):
        value(tmp_path, "local.wanted")


def test_functions_have_their_addresses() -> None:
    """Those of modules of this machine, and those that the well-known module makes."""
    functions = TerraformProject.read(PARCELS).functions

    assert {"aws_lambda_function.archived", "module.label", TRACK} == functions.keys()
    assert ("python3.13", "app.handler") == (functions[TRACK].runtime, functions[TRACK].handler)


def test_a_function_is_a_template_with_what_it_uses() -> None:
    """Its code is what the archive is made of, its variables are those of the call, its tables and queues are there."""
    prepared = TerraformProject.read(PARCELS).prepare(TRACK, {"stage": "dev"})

    resources = prepared.document["Resources"]
    function = resources[prepared.logical_id]["Properties"]
    assert str(PARCELS.parent / "src" / "track") == function["Code"]
    assert (256, 3) == (function["MemorySize"], function["Timeout"])
    assert function["Environment"]["Variables"] == {
        "STAGE": "dev",
        "LIMIT": "20",
        "TABLE": {"Ref": "AwsDynamodbTableParcels"},
        "QUEUE": {"Ref": "AwsSqsQueueMoved"},
    }
    table = resources["AwsDynamodbTableParcels"]["Properties"]
    assert ("parcels-dev-parcels", [{"AttributeName": "id", "KeyType": "HASH"}]) == (
        table["TableName"],
        table["KeySchema"],
    )
    assert {} == prepared.parameters


def test_variables_have_the_values_of_their_file(tmp_path: Path) -> None:
    """Of terraform.tfvars and *.auto.tfvars, then of one that is named; what is given comes first."""
    (tmp_path / "main.tf").write_text(
        'variable "a" {}\nvariable "b" {}\nvariable "c" { default = 1 }\nresource "aws_lambda_function" "f" {\n'
        '  filename = "."\n  environment {\n    variables = { A = var.a, B = var.b, C = var.c }\n  }\n}\n'
    )
    (tmp_path / "terraform.tfvars").write_text('a = "file"\nb = "file"\n')
    (tmp_path / "x.auto.tfvars").write_text('b = "auto"\nc = true\n')
    (tmp_path / "y.auto.tfvars.json").write_text('{"c": false}')
    (tmp_path / "prod.tfvars").write_text('a = "named"\nb = "named"\nundeclared = 1\n')

    def variables(**given: str) -> Any:
        prepared = TerraformProject.read(tmp_path / "main.tf").prepare("aws_lambda_function.f", given)
        assert not prepared.parameters
        return prepared.document["Resources"][prepared.logical_id]["Properties"]["Environment"]["Variables"]

    assert {"A": "given", "B": "auto", "C": "false"} == variables(a="given")
    assert {"A": "given", "B": "named", "C": "false"} == variables(**{"var-file": f"{tmp_path}/prod.tfvars"}, a="given")
    both = read_parameters(["b=given"], [tmp_path / "prod.tfvars", tmp_path / "x.auto.tfvars"])
    assert {"A": "named", "B": "given", "C": "true"} == variables(**both)
    with pytest.raises(CliError, match=r"none\.tfvars cannot be read"):
        variables(**{"var-file": f"{tmp_path}/none.tfvars"})


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ('filename = "none.zip"', "has its code in {folder}/none.zip, which does not exist"),
        ('s3_key = "x"', "has its code elsewhere"),
        (
            "for_each = var.runtime",
            "(for_each), by runtime, which is not known here. Give it with --parameter 'runtime=",
        ),
        ("count = data.aws_x.y.size", "stands for several functions (count), by data.aws_x.y.size, which is not known"),
        ('image_uri = "x"', "is a container image"),
        ('filename = "."\n  runtime = var.runtime', "Give it with --parameter runtime=VALUE"),
        ('filename = "."\n  architectures = [var.runtime]', "the architectures of aws_lambda_function.f is not known"),
    ],
)
def test_what_cannot_be_tuned_from_here_is_told(tmp_path: Path, body: str, words: str) -> None:
    """With what helps."""
    function = f'resource "aws_lambda_function" "f" {{\n  {body}\n  handler = "app.handler"\n}}\n'
    (tmp_path / "main.tf").write_text(f'variable "runtime" {{}}\n{function}')

    with pytest.raises(CliError) as told:
        TerraformProject.read(tmp_path / "main.tf").prepare("aws_lambda_function.f", {})

    assert words.format(folder=tmp_path) in str(told.value)


def test_the_sources_of_code_elsewhere_are_tuned_with_its_settings(power_tuner: PowerTuner) -> None:
    """The command has the function's handler, memory size and variables."""
    said = power_tuner("tune", f"{PARCELS}:archived").stderr

    assert said.endswith("  power-tuner tune FOLDER --handler app.handler --memory 512 --env 'MODE=fast run'\n")


def test_functions_of_terraform_are_listed_as_commands(power_tuner: PowerTuner, tmp_path: Path) -> None:
    """In a folder, under the file that declares one; broken files are told with their line."""
    (tmp_path / "versions.tf").write_text("terraform {}\n")
    (tmp_path / "lambda.tf").write_text("".join(f'resource "aws_lambda_function" "{name}" {{}}\n' for name in "ab"))

    said = power_tuner("tune", ".").stderr
    (tmp_path / "lambda.tf").write_text("resource {{\n")

    assert said.splitlines()[1:] == [
        "  power-tuner tune lambda.tf:aws_lambda_function.a",
        "  power-tuner tune lambda.tf:aws_lambda_function.b",
    ]
    assert "lambda.tf: Line 1 of the file cannot be read as Terraform" in power_tuner("tune", ".").stderr


def test_variables_are_given_as_to_terraform(power_tuner: PowerTuner, tmp_path: Path) -> None:
    """With -var and -var-file; a template has none."""
    (tmp_path / "template.yaml").write_text("Resources: {F: {Type: AWS::Lambda::Function, Properties: {Code: .}}}")
    (tmp_path / "main.tf").write_text(
        'variable "code" {}\nvariable "runtime" {}\n'
        'resource "aws_lambda_function" "f" {\n  filename = var.code\n  runtime = var.runtime\n}\n'
    )
    (tmp_path / "prod.tfvars").write_text('code = "prod.zip"\n')

    given = power_tuner("tune", "main.tf", "-var-file=prod.tfvars", "-var", "runtime=python3.13").stderr
    refused = power_tuner("tune", "template.yaml", "--var-file", "prod.tfvars").stderr

    assert "prod.zip, which does not exist" in given
    assert "--var-file is for Terraform's variables: give a template's parameters with --parameter." in refused


def test_each_function_of_several_is_one(tmp_path: Path) -> None:
    """With the values of its own, also what a module of this machine and a queue make for it."""
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "main.tf").write_text('variable "n" {}\noutput "name" { value = "${var.n}!" }\n')
    (tmp_path / "main.tf").write_text(
        'variable "sizes" {\n  type = map(number)\n}\n'
        'module "own" {\n  for_each = var.sizes\n  source = "./own"\n  n = each.key\n}\n'
        'resource "aws_sqs_queue" "q" {\n  for_each = var.sizes\n  name = each.key\n}\n'
        'resource "aws_lambda_function" "this" {\n  for_each = var.sizes\n  filename = "."\n'
        "  memory_size = each.value\n  environment {\n"
        "    variables = { OWN = module.own[each.key].name, QUEUE = aws_sqs_queue.q[each.key].url }\n  }\n}\n"
        'resource "aws_lambda_function" "shard" {\n  count = length(var.sizes)\n  filename = "."\n'
        "  environment {\n    variables = { N = count.index }\n  }\n}\n"
    )
    given = {"sizes": '{ "a-b" = 512, c = 256 }'}
    project = TerraformProject.read(tmp_path / "main.tf", given)
    prepared = project.prepare('aws_lambda_function.this["a-b"]', given)
    second = project.prepare("aws_lambda_function.shard[1]", given)

    function = prepared.document["Resources"][prepared.logical_id]["Properties"]
    assert list(project.functions) == [
        *(f'aws_lambda_function.this["{key}"]' for key in ("a-b", "c")),
        *(f"aws_lambda_function.shard[{number}]" for number in (0, 1)),
    ]
    assert (512, {"OWN": "a-b!", "QUEUE": {"Ref": "AwsSqsQueueQAB"}}) == (
        function["MemorySize"],
        function["Environment"]["Variables"],
    )
    assert {"N": "1"} == second.document["Resources"][second.logical_id]["Properties"]["Environment"]["Variables"]
    assert ["a-b", "shard-1"] == [short_name(list(project.functions)[number]) for number in (0, 3)]


def test_files_without_functions_are_told(power_tuner: PowerTuner, tmp_path: Path) -> None:
    """With the modules that may have them, and are not on this machine."""
    (tmp_path / "main.tf").write_text('module "api" { source = "git::https://example.com/api.git" }\n')

    said = power_tuner("tune", ".").stderr

    assert (
        ". has Terraform files, and no function in them. Modules that are not on this machine are not read: api" in said
    )
    assert "(git::https://example.com/api.git). The folder of a function's code can be tuned:\n" in said


def rights(folder: Path, more: str, **given: str) -> tuple[dict[str, Any], tuple[str, ...]]:
    """Return the role of a function among these blocks, and what is told."""
    (folder / "main.tf").write_text(
        'resource "aws_lambda_function" "f" {\n  filename = "."\n  role = aws_iam_role.r.arn\n}\n'
        f'resource "aws_sqs_queue" "q" {{ name = "jobs" }}\n{more}'
    )
    prepared = TerraformProject.read(folder / "main.tf").prepare("aws_lambda_function.f", given)
    return prepared.document["Resources"]["AwsLambdaFunctionFRole"]["Properties"], prepared.notes


def test_a_function_has_the_rights_of_its_role(tmp_path: Path) -> None:
    """Those of documents that are data, of text, of policies that are attached, and of those that AWS manages."""
    managed = "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"
    send = {"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": "${aws_sqs_queue.q.arn}"}
    role, notes = rights(
        tmp_path,
        'resource "aws_iam_role" "r" {}\nresource "aws_iam_role" "other" {}\n'
        f'resource "aws_iam_role_policy_attachment" "a" {{\n  for_each = toset(["{managed}", "{managed}s"])\n'
        "  role = aws_iam_role.r.name\n  policy_arn = each.value\n}\n"
        'resource "aws_iam_role_policy_attachment" "b" {\n  role = aws_iam_role.r.name\n'
        "  policy_arn = aws_iam_policy.p.arn\n}\n"
        'resource "aws_iam_policy" "p" { policy = data.aws_iam_policy_document.d.json }\n'
        'data "aws_iam_policy_document" "d" {\n  dynamic "statement" {\n    for_each = { get = "*" }\n'
        '    content {\n      actions = ["s3:${statement.key}"]\n      resources = [statement.value]\n'
        '      condition {\n        test = "Bool"\n        variable = "a:b"\n        values = [true]\n      }\n'
        "    }\n  }\n}\n"
        'resource "aws_iam_role_policy" "own" {\n  role = aws_iam_role.r.id\n'
        f"  policy = <<EOF\n{json.dumps({'Statement': send})}\nEOF\n}}\n"
        'resource "aws_iam_role_policy" "not" {\n  role = aws_iam_role.other.id\n  policy = "{}"\n}\n',
    )

    condition = {"Bool": {"a:b": [True]}}
    assert [managed, f"{managed}s"] == role["ManagedPolicyArns"]
    assert [
        {**send, "Resource": {"Fn::GetAtt": ["AwsSqsQueueQ", "Arn"]}},
        {"Effect": "Allow", "Action": ["s3:get"], "Resource": ["*"], "Condition": condition},
    ] == role["Policies"][0]["PolicyDocument"]["Statement"]
    assert () == notes


def test_rights_that_the_files_do_not_have_are_told(tmp_path: Path) -> None:
    """Nothing is refused for them: a key of the account is any key, a policy of the account allows anything."""
    role, notes = rights(
        tmp_path,
        'resource "aws_iam_role" "r" {\n  managed_policy_arns = [var.policy]\n  inline_policy {\n    policy = '
        'jsonencode({ Statement = [{ Effect = "Allow", Action = "kms:Decrypt", Resource = data.aws_kms_key.k.arn }] })'
        '\n  }\n}\nvariable "policy" {}\n',
    )
    _, without = rights(tmp_path, "")

    assert [
        {"Effect": "Allow", "Action": "kms:Decrypt", "Resource": "*"},
        {"Effect": "Allow", "Action": "*", "Resource": "*"},
    ] == role["Policies"][0]["PolicyDocument"]["Statement"]
    assert ("Not all rights of its role are in these files: what data.aws_kms_key.k.arn, policy would",) == tuple(
        each.partition(" allow")[0] for each in notes
    )
    assert "what its role would allow is not limited here." in without[0]


def test_the_module_that_makes_functions_has_rights_too(tmp_path: Path) -> None:
    """Its policy_statements."""
    (tmp_path / "main.tf").write_text(
        'module "f" {\n  source = "terraform-aws-modules/lambda/aws"\n  source_path = "."\n'
        '  policy_statements = { q = { effect = "Allow", actions = ["sqs:*"], resources = ["*"] } }\n}\n'
    )
    prepared = TerraformProject.read(tmp_path / "main.tf").prepare("module.f", {})

    policy = prepared.document["Resources"]["ModuleFRole"]["Properties"]["Policies"][0]["PolicyDocument"]
    assert [{"Effect": "Allow", "Action": ["sqs:*"], "Resource": ["*"]}] == policy["Statement"]


def test_each_instance_is_meant_by_a_splat(tmp_path: Path) -> None:
    """A list has a value of each queue, and of each call of a module."""
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "main.tf").write_text('variable "n" {}\noutput "name" { value = "${var.n}!" }\n')
    (tmp_path / "main.tf").write_text(
        'module "own" {\n  count = 2\n  source = "./own"\n  n = count.index\n}\n'
        'resource "aws_sqs_queue" "q" {\n  count = 2\n  name = "q${count.index}"\n}\n'
        'resource "aws_lambda_function" "f" {\n  filename = "."\n  environment {\n'
        '    variables = { Q = join(",", aws_sqs_queue.q[*].url), N = join(",", module.own[*].name) }\n  }\n}\n'
    )
    prepared = TerraformProject.read(tmp_path / "main.tf").prepare("aws_lambda_function.f", {})

    assert prepared.document["Resources"][prepared.logical_id]["Properties"]["Environment"]["Variables"] == {
        "Q": {"Fn::Join": [",", [{"Ref": "AwsSqsQueueQ0"}, {"Ref": "AwsSqsQueueQ1"}]]},
        "N": "0!,1!",
    }


def test_resources_are_gone_through_as_a_whole(tmp_path: Path) -> None:
    """In for expressions, by values() and as what for_each of another resource goes over."""
    (tmp_path / "main.tf").write_text(
        'resource "aws_sqs_queue" "q" {\n  for_each = toset(["a", "b"])\n  name = each.key\n}\n'
        'resource "aws_lambda_function" "f" {\n  for_each = aws_sqs_queue.q\n  filename = "."\n  environment {\n'
        "    variables = merge({ OWN = each.value.url, N = length(aws_sqs_queue.q) },\n"
        "      { for k, q in aws_sqs_queue.q : upper(k) => q.arn },\n"
        '      { ALL = join(",", values(aws_sqs_queue.q)[*].name) })\n  }\n}\n'
    )
    prepared = TerraformProject.read(tmp_path / "main.tf").prepare('aws_lambda_function.f["b"]', {})

    assert prepared.document["Resources"][prepared.logical_id]["Properties"]["Environment"]["Variables"] == {
        "OWN": {"Ref": "AwsSqsQueueQB"},
        "N": "2",
        "A": {"Fn::GetAtt": ["AwsSqsQueueQA", "Arn"]},
        "B": {"Fn::GetAtt": ["AwsSqsQueueQB", "Arn"]},
        "ALL": {"Fn::Join": [",", [{"Fn::GetAtt": [f"AwsSqsQueueQ{key}", "QueueName"]} for key in "AB"]]},
    }


def test_variables_of_an_expression_that_is_not_read_are_told(tmp_path: Path) -> None:
    """The function is tuned without them, or with those that are given."""
    (tmp_path / "main.tf").write_text(
        'resource "aws_lambda_function" "f" {\n  filename = "."\n  environment {\n'
        "    variables = cidrhost(var.a, var.b)\n  }\n}\n"
    )
    prepared = TerraformProject.read(tmp_path / "main.tf").prepare("aws_lambda_function.f", {})

    assert {} == prepared.document["Resources"][prepared.logical_id]["Properties"]["Environment"]["Variables"]
    assert "cidrhost(var.a, var.b) is not read here: give the variables that it makes with --env." in prepared.notes
