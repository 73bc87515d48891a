"""What one function of a template needs, cut out of the template for the local AWS."""

import copy
import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from power_tuner_cli.errors import CliError
from power_tuner_cli.projects.environment import set_environment, variables_with
from power_tuner_cli.projects.needs import ADDRESSES, Needs, needs_of, referred
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
        "AWS::DynamoDB::GlobalTable",
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
_SOURCES = frozenset({"AWS::SSM::Parameter", "AWS::SecretsManager::Secret"})
# A type that is not made, and that SAM leaves alone: its resources have a name.
_ADDRESS = "AWS::ApiGatewayV2::Api"
# APIs that SAM makes of a function's events.
_IMPLICIT = ("ServerlessRestApi", "ServerlessHttpApi")


@dataclass(frozen=True, slots=True)
class Excerpt:
    """The part of a template that one function needs.

    Attributes:
        document: The part, as a template.
        left_out: The logical ids that are not in it.
        addresses: What calls the function and it has the address of, which leads nowhere here, with its variables.
    """

    document: dict[str, Any]
    left_out: tuple[str, ...]
    addresses: Mapping[str, tuple[str, ...]]


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
        return kind not in _CALLERS | ADDRESSES and (kind in _SAM_MAKES or makes(kind))

    needs = needs_of(document, logical_id, makeable)
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
    addresses = {name: _variables_with(document, logical_id, name) for name in needs.addresses(resources)}
    for name in needs.named_only:
        kind = resources[name]["Type"]
        resources[name] = {"Type": _ADDRESS if kind in ADDRESSES or "::Serverless::" in kind else kind}
    resources.update({name: {"Type": _ADDRESS} for name in needs.generated})
    kept |= needs.generated
    left_out = tuple(name for name in resources if name not in kept | made.keys())
    document["Outputs"] = {
        name: each
        for name, each in (document.get("Outputs") or {}).items()
        if not list(imports_in(each)) and set(referred(each, document)) <= kept
    }
    first = _sources_of_values(document, kept, logical_id)
    document["Resources"] = {name: _independent(resources[name], kept) for name in resources if name in kept}
    if first:
        body = document["Resources"][logical_id]
        body["DependsOn"] = sorted({*body.get("DependsOn", ()), *first})
    for section in ("Rules", "Hooks", "Metadata"):
        document.pop(section, None)
    return Excerpt(document, left_out, addresses)


def _unresolved(resources: Mapping[str, Any], needs: Needs) -> Iterator[str]:
    for name in needs.wanted_by:
        for export in imports_in(resources[name]["Properties"]):
            shown = export if isinstance(export, str) else _shown(export)
            given = f"--parameter {shown}=VALUE" if isinstance(export, str) else "--env for the variable that has it"
            yield f"{name}: the value {shown}, which is not known here. Give it with {given}."


def _with_what_is_used_by_name(document: dict[str, Any], needs: Needs, makeable: Callable[[str], bool]) -> set[str]:
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
            if not set(referred(resources[name]["Properties"], document)) <= kept | candidates
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
        others = set(referred(resources[name]["Properties"], document)) - seen
        return function in others or any(needs_it(each, seen | others) for each in others)

    return [name for name in sorted(kept) if resources[name]["Type"] in _SOURCES and not needs_it(name)]


def _independent(body: Mapping[str, Any], kept: set[str]) -> dict[str, Any]:
    """Return a resource that waits for nothing that is left out."""
    waits = body.get("DependsOn", [])
    there = [name for name in ([waits] if isinstance(waits, str) else waits) if isinstance(name, str) and name in kept]
    rest = {key: value for key, value in body.items() if key != "DependsOn"}
    return {**rest, "DependsOn": there} if there else rest


def _problem(document: Mapping[str, Any], function: str, name: str, wanted_by: str) -> str:
    """Return what is needed and not made here, with what helps: values for the variables that refer to it."""
    options = [f"--env {each}=VALUE" for each in _variables_with(document, function, name)]
    advice = f"give {wanted_by} another value with --env, in place of what refers to {name}"
    if options and wanted_by == function:
        advice = f"give {' '.join(options)}, in place of what refers to it"
    return f"{name} ({document['Resources'][name]['Type']}), for {wanted_by}. What helps: {advice}."


def _variables_with(document: Mapping[str, Any], function: str, name: str) -> tuple[str, ...]:
    """Return the function's variables that refer to a resource."""
    return tuple(variables_with(document, function, lambda value: name in referred(value, document)))


def _transformed(document: Mapping[str, Any], function: str, needs: Needs) -> Iterator[str]:
    shared = global_function(document)
    for name in needs.wanted_by:
        properties = document["Resources"][name]["Properties"] if name not in needs.named_only else {}
        for transform in transforms_in([properties, shared if name == function else {}]):
            yield f"{name}: what {transform} makes, which only AWS can run. What helps: write it into the template."


def _shown(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value)
    return re.sub(r"\s+", " ", text)[:120]
