"""What one function of a template needs, cut out of the template for the local AWS."""

import copy
import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from power_tuner_cli.errors import CliError
from power_tuner_cli.projects.environment import set_environment, variables_with
from power_tuner_cli.projects.template_file import FUNCTION_TYPES, global_function
from power_tuner_cli.projects.template_parameters import imports_in, substitute_imports
from power_tuner_cli.projects.transforms import check_transforms, transforms_in

# SAM's own types that become types which the local AWS makes.
_SAM_MAKES = frozenset(
    {
        "AWS::Serverless::Function",
        "AWS::Serverless::LayerVersion",
        "AWS::Serverless::SimpleTable",
        "AWS::Serverless::StateMachine",
    }
)
# A function can use these by a name that nothing in the template shows, or they say what it may do.
_KEPT = frozenset(
    {
        "AWS::DynamoDB::Table",
        "AWS::Events::EventBus",
        "AWS::IAM::ManagedPolicy",
        "AWS::IAM::Policy",
        "AWS::KMS::Alias",
        "AWS::KMS::Key",
        "AWS::Kinesis::Stream",
        "AWS::Logs::LogGroup",
        "AWS::S3::Bucket",
        "AWS::SNS::Topic",
        "AWS::SQS::Queue",
        "AWS::SSM::Parameter",
        "AWS::SecretsManager::Secret",
        "AWS::Serverless::SimpleTable",
    }
)
# Ways to call a function, which the tuner calls, and where it runs, which is this machine.
_NOT_OF_THE_FUNCTION = (
    "Events",
    "DeploymentPreference",
    "ProvisionedConcurrencyConfig",
    "CodeSigningConfigArn",
    "VpcConfig",
)
_CALLERS = frozenset({"AWS::Lambda::EventSourceMapping", "AWS::CloudFormation::Stack"})
_RIGHTS = frozenset({"AWS::IAM::ManagedPolicy", "AWS::IAM::Policy", "AWS::IAM::Role"})
_SOURCES = frozenset({"AWS::SSM::Parameter", "AWS::SecretsManager::Secret"})
# APIs that SAM makes of a function's events.
_IMPLICIT = ("ServerlessRestApi", "ServerlessHttpApi")


@dataclass(frozen=True, slots=True)
class Excerpt:
    """The part of a template that one function needs.

    Attributes:
        document: The part, as a template.
        left_out: The logical ids that are not in it.
    """

    document: dict[str, Any]
    left_out: tuple[str, ...]


@dataclass(slots=True)
class _Needs:
    """What a function needs: each resource with the one that refers to it."""

    wanted_by: dict[str, str] = field(default_factory=dict)
    named_only: set[str] = field(default_factory=set)


def excerpt(
    template: Mapping[str, Any],
    logical_id: str,
    makes: Callable[[str], bool],
    *,
    environment: Mapping[str, str],
    parameters: Mapping[str, str],
) -> Excerpt:
    """Return the part of a template that one function needs.

    Args:
        template: The template.
        logical_id: The function.
        makes: Tells whether the local AWS makes resources of a type.
        environment: Values that replace variables of the function's environment, or come to them.
        parameters: Values of parameters, and of what other stacks export.

    Raises:
        CliError: The function needs what the local AWS cannot make; the message names it.
    """
    document = copy.deepcopy(dict(template))
    check_transforms(document)
    resources: dict[str, Any] = document["Resources"]
    functions = [body["Properties"] for body in resources.values() if body["Type"] in FUNCTION_TYPES]
    for properties in [*functions, global_function(document)]:
        for name in _NOT_OF_THE_FUNCTION:
            properties.pop(name, None)
    set_environment(document, logical_id, environment)
    made = {name: {"Type": "AWS::Serverless::Api", "Properties": {}} for name in _IMPLICIT if name not in resources}
    resources |= made
    document["Resources"] = resources = substitute_imports(resources, parameters, document)

    def makeable(name: str) -> bool:
        kind = resources[name]["Type"]
        return kind not in _CALLERS and (kind in _SAM_MAKES or makes(kind))

    needs = _needs_of(document, logical_id, makeable)
    problems = [
        _problem(document, logical_id, name, needs.wanted_by[name])
        for name in needs.wanted_by
        if not makeable(name) and name not in needs.named_only
    ]
    problems += list(_unresolved(resources, needs))
    problems += list(_transformed(document, logical_id, needs))
    if problems:
        raise CliError(
            f"{logical_id} cannot be made on the local AWS. It needs:\n" + "\n".join(f"  {each}" for each in problems)
        )
    kept = _with_what_is_used_by_name(document, needs, makeable)
    for name in needs.named_only:
        resources[name] = {"Type": resources[name]["Type"].replace("::Serverless::", "::ApiGatewayV2::")}
    left_out = tuple(name for name in resources if name not in kept | made.keys())
    document["Outputs"] = {
        name: each
        for name, each in (document.get("Outputs") or {}).items()
        if not list(imports_in(each)) and set(_referred(each, document)) <= kept
    }
    first = _sources_of_values(document, kept, logical_id)
    document["Resources"] = {name: _independent(resources[name], kept) for name in resources if name in kept}
    if first:
        body = document["Resources"][logical_id]
        body["DependsOn"] = sorted({*body.get("DependsOn", ()), *first})
    for section in ("Rules", "Hooks", "Metadata"):
        document.pop(section, None)
    return Excerpt(document, left_out)


def _needs_of(document: dict[str, Any], logical_id: str, makeable: Callable[[str], bool]) -> _Needs:
    """Return what a function needs, in the order in which it was found; policies need names only."""
    needs = _Needs({logical_id: logical_id})
    resources = document["Resources"]
    shared = global_function(document)
    queue = [logical_id]
    while queue:
        name = queue.pop(0)
        body = resources[name]
        own = {"Properties": body["Properties"], "Globals": shared} if name == logical_id else body["Properties"]
        for referred, is_right in _references_of(body["Type"], own, document):
            if not is_right and not makeable(name):
                continue
            if referred not in needs.wanted_by:
                needs.wanted_by[referred] = name
                if is_right and not makeable(referred):
                    needs.named_only.add(referred)
                    continue
                queue.append(referred)
            elif not is_right and referred in needs.named_only:
                needs.named_only.discard(referred)
                needs.wanted_by[referred] = name
    return needs


def _references_of(kind: str, value: Any, document: Mapping[str, Any]) -> Iterator[tuple[str, bool]]:
    """Yield the resources that a value refers to, and whether that only says what somebody may do."""
    if kind in _RIGHTS:
        for name in _referred(value, document):
            yield name, document["Resources"][name]["Type"] not in _RIGHTS
        return
    policies, others = _apart(value)
    for name in _referred(others, document):
        yield name, False
    for name in _referred(policies, document):
        yield name, True


def _apart(value: Any) -> tuple[list[Any], Any]:
    """Return the policies of SAM functions and state machines, and the rest."""
    if not isinstance(value, dict):
        return [], value
    found, rest = [], {}
    for key, each in value.items():
        if key in {"Properties", "Globals"}:
            inner, rest[key] = _apart(each)
            found += inner
        elif key in {"Policies", "Connectors"}:
            found.append(each)
        else:
            rest[key] = each
    return found, rest


def _referred(value: Any, document: Mapping[str, Any]) -> Iterator[str]:
    """Yield the resources of the document that a value refers to; SAM's generated ones stand for their origin."""
    from power_tuner_local.cloudformation.template_values import references

    resources = document["Resources"]
    aside = document.get("Parameters") or {}
    for name, _ in references(value):
        if name in resources:
            yield name
        elif name not in aside and not name.startswith("AWS::"):
            origins = [each for each in resources if name.startswith(each)]
            if not origins:
                raise CliError(f"The template refers to {name}, which it does not have.")
            yield max(origins, key=len)


def _unresolved(resources: Mapping[str, Any], needs: _Needs) -> Iterator[str]:
    for name in needs.wanted_by:
        for export in imports_in(resources[name]["Properties"]):
            shown = export if isinstance(export, str) else _shown(export)
            given = f"--parameter {shown}=VALUE" if isinstance(export, str) else "--env for the variable that has it"
            yield f"{name}: the value {shown}, which is not known here. Give it with {given}."


def _with_what_is_used_by_name(document: dict[str, Any], needs: _Needs, makeable: Callable[[str], bool]) -> set[str]:
    """Return what is kept: what the function needs, and what it can use without the template showing it."""
    resources = document["Resources"]
    kept = set(needs.wanted_by)
    candidates = {
        name
        for name, body in resources.items()
        if name not in kept and body["Type"] in _KEPT and makeable(name) and not list(imports_in(body["Properties"]))
    }
    while True:
        broken = {
            name
            for name in candidates
            if not set(_referred(resources[name]["Properties"], document)) <= kept | candidates
        }
        if not broken:
            return kept | candidates
        candidates -= broken


def _sources_of_values(document: Mapping[str, Any], kept: set[str], function: str) -> list[str]:
    """Return the parameters and secrets that a function may name in a dynamic reference, which tells no order."""
    resources = document["Resources"]
    if "{{resolve:" not in json.dumps([resources[function]["Properties"], global_function(document)]):
        return []

    def needs_it(name: str, seen: frozenset[str] = frozenset()) -> bool:
        referred = set(_referred(resources[name]["Properties"], document)) - seen
        return function in referred or any(needs_it(each, seen | referred) for each in referred)

    return [name for name in sorted(kept) if resources[name]["Type"] in _SOURCES and not needs_it(name)]


def _independent(body: Mapping[str, Any], kept: set[str]) -> dict[str, Any]:
    """Return a resource that waits for nothing that is left out."""
    waits = body.get("DependsOn", [])
    there = [name for name in ([waits] if isinstance(waits, str) else waits) if isinstance(name, str) and name in kept]
    rest = {key: value for key, value in body.items() if key != "DependsOn"}
    return {**rest, "DependsOn": there} if there else rest


def _problem(document: Mapping[str, Any], function: str, name: str, wanted_by: str) -> str:
    """Return what is needed and not made here, with what helps: values for the variables that refer to it."""

    def refers(value: Any) -> bool:
        return name in _referred(value, document)

    options = [f"--env {each}=VALUE" for each in variables_with(document, function, refers)]
    advice = f"give {wanted_by} another value with --env, in place of what refers to {name}"
    if options and wanted_by == function:
        advice = f"give {' '.join(options)}, in place of what refers to it"
    return f"{name} ({document['Resources'][name]['Type']}), for {wanted_by}. What helps: {advice}."


def _transformed(document: Mapping[str, Any], function: str, needs: _Needs) -> Iterator[str]:
    shared = global_function(document)
    for name in needs.wanted_by:
        properties = document["Resources"][name]["Properties"] if name not in needs.named_only else {}
        for transform in transforms_in([properties, shared if name == function else {}]):
            yield f"{name}: what {transform} makes, which only AWS can run. What helps: write it into the template."


def _shown(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value)
    return re.sub(r"\s+", " ", text)[:120]
