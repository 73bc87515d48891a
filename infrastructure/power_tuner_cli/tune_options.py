"""The options of `power-tuner tune` that become fields of the run's input."""

from pathlib import Path
from typing import Annotated

import typer

_WHAT = "What to measure"
_BEST = "What is best"
_SMART = "Smart mode (without --num)"
_HOW = "How to measure"
_AFTER = "What to do with it"

Num = Annotated[
    int | None,
    typer.Option(
        help="Invocations per power value; without it the tuner decides itself what to invoke (smart mode).",
        show_default="smart mode",
        rich_help_panel=_WHAT,
    ),
]
PowerValues = Annotated[
    str | None,
    typer.Option(
        "--power-values",
        help="Memory sizes in MB, as in 128,256,512, or ALL.",
        show_default="the stack's",
        rich_help_panel=_WHAT,
    ),
]
Payload = Annotated[
    str | None, typer.Option(metavar="JSON|@FILE", help="What the function receives.", rich_help_panel=_WHAT)
]
PayloadFile = Annotated[Path | None, typer.Option(help="The same, from a file.", rich_help_panel=_WHAT)]
PayloadS3 = Annotated[
    str | None, typer.Option(metavar="s3://BUCKET/KEY", help="The same, from S3, however large.", rich_help_panel=_WHAT)
]

Strategy = Annotated[
    str | None,
    typer.Option(
        metavar="cost|speed|balanced|slo|tolerance",
        help="The cheapest, the fastest, a balance, the cheapest within --max-duration-ms, or the fastest that costs "
        "at most --tolerance more than the cheapest.",
        show_default="cost",
        rich_help_panel=_BEST,
    ),
]
BalancedWeight = Annotated[
    float | None,
    typer.Option(help="For balanced: 0 is all speed, 1 is all cost.", show_default="0.5", rich_help_panel=_BEST),
]
MaxDurationMs = Annotated[
    float | None, typer.Option(help="For slo: how long an invocation may take.", rich_help_panel=_BEST)
]
Statistic = Annotated[
    str | None,
    typer.Option(
        metavar="mean|p50|p90|p95|p99",
        help="For slo: what of the duration must stay below.",
        show_default="p95",
        rich_help_panel=_BEST,
    ),
]
Tolerance = Annotated[
    float | None, typer.Option(help="For tolerance: 0.05 is 5 %.", show_default="0.05", rich_help_panel=_BEST)
]

Confidence = Annotated[
    str | None,
    typer.Option(
        metavar="default|high|highest",
        help="How sure to get; surer takes more invocations.",
        show_default="default",
        rich_help_panel=_SMART,
    ),
]
MaxInvocations = Annotated[
    int | None, typer.Option(help="Stop there with the best answer so far.", rich_help_panel=_SMART)
]
MaxCostUsd = Annotated[float | None, typer.Option(help="Stop at this cost of invocations.", rich_help_panel=_SMART)]
MaxDurationSeconds = Annotated[int | None, typer.Option(help="Stop after this long.", rich_help_panel=_SMART)]

Parallel = Annotated[
    bool, typer.Option("--parallel", help="Invoke in parallel; most are then cold.", rich_help_panel=_HOW)
]
OnlyColdStarts = Annotated[
    bool, typer.Option("--only-cold-starts", help="Measure cold starts alone.", rich_help_panel=_HOW)
]
DiscardTopBottom = Annotated[
    float | None,
    typer.Option(help="With --num: share of samples discarded at each end.", show_default="0.2", rich_help_panel=_HOW),
]
SleepBetweenRunsMs = Annotated[
    int | None, typer.Option(help="Pause between two invocations.", show_default="0", rich_help_panel=_HOW)
]
DryRun = Annotated[
    bool, typer.Option("--dry-run", help="Invoke once per power value, decide nothing.", rich_help_panel=_HOW)
]
AllowedExceptions = Annotated[
    list[str] | None,
    typer.Option(metavar="NAME", help="An error of the function that counts as success.", rich_help_panel=_HOW),
]
PreProcessor = Annotated[
    str | None,
    typer.Option(
        metavar="FUNCTION", help="Invoked before each invocation; may give its payload.", rich_help_panel=_HOW
    ),
]
PostProcessor = Annotated[
    str | None,
    typer.Option(metavar="FUNCTION", help="Invoked after each invocation with its output.", rich_help_panel=_HOW),
]
DisablePayloadLogs = Annotated[
    bool,
    typer.Option(
        "--disable-payload-logs", help="Keep what the function says out of logs and errors.", rich_help_panel=_HOW
    ),
]

IncludeOutputResults = Annotated[
    bool,
    typer.Option(
        "--include-output-results", help="List all averages in the execution's output.", rich_help_panel=_AFTER
    ),
]
AutoOptimize = Annotated[
    bool,
    typer.Option("--auto-optimize", help="Set the function to the best value afterwards.", rich_help_panel=_AFTER),
]
AutoOptimizeAlias = Annotated[
    str | None,
    typer.Option(metavar="NAME", help="With it: publish a version and point this alias to it.", rich_help_panel=_AFTER),
]
