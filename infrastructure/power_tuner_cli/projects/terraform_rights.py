"""The rights that Terraform's files give a function's role, as CloudFormation writes them."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from power_tuner_cli.projects.terraform_blocks import Block
from power_tuner_cli.projects.terraform_functions import TerraformFunction
from power_tuner_cli.projects.terraform_module import Module
from power_tuner_cli.projects.terraform_resources import POLICY_DOCUMENT, logical_id
from power_tuner_cli.projects.terraform_terms import join

ANYTHING = [{"Effect": "Allow", "Action": "*", "Resource": "*"}]
_TRUST = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}],
}
_OF_AWS = re.compile(r"arn:aws[a-z-]*:iam::aws:policy/.+")
_PART = re.compile("\0(\\d+)\0")
_KEYS = {
    "sid": "Sid",
    "actions": "Action",
    "not_actions": "NotAction",
    "resources": "Resource",
    "not_resources": "NotResource",
}


@dataclass(slots=True)
class Rights:
    """What a role may do.

    Attributes:
        statements: Of the policies that the files have.
        managed: ARNs of policies that AWS manages.
        unread: What is not in the files, and is allowed whatever it may be.
    """

    statements: list[dict[str, Any]] = field(default_factory=list)
    managed: list[Any] = field(default_factory=list)
    unread: list[str] = field(default_factory=list)

    def role(self) -> dict[str, Any]:
        """Return the role as a resource of a template."""
        document = {"Version": "2012-10-17", "Statement": self.statements}
        return {
            "Type": "AWS::IAM::Role",
            "Properties": {
                "AssumeRolePolicyDocument": _TRUST,
                "ManagedPolicyArns": self.managed,
                "Policies": [{"PolicyName": "rights", "PolicyDocument": document}] if self.statements else [],
            },
        }


def rights_of(root: Module, function: TerraformFunction, given: Mapping[str, Any]) -> Rights | None:
    """Return the rights of a function's role; None if the files do not have the role.

    Args:
        root: The root module.
        function: The function.
        given: Values that people gave, also for what is not known here.
    """
    reader = _Reader(root, given)
    if function.block.kind == "module":
        return reader.of_call(function)
    role = function.get("role")
    for module in root.every():
        for block in module.of_kind("resource", "aws_iam_role"):
            if role == {"Fn::GetAtt": [logical_id(module.address(block)), "Arn"]}:
                return reader.of_role(module, block)
    return None


class _Reader:
    """Reads the policies of a configuration."""

    def __init__(self, root: Module, given: Mapping[str, Any]) -> None:
        self._modules = list(root.every())
        self._given = given
        self._rights = Rights()

    def of_role(self, module: Module, block: Block) -> Rights:
        role = {"Ref": logical_id(module.address(block))}
        for each in block.inner("inline_policy"):
            self._add(module.attribute(each, "policy"))
        for arn in _list(module.attribute(block, "managed_policy_arns")):
            self._attach(arn)
        for other, each in self._every("aws_iam_role_policy"):
            if other.attribute(each, "role") == role:
                self._add(other.attribute(each, "policy"))
        for kind in ("aws_iam_role_policy_attachment", "aws_iam_policy_attachment"):
            for other, each in self._every(kind):
                roles = [other.attribute(each, "role"), *_list(other.attribute(each, "roles"))]
                # One that is not known may be this one.
                if role in roles or any(isinstance(one, dict) and "Fn::ImportValue" in one for one in roles):
                    self._attach(other.attribute(each, "policy_arn"))
        return self._rights

    def of_call(self, function: TerraformFunction) -> Rights:
        """Return what a call of terraform-aws-modules/lambda/aws gives its function."""
        if function.get("lambda_role") is not None:
            self._all_of("the role that lambda_role names")
        statements = function.get("policy_statements")
        for each in statements.values() if isinstance(statements, dict) else _list(statements):
            self._add_statement({**each, "effect": each.get("effect", "Allow")} if isinstance(each, dict) else {})
        for document in (function.get("policy_json"), *_list(function.get("policy_jsons"))):
            self._add(document)
        for arn in (function.get("policy"), *_list(function.get("policies"))):
            self._attach(arn)
        return self._rights

    def _every(self, kind: str) -> Iterator[tuple[Module, Block]]:
        for module in self._modules:
            for block in module.of_kind("resource", kind):
                yield module, block

    def _attach(self, arn: Any) -> None:
        """Add what a policy allows, by its ARN."""
        if arn is None:
            return
        if isinstance(arn, str) and _OF_AWS.fullmatch(arn):
            self._rights.managed.append(arn)
            return
        for module, block in self._every("aws_iam_policy"):
            if arn == {"Ref": logical_id(module.address(block))}:
                self._add(module.attribute(block, "policy"))
                return
        self._all_of(_name(arn))

    def _add(self, document: Any) -> None:
        """Add what a policy's document allows."""
        if document is None:
            return
        if isinstance(document, dict) and POLICY_DOCUMENT in document:
            self._add_data(document[POLICY_DOCUMENT])
        elif (policy := _policy(document)) is None:
            self._all_of(_name(document))
        else:
            for each in _list(policy.get("Statement")) or [policy.get("Statement")]:
                self._keep(each)

    def _add_data(self, address: str) -> None:
        for module in self._modules:
            for block in module.of_kind("data", "aws_iam_policy_document"):
                if module.address(block) != address:
                    continue
                for name in ("source_policy_documents", "override_policy_documents"):
                    for each in _list(module.attribute(block, name)):
                        self._add(each)
                for each in block.inner("statement"):
                    names = (*_KEYS, "effect")
                    told = {name: module.attribute(each, name) for name in names if name in each.attributes}
                    conditions = [
                        [module.attribute(condition, name) for name in ("test", "variable", "values")]
                        for condition in each.inner("condition")
                    ]
                    self._add_statement(told, conditions)

    def _add_statement(self, told: Mapping[str, Any], conditions: Sequence[Sequence[Any]] = ()) -> None:
        """Add a statement in Terraform's words."""
        statement = {_KEYS[name]: each for name, each in told.items() if name in _KEYS and each is not None}
        found: dict[str, dict[str, Any]] = {}
        for test, variable, values in conditions:
            found.setdefault(str(test), {})[str(variable)] = values
        self._keep({"Effect": told.get("effect") or "Allow", **statement, **({"Condition": found} if found else {})})

    def _keep(self, statement: Any) -> None:
        """Add a statement; what is not known of it is any action, any resource, or no condition."""
        if not isinstance(statement, dict) or not {"Action", "NotAction"} & statement.keys():
            return
        found = {key: each for key, each in statement.items() if key != "Principal"}
        for key in [key for key, each in found.items() if any(True for _ in self._missing(each))]:
            self._rights.unread += [name for name in self._missing(found[key]) if name not in self._rights.unread]
            if key == "Condition":
                del found[key]
            elif found.get("Effect") == "Deny":
                return
            else:
                found[key.removeprefix("Not")] = "*"
                if key.startswith("Not"):
                    del found[key]
        self._rights.statements.append(found)

    def _missing(self, value: Any) -> Iterator[str]:
        """Yield the names of what is not known of a value."""
        if isinstance(value, dict) and "Fn::ImportValue" in value:
            if _name(value) not in self._given:
                yield _name(value)
        elif isinstance(value, dict | list):
            for each in value.values() if isinstance(value, dict) else value:
                yield from self._missing(each)

    def _all_of(self, name: str) -> None:
        self._rights.unread.append(name)
        self._rights.statements += ANYTHING


def _policy(document: Any) -> dict[str, Any] | None:
    """Return the document of a policy that is text, of which parts may not be there yet; None if it is none."""
    pieces = document.get("Fn::Join", ["", None])[1] if isinstance(document, dict) else [document]
    if not isinstance(pieces, list):
        return None
    parts = [each for each in pieces if not isinstance(each, str)]
    numbers = iter(range(len(parts)))
    text = "".join(each if isinstance(each, str) else f"\0{next(numbers)}\0" for each in pieces)
    try:
        found = _restored(json.loads(text, strict=False), parts)
    except ValueError:
        return None
    return found if isinstance(found, dict) else None


def _restored(node: Any, parts: Sequence[Any]) -> Any:
    if isinstance(node, dict):
        return {key: _restored(each, parts) for key, each in node.items()}
    if isinstance(node, list):
        return [_restored(each, parts) for each in node]
    if not isinstance(node, str) or "\0" not in node:
        return node
    pieces: list[Any] = _PART.split(node)
    pieces[1::2] = [parts[int(number)] for number in pieces[1::2]]
    filled = [each for each in pieces if each != ""]
    return filled[0] if len(filled) == 1 else join(filled)


def _name(value: Any) -> str:
    named = value.get("Fn::ImportValue") if isinstance(value, dict) else value
    text = named if isinstance(named, str) else "".join(map(str, named)) if isinstance(named, list) else str(value)
    return re.sub(r"\s+", " ", text)[:80]


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
