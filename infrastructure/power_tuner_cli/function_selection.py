"""Which functions a command is for: named one by one, by pattern, or by tag."""

from collections.abc import Callable, Iterator, Sequence
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from power_tuner.tuning.arn import name_of, parse_function_reference
from power_tuner_cli.errors import CliError

if TYPE_CHECKING:
    from power_tuner_cli.cloud import Cloud, TunerStack

_WILD = frozenset("*?[")


def require_selection(names: Sequence[str], tags: Sequence[str]) -> None:
    """Check names, patterns and tags before AWS is asked.

    Raises:
        CliError: None is given, or one is not of its form.
    """
    if not names and not tags:
        raise CliError("Name a function, give a pattern such as 'orders-*', or --tag KEY=VALUE.")
    for name in names:
        if is_pattern(name):
            continue
        if parse_function_reference(name) is None:
            raise CliError(f"{name!r} is neither the name nor the ARN of a function, nor a pattern of names.")
        if tags:
            raise CliError(f"{name!r} with --tag: give a pattern or --tag; a function that is named needs no tag.")
    require_tags(tags)


def require_tags(tags: Sequence[str]) -> None:
    """Check the form of tags.

    Raises:
        CliError: One is not of it.
    """
    for tag in tags:
        if not tag.partition("=")[0]:
            raise CliError(f"--tag {tag!r}: give it as KEY=VALUE, or KEY for any value.")


def select_functions(
    cloud: "Cloud",
    stack: "TunerStack",
    names: Sequence[str],
    tags: Sequence[str],
    *,
    exists: Callable[[str], bool],
) -> list[str]:
    """Return the ARNs of the functions, each once, in the order of the names.

    Args:
        cloud: Where they are.
        stack: The tuner's stack; its own functions match no pattern and no tag.
        names: Names, ARNs and patterns of names.
        tags: KEY=VALUE or KEY; all must hold, and with a pattern the pattern too.
        exists: Returns whether there is a function with that ARN.

    Raises:
        CliError: A name stands for no function, or a pattern or tag for none.
    """
    from power_tuner_cli.run_results import function_arn

    found: dict[str, None] = {}
    patterns = [name for name in names if is_pattern(name)] or (["*"] if tags else [])
    if patterns:
        known = {arn: arn.rpartition(":")[2] for arn in _candidates(cloud, tags)}
        own = set(own_functions(cloud, stack))
    missing: list[str] = []
    for name in names or ["*"]:
        if not is_pattern(name):
            arn = function_arn(name, stack)
            if name_of(arn).startswith(f"{stack.name}-") and name_of(arn) in set(own_functions(cloud, stack)):
                raise CliError(f"{name} is a function of the tuner itself, which is never tuned.")
            found[arn] = None
            missing += [] if exists(arn) else [arn]
            continue
        matching = sorted(arn for arn, each in known.items() if each not in own and fnmatchcase(each, name))
        if not matching:
            told = " ".join(f"--tag {tag}" for tag in tags)
            raise CliError(f"No function in {cloud.region} matches {' with '.join(filter(None, (repr(name), told)))}.")
        found |= dict.fromkeys(matching)
    if missing:
        raise CliError(f"There is no function {', '.join(missing)}: check its name, --region and --profile.")
    return [*found]


def is_pattern(name: str) -> bool:
    """Return whether a name on the command line is a pattern of names."""
    return bool(_WILD & set(name)) and ":" not in name


def _candidates(cloud: "Cloud", tags: Sequence[str]) -> Iterator[str]:
    """Yield the ARNs of all functions that have the tags."""
    if tags:
        yield from arns_with_tags(cloud, tags)
        return
    for page in cloud.client("lambda").get_paginator("list_functions").paginate():
        yield from (each["FunctionArn"] for each in page["Functions"])


def arns_with_tags(cloud: "Cloud", tags: Sequence[str]) -> Iterator[str]:
    """Yield the ARNs of the functions that have all of these tags, each KEY=VALUE or KEY."""
    parts = [tag.partition("=") for tag in tags]
    filters = [{"Key": key, "Values": [value] if equals else []} for key, equals, value in parts]
    pages = cloud.client("resourcegroupstaggingapi").get_paginator("get_resources")
    for page in pages.paginate(ResourceTypeFilters=["lambda:function"], TagFilters=filters):
        yield from (each["ResourceARN"] for each in page["ResourceTagMappingList"])


def own_functions(cloud: "Cloud", stack: "TunerStack") -> Iterator[str]:
    """Yield the names of the functions of the tuner's stack."""
    pages = cloud.client("cloudformation").get_paginator("list_stack_resources").paginate(StackName=stack.name)
    for page in pages:
        for each in page["StackResourceSummaries"]:
            if each["ResourceType"] == "AWS::Lambda::Function":
                yield str(each.get("PhysicalResourceId", ""))
