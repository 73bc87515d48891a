"""The bill as a table in the documents."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from samtranslator.yaml_helper import yaml_parse

from bill.lines import FUNCTIONS, Standing, lines, of_fleet, of_one, snap_start_usd, usd_of
from bill.scenes import MEMORIES_MB, NUM
from bill.usage import Usage
from power_tuner import metrics
from power_tuner.report.figures import money_text

_BEGIN = "<!-- make bill writes from here ... -->\n"
_END = "<!-- ... to here -->\n"
_WHOLE_FROM = 100


def standing_of(template: Path) -> Standing:
    """Return what the template deploys that costs by the month, with the metrics that its functions write."""
    document: dict[str, Any] = yaml_parse(template.read_text("utf-8"))  # type: ignore[no-untyped-call]
    kinds = [resource["Type"] for resource in document["Resources"].values()]
    names = {name for name, value in vars(metrics).items() if name.isupper() and isinstance(value, str)}
    return Standing(
        alarms=kinds.count("AWS::CloudWatch::Alarm"),
        dashboards=kinds.count("AWS::CloudWatch::Dashboard"),
        metrics=len(names - {"NAMESPACE"}),
    )


def table(usages: Mapping[str, Usage], standing: Standing) -> str:
    """Return the bill of a run in each mode, and of a fleet in a month."""
    columns = [of_one(usages["classic"]), of_one(usages["smart"]), of_fleet(usages, standing)]
    bills = [usd_of(amounts) for amounts in columns]
    rows = [
        f"| line | list price | run with `num` {NUM} | | smart run | | {FUNCTIONS:,} functions, a month | |",
        "|---|---|--:|--:|--:|--:|--:|--:|",
    ]
    for name, line in lines().items():
        cells = [
            cell
            for amounts, bill in zip(columns, bills, strict=True)
            for cell in (_amount(amounts.get(name, 0.0)), _usd(bill[name]))
        ]
        rows.append(f"| {line.name} | {line.price} | {' | '.join(cells)} |")
    totals = [money_text(sum(bill.values())) for bill in bills]
    rows.append(f"| **together** | | | **{'** | | **'.join(totals)}** |")
    snapshots = snap_start_usd(MEMORIES_MB)
    once, fleet = money_text(snapshots), money_text(FUNCTIONS * snapshots)
    rows.append(f"| SnapStart (Python, .NET), if the targets have it, all sizes | | | {once} | | {once} | | {fleet} |")
    return "\n".join(rows) + "\n"


def inserted(text: str, rows: str) -> str:
    """Return a document with the table in its place."""
    before, _, rest = text.partition(_BEGIN)
    return f"{before}{_BEGIN}{rows}{_END}{rest.partition(_END)[2]}"


def _amount(amount: float) -> str:
    if amount == 0:
        return ""
    if amount >= _WHOLE_FROM or amount == int(amount):
        return f"{amount:,.0f}"
    return f"{amount:.2f}" if amount >= 1 else f"{amount:.6f}".rstrip("0")


def _usd(usd: float) -> str:
    return money_text(usd) if usd else ""
