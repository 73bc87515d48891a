"""The table of what each mode of the stack may do."""

from pathlib import Path

from power_tuner_cli.deployment.rights import MODES, Grant, granted
from power_tuner_cli.deployment.template import Template


def table(path: Path) -> str:
    """Return a table in Markdown: each action, on what, and in which modes."""
    template = Template.read(path)
    by_mode = {mode: granted(template, {"mode": mode}) for mode in MODES}
    lines = ["| who | action | on | measure | advise | apply |\n|---|---|---|---|---|---|\n"]
    for who, action, resources in dict.fromkeys(by_mode["apply"]):
        modes = " | ".join("yes" if Grant(who, action, resources) in by_mode[mode] else "" for mode in MODES)
        lines.append(f"| {who} | `{action}` | {', '.join(f'`{each}`' for each in resources)} | {modes} |\n")
    return "".join(lines)
