"""What a function of a template refers to, directly or by a detour."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from power_tuner_cli.errors import CliError
from power_tuner_cli.projects.template_file import global_function

# What calls functions. Those that have its address mostly tell it to somebody: a link, a header.
ADDRESSES = frozenset(
    {
        "AWS::ApiGateway::Deployment",
        "AWS::ApiGateway::DomainName",
        "AWS::ApiGateway::RestApi",
        "AWS::ApiGateway::Stage",
        "AWS::ApiGatewayV2::Api",
        "AWS::ApiGatewayV2::DomainName",
        "AWS::ApiGatewayV2::Stage",
        "AWS::CloudFront::Distribution",
        "AWS::Lambda::Url",
        "AWS::Serverless::Api",
        "AWS::Serverless::HttpApi",
        "AWS::Serverless::WebSocketApi",
    }
)
_RIGHTS = frozenset({"AWS::IAM::ManagedPolicy", "AWS::IAM::Policy", "AWS::IAM::Role"})


@dataclass(slots=True)
class Needs:
    """What a function needs.

    Attributes:
        wanted_by: Each resource, in the order in which it was found, with the one that refers to it.
        named_only: Those of which a name is enough, as they are not made here.
        used: Those whose value somebody has, not only a policy.
        generated: What SAM would make of an address that is not made, under the name that is referred to.
    """

    wanted_by: dict[str, str] = field(default_factory=dict)
    named_only: set[str] = field(default_factory=set)
    used: set[str] = field(default_factory=set)
    generated: set[str] = field(default_factory=set)

    def addresses(self, resources: Mapping[str, Any]) -> list[str]:
        """Return the addresses that somebody has."""
        return [name for name in self.wanted_by if name in self.used and resources[name]["Type"] in ADDRESSES]


def needs_of(document: Mapping[str, Any], logical_id: str, makeable: Callable[[str], bool]) -> Needs:
    """Return what a function needs; policies need names only, and so does who tells an address."""
    needs = Needs({logical_id: logical_id})
    resources = document["Resources"]
    shared = global_function(document)
    queue = [logical_id]
    while queue:
        name = queue.pop(0)
        body = resources[name]
        own = {"Properties": body["Properties"], "Globals": shared} if name == logical_id else body["Properties"]
        for raw, is_right in _references_of(body["Type"], own, document):
            if not is_right and not makeable(name):
                continue
            referred_to = _origin(raw, resources)
            is_address = resources[referred_to]["Type"] in ADDRESSES
            if is_address and raw != referred_to:
                needs.generated.add(raw)
            if not is_right:
                needs.used.add(referred_to)
            if referred_to not in needs.wanted_by:
                needs.wanted_by[referred_to] = name
                if is_address or (is_right and not makeable(referred_to)):
                    needs.named_only.add(referred_to)
                    continue
                queue.append(referred_to)
            elif not is_right and not is_address and referred_to in needs.named_only:
                needs.named_only.discard(referred_to)
                needs.wanted_by[referred_to] = name
    return needs


def referred(value: Any, document: Mapping[str, Any]) -> Iterator[str]:
    """Yield the resources of the document that a value refers to; SAM's generated ones stand for their origin."""
    for name in _names(value, document):
        yield _origin(name, document["Resources"])


def _names(value: Any, document: Mapping[str, Any]) -> Iterator[str]:
    """Yield the names of resources that a value refers to, as they stand there."""
    from power_tuner_local.cloudformation.template_values import references

    aside = document.get("Parameters") or {}
    for name, _ in references(value):
        if name in document["Resources"] or (name not in aside and not name.startswith("AWS::")):
            yield name


def _origin(name: str, resources: Mapping[str, Any]) -> str:
    """Return the resource of the document that a name means, or that SAM makes what has the name of."""
    origins = [name] if name in resources else [each for each in resources if name.startswith(each)]
    if not origins:
        raise CliError(
            f"The template refers to {name}, which it does not have. If a tool makes it, give --env for the variable "
            f"that has it, or --layer {name}=PATH."
        )
    return max(origins, key=len)


def _references_of(kind: str, value: Any, document: Mapping[str, Any]) -> Iterator[tuple[str, bool]]:
    """Yield the names that a value refers to, and whether that only says what somebody may do."""
    if kind in _RIGHTS:
        for name in _names(value, document):
            yield name, document["Resources"][_origin(name, document["Resources"])]["Type"] not in _RIGHTS
        return
    policies, others = _apart(value)
    for name in _names(others, document):
        yield name, False
    for name in _names(policies, document):
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
