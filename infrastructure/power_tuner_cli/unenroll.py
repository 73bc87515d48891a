"""The command `power-tuner unenroll`: functions that are no longer tuned automatically."""

from collections.abc import Sequence
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Annotated

import typer

from power_tuner.aws import object_keys
from power_tuner.tuning.arn import name_of
from power_tuner_cli import options
from power_tuner_cli.cloud import AwsOptions, Cloud, TunerStack, open_app
from power_tuner_cli.console import open_screen
from power_tuner_cli.errors import CliError
from power_tuner_cli.function_selection import arns_with_tags, is_pattern, require_selection

if TYPE_CHECKING:
    from power_tuner.automation.profile import Profile


@options.on_aws
def unenroll(
    functions: options.Functions = None,
    *,
    tags: Annotated[
        list[str] | None,
        typer.Option(
            "--tag",
            metavar="KEY=VALUE",
            help="All enrolled functions with this tag; may be repeated, then all must hold; with a pattern both.",
        ),
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only list what would be taken out.")] = False,
    as_json: options.Json = False,
    aws_options: AwsOptions,
) -> None:
    """Stop tuning functions automatically; their history stays."""
    from power_tuner_cli.cloud import open_stack

    screen = open_screen(as_json=as_json)
    names = functions or []
    require_selection(names, tags or ())
    cloud, stack = open_stack(aws_options)
    found = _selected(cloud, stack, names, tags or ())
    for arn, known in found.items():
        if not dry_run:
            _take_out(cloud, stack, arn, known)
    documents = [{"targetArn": arn, "enrolled": dry_run} for arn in found]
    # One that is named is one document, as it always was.
    alone = len(names) == 1 and not tags and not is_pattern(names[0])
    screen.print_json(documents[0] if alone else documents)
    for arn, known in found.items():
        screen.print_message(f"{arn} {'would no longer be' if dry_run else 'is no longer'} enrolled.")
        if known and known.enrolled_by == "tag":
            screen.print_message(
                "It has the tag power-tuning, which enrolls it again at its next deployment: remove the tag too."
            )


def _selected(
    cloud: Cloud, stack: TunerStack, names: Sequence[str], tags: Sequence[str]
) -> "dict[str, Profile | None]":
    """Return the enrolled functions that are meant, each with its profile; None for one that cannot be read.

    Raises:
        CliError: One that is named is not enrolled, or none matches.
    """
    patterns = [name for name in names if is_pattern(name)] or (["*"] if tags else [])
    found = {arn: known for name in names if not is_pattern(name) for arn, known in [_named(cloud, stack, name)]}
    if patterns:
        tagged = set(arns_with_tags(cloud, tags)) if tags else None
        enrolled = dict(sorted(open_app(cloud, stack).profiles.enrolled(), key=lambda each: each[0]))
        enrolled = {arn: each for arn, each in enrolled.items() if tagged is None or arn in tagged}
        for pattern in patterns:
            matching = {arn: each for arn, each in enrolled.items() if fnmatchcase(name_of(arn), pattern)}
            if not matching:
                told = " with ".join([repr(pattern), *(f"--tag {tag}" for tag in tags)])
                raise CliError(f"No enrolled function matches {told}. `power-tuner enrolled` lists them.")
            found |= matching
    return found


def _named(cloud: Cloud, stack: TunerStack, name: str) -> "tuple[str, Profile | None]":
    from power_tuner.errors import InvalidInput
    from power_tuner_cli.run_results import function_arn

    arn = function_arn(name, stack)
    try:
        known = open_app(cloud, stack).profiles.get(arn)
    except InvalidInput:
        return arn, None
    if known is None:
        raise CliError(f"{arn} is not enrolled. `power-tuner enrolled` lists the functions that are.")
    return arn, known


def _take_out(cloud: Cloud, stack: TunerStack, arn: str, known: "Profile | None") -> None:
    """Delete a profile, and the payload that was put into S3 for it."""
    open_app(cloud, stack).profiles.delete(arn)
    uri = str(known.run_input.get("payloadS3") or "") if known else ""
    bucket_uri = f"s3://{stack.settings.bucket_name}/"
    if uri.startswith(f"{bucket_uri}{object_keys.PAYLOADS}"):
        cloud.client("s3").delete_object(Bucket=stack.settings.bucket_name, Key=uri.removeprefix(bucket_uri))
