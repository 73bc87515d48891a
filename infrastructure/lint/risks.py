"""What cloudsplaining finds in the roles of the expanded template: each finding is explained, or the check fails.

``python -m lint.risks build/expanded.json``, with cloudsplaining installed. What is limited to some resources, or by a
condition, is judged too; cloudsplaining leaves that out by default.
"""

import json
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from cloudsplaining.scan.policy_document import PolicyDocument

from generate.powers import EVERYTHING, POWERS
from power_tuner_cli.deployment.rights import MODES
from power_tuner_cli.deployment.template import Template

# Kinds of findings that nothing explains here: there must be none.
_NEVER = (
    "allows_privilege_escalation",
    "permissions_management_without_constraints",
    "credentials_exposure",
    "service_wildcard",
)
_LISTED = "docs/threat-model.md says what it amounts to, and docs/deploy-modes.md on which resources"
_READS = {
    "s3:GetObject": "plans, samples and payloads in the stack's own bucket, and what payloadS3Bucket names",
    "ssm:GetParameter": "below ssmParameterPrefix only, to remember the value for a rollback; no event tells it",
}
_WRITES = {action: _LISTED for action, _ in POWERS} | {
    "sqs:SendMessage": "to the stack's own queue of dead letters, by functions and schedules that could not be called",
}
EXPLAINED: Mapping[str, Mapping[str, str]] = {
    "allows_data_exfiltration_actions": _READS,
    "infrastructure_modification": _WRITES,
}


def main() -> int:
    """Print each finding once, with who has it; return 1 if one is unexplained."""
    template = Template.read(Path(sys.argv[1]))
    found: dict[tuple[str, str], set[str]] = {}
    for mode in MODES:
        for role, resource in template.resources(EVERYTHING | {"mode": mode}).items():
            if resource["Type"] in {"AWS::IAM::Role", "AWS::IAM::Policy"}:
                properties = resource["Properties"]
                for kind, action in _findings(properties.get("Policies") or [properties]):
                    found.setdefault((kind, action), set()).add(role)
    unexplained = 0
    for (kind, action), roles in sorted(found.items()):
        why = EXPLAINED.get(kind, {}).get(action)
        unexplained += why is None
        sys.stdout.write(f"{kind} {action} ({', '.join(sorted(roles))}): {why or 'NOT EXPLAINED'}\n")
    sys.stdout.write(f"{len(found)} findings, {unexplained} not explained; none of {', '.join(_NEVER)} is allowed\n")
    return int(unexplained > 0 or not found)


def _findings(policies: Any) -> Iterator[tuple[str, str]]:
    for policy in (each for each in policies if "PolicyDocument" in each):
        document = {**policy["PolicyDocument"], "Statement": [*map(_statement, policy["PolicyDocument"]["Statement"])]}
        judged = PolicyDocument(document, flag_conditional_statements=True, flag_resource_arn_statements=True)
        for kind in (*_NEVER, *EXPLAINED):
            for each in getattr(judged, kind):
                yield kind, each if isinstance(each, str) else json.dumps(each)


def _statement(statement: Mapping[str, Any]) -> dict[str, Any]:
    """Return a statement with references to resources as text."""
    named = {name: statement[name] for name in ("Resource", "NotResource") if name in statement}
    texts = {
        name: [
            each if isinstance(each, str) else json.dumps(each)
            for each in (value if isinstance(value, list) else [value])
        ]
        for name, value in named.items()
    }
    return {**statement, **texts}


if __name__ == "__main__":
    sys.exit(main())
