"""A deployment in words: what is created, changed, replaced and removed, with which rights, and at what cost."""

from collections import Counter
from collections.abc import Iterator, Mapping

from power_tuner_cli.deployment.progress import Ending
from power_tuner_cli.deployment.rights import granted, outside
from power_tuner_cli.deployment.stack_change import Plan, ResourceChange, Standing
from power_tuner_cli.deployment.standing_cost import standing_cost
from power_tuner_cli.deployment.template import Template

MODES = {
    "measure": "people and pipelines start runs; nothing is started or applied by itself",
    "advise": "runs are also started by deployments and drift of enrolled functions; decisions are proposed",
    "apply": "runs are also started by deployments and drift of enrolled functions; decisions are applied where a run, "
    "a profile or the stack's autoApply asks for it",
}
_KEEPS_DATA = {
    "AWS::DynamoDB::Table": "history, profiles and leases",
    "AWS::S3::Bucket": "samples, results and reports",
}
_VERBS = {
    ("Add", "no"): "creates",
    ("Modify", "no"): "changes",
    ("Modify", "maybe"): "changes, and perhaps replaces,",
    ("Modify", "yes"): "replaces",
    ("Remove", "no"): "removes",
}
_KINDS = {
    "AWS::CloudWatch::Alarm": "alarm",
    "AWS::CloudWatch::Dashboard": "dashboard",
    "AWS::DynamoDB::Table": "DynamoDB table",
    "AWS::Events::EventBus": "event bus",
    "AWS::Events::Rule": "EventBridge rule",
    "AWS::IAM::Role": "role",
    "AWS::Lambda::Function": "function",
    "AWS::Lambda::LayerVersion": "layer",
    "AWS::Logs::LogGroup": "log group",
    "AWS::S3::Bucket": "S3 bucket",
    "AWS::SQS::Queue": "queue",
    "AWS::Scheduler::Schedule": "schedule",
    "AWS::StepFunctions::StateMachine": "state machine",
}
_OTHER = "policy or permission"
_SHOWN = 12


def plan_lines(plan: Plan, standing: Standing | None, template: Template, values: Mapping[str, str]) -> Iterator[str]:
    """Yield what a plan does to the stack.

    Args:
        plan: The plan.
        standing: The stack, if it is updated.
        template: The template that it is deployed from.
        values: The values of its parameters.
    """
    for (action, replaced), verb in _VERBS.items():
        found = [each for each in plan.changes if (each.action, each.replaced) == (action, replaced)]
        if found:
            yield f"It {verb} {_counted(found)}."
            if not plan.creates:
                yield from _named(found)
    for each in plan.changes:
        if each.resource_type in _KEEPS_DATA and (each.replaced != "no" or each.action == "Remove"):
            what = {"no": "is removed", "maybe": "may be replaced", "yes": "is replaced"}[each.replaced]
            yield (
                f"WARNING: {each.name} ({each.physical_id}) {what}. It holds {_KEEPS_DATA[each.resource_type]}: the "
                "old one is kept, but the tuner reads it no more."
            )
    mode = template.values(values)["mode"]
    yield f"Mode {mode}: {MODES[mode]}."
    yield from _rights(standing, template, values)


def cost_line(template: Template, values: Mapping[str, str]) -> str:
    """Return what the stack costs while nothing runs."""
    cost = standing_cost(template.resources(values))
    items = ", ".join(f"{name} ${usd:.2f}" for name, usd in cost.items.items())
    return (
        f"While nothing runs it costs about ${cost.total_usd:.2f} a month ({items}; list prices of us-east-1, without "
        "the free allowances of the account), and what it stores. A run costs its invocations and under a cent."
    )


def failure_lines(ending: Ending, *, creates: bool, stack_name: str) -> Iterator[str]:
    """Yield why a deployment failed, what is left of it, and what to do."""
    yield f"The deployment failed at {ending.failed or 'the stack'} ({ending.resource_type or ending.status}):"
    yield f"  {ending.reason or 'CloudFormation gave no reason; its console shows all events'}"
    if ending.status.endswith("_FAILED"):
        yield f"The stack {stack_name} is in {ending.status}: continue its rollback in the CloudFormation console."
    elif creates:
        yield "Everything that was created is deleted again."
    else:
        yield "The stack is what it was before."
    yield f"What to do: {_advice(ending)}"


def _advice(ending: Ending) -> str:
    reason = ending.reason.lower()
    if "not authorized" in reason or "accessdenied" in reason or "access denied" in reason:
        return "sign in with a role that may do this, or let somebody who may deploy; then deploy again."
    if "already exists" in reason:
        return "something else has this name: remove it, or choose another --stack-name; then deploy again."
    if "limit" in reason or "quota" in reason:
        return "ask for a higher quota of that service, or remove what is not needed; then deploy again."
    if "boundary" in reason:
        return "check --set permissionsBoundary=ARN; then deploy again."
    return "repair the cause above, then deploy again: it goes on from here."


def _counted(changes: list[ResourceChange]) -> str:
    kinds = Counter(_KINDS.get(each.resource_type, _OTHER) for each in changes)
    counted = [(count, kind) for kind, count in kinds.most_common() if kind != _OTHER]
    words = [f"{count} {kind}{'s' if count > 1 else ''}" for count, kind in counted]
    if others := kinds[_OTHER]:
        words.append("1 policy or permission" if others == 1 else f"{others} policies and permissions")
    return ", ".join(words)


def _named(changes: list[ResourceChange]) -> Iterator[str]:
    for each in changes[:_SHOWN]:
        yield f"  {each.name} ({each.resource_type})"
    if len(changes) > _SHOWN:
        yield f"  and {len(changes) - _SHOWN} more (--json lists all)"


def _rights(standing: Standing | None, template: Template, values: Mapping[str, str]) -> Iterator[str]:
    """Yield what the stack may do outside of itself; of an update, what it gains and loses."""
    now = outside(granted(template, values), template, values)
    if standing is None:
        yield "Its roles may do this outside of the stack, and nothing else:"
        yield from _grants(now)
        return
    known = {name: value for name, value in standing.parameters.items() if name in template.parameters}
    before = outside(granted(template, known), template, known)
    gained, lost = _without(now, before), _without(before, now)
    for heading, grants in (("Its roles gain:", gained), ("Its roles lose:", lost)):
        if grants:
            yield heading
            yield from _grants(grants)


def _grants(grants: Mapping[str, list[str]]) -> Iterator[str]:
    for resource, actions in grants.items():
        yield f"  on {resource}"
        yield f"    {', '.join(actions)}"


def _without(grants: Mapping[str, list[str]], others: Mapping[str, list[str]]) -> dict[str, list[str]]:
    left = {name: [each for each in actions if each not in others.get(name, ())] for name, actions in grants.items()}
    return {name: actions for name, actions in left.items() if actions}
