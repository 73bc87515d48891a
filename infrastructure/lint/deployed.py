"""What a SAM template becomes in CloudFormation, for rules that judge what is really deployed."""

from __future__ import annotations

import json
import logging
import os
import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any
from unittest import mock

from cfnlint.rules import CloudFormationLintRule, RuleMatch
from samtranslator.model.exceptions import InvalidDocumentException
from samtranslator.translator.managed_policy_translator import ManagedPolicyLoader
from samtranslator.translator.transform import transform

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from cfnlint.template import Template

# The translator wants code in S3 where sam would have put it; where it lies does not matter to a rule.
ARTIFACTS = {
    "AWS::Serverless::Function": "CodeUri",
    "AWS::Serverless::LayerVersion": "ContentUri",
    "AWS::Serverless::StateMachine": "DefinitionUri",
}
REFERENCE = re.compile(r"\$\{([A-Za-z0-9]+)(?:\.[A-Za-z0-9.]+)?\}")

Problem = tuple[str, str]


class NoManagedPolicies(ManagedPolicyLoader):
    """AWS's managed policies by name; those that SAM attaches by itself are built in."""

    def __init__(self) -> None:
        self._policy_map = {}


@dataclass(frozen=True, slots=True)
class Deployed:
    """The resources of a template after the SAM transform."""

    resources: Mapping[str, Mapping[str, Any]]
    metadata: Mapping[str, Any]
    written: frozenset[str]

    @classmethod
    def of(cls, template: Mapping[str, Any]) -> Deployed:
        """Transform a template as SAM would."""
        return _deployed(json.dumps(template, default=str))

    def of_type(self, *types: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
        """Yield logical id and properties of each resource of these types."""
        for name, resource in self.resources.items():
            if resource["Type"] in types:
                yield name, resource.get("Properties", {})

    def named_in(self, value: object) -> list[str]:
        """Return the logical ids of this template's resources that a property value refers to, in order."""
        return [name for name in REFERENCE.findall(as_text(value)) if name in self.resources]

    def properties(self, name: str, *types: str) -> Mapping[str, Any]:
        """Return the properties of a resource if it is of one of these types."""
        return dict(self.of_type(*types)).get(name, {})

    def path(self, name: str) -> list[str | int]:
        """Return where the reader finds the cause: the resource as written that this one was made from."""
        origins = [each for each in self.written if name.startswith(each)]
        return ["Resources", max(origins, key=len)] if origins else ["Resources"]


@lru_cache(maxsize=1)  # every rule asks for the same template
def _deployed(template: str) -> Deployed:
    source = json.loads(template)
    written = frozenset(source["Resources"])
    if source.pop("Transform", None):
        source.pop("Globals", None)  # cfn-lint has merged them already
        for resource in source["Resources"].values():
            if artifact := ARTIFACTS.get(resource["Type"]):
                resource["Properties"][artifact] = "s3://bucket/key"
        parameters = {name: each.get("Default", "") for name, each in source.get("Parameters", {}).items()}
        logging.getLogger("samtranslator.metrics").setLevel(logging.ERROR)  # warns that nobody publishes them
        with mock.patch.dict(os.environ, AWS_DEFAULT_REGION="us-east-1"):
            source = transform(source, parameters, NoManagedPolicies())
    return Deployed(source["Resources"], source.get("Metadata", {}), written)


class Rule(CloudFormationLintRule):
    """A rule about the deployed template; its problems are pairs of logical id and message."""

    def match(self, cfn: Template) -> list[RuleMatch]:
        """Run the rule on the template that cfn-lint has read."""
        try:
            deployed = Deployed.of(cfn.template)
        except InvalidDocumentException:
            return []  # NotTransformable speaks for all
        return [RuleMatch(deployed.path(name), f"{name}: {message}") for name, message in self.problems(deployed)]

    def problems(self, deployed: Deployed) -> Iterator[Problem]:
        """Yield what is wrong."""
        raise NotImplementedError


def as_text(value: object) -> str:
    """Write a property value as one string, references as `${Name}` or `${Name.Attribute}`."""
    match value:
        case str(text) | {"Fn::Sub": [str(text), *_]} | {"Fn::Sub": str(text)}:
            return text
        case {"Ref": str(path)} | {"Fn::GetAtt": str(path)}:
            return f"${{{path}}}"
        case {"Fn::GetAtt": [*path]}:
            return f"${{{'.'.join(map(str, path))}}}"
        case {"Fn::Join": [str(separator), [*parts]]}:
            return separator.join(map(as_text, parts))
        case _:
            return json.dumps(value, default=str)


def is_on(value: object) -> bool:
    """Tell whether a property is true; YAML and JSON templates write it as boolean or text."""
    return value is True or str(value).lower() == "true"


def as_list(value: Any) -> list[Any]:
    """Return one or many values as a list, with those of both branches of an `If`; nothing is an empty list."""
    match value:
        case None | {"Ref": "AWS::NoValue"}:
            return []
        case {"Fn::If": [_, then, otherwise]}:
            return as_list(then) + as_list(otherwise)
        case [*values]:
            return [each for one in values for each in as_list(one)]
        case _:
            return [value]
