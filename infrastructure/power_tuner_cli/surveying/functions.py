"""Which functions are surveyed: all of the account and region, but for the tuner's own."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from power_tuner.tuning.arn import name_of
from power_tuner.tuning.target import FunctionSnapshot
from power_tuner_cli.function_selection import arns_with_tags, own_functions

if TYPE_CHECKING:
    from power_tuner_cli.cloud import Cloud, TunerStack


def functions_of(cloud: "Cloud", stack: "TunerStack | None", tags: Sequence[str]) -> list[FunctionSnapshot]:
    """Return the configuration of each function of the account and region.

    Args:
        cloud: Where they are.
        stack: The tuner's stack, whose own functions are left out; None where it is not deployed.
        tags: KEY=VALUE or KEY; only functions with all of them.
    """
    own = set(own_functions(cloud, stack)) if stack else set()
    tagged = set(arns_with_tags(cloud, tags)) if tags else None
    found = [
        FunctionSnapshot.from_configuration(each)
        for page in cloud.client("lambda").get_paginator("list_functions").paginate()
        for each in page["Functions"]
    ]
    return [each for each in found if name_of(each.arn) not in own and (tagged is None or each.arn in tagged)]
