"""The targets that EventBridge refuses.

Source: answers recorded from AWS, and errors of PutTargets that users of AWS have shown.
"""

from typing import TYPE_CHECKING, Any

from power_tuner_local.eventbridge.json_reader import END, JsonReader, JsonSyntaxError
from power_tuner_local.eventbridge.targets import PLACEHOLDER

if TYPE_CHECKING:
    from collections.abc import Mapping

_PREDEFINED = "aws.events."
_NEED_A_ROLE = frozenset({"batch", "codebuild", "codepipeline", "ecs", "firehose", "kinesis", "states"})


def target_refusal(target: "Mapping[str, Any]") -> str | None:
    """Return AWS's message about a target that it refuses; None if it takes it.

    >>> target_refusal({"Id": "t", "Arn": "arn:aws:lambda:us-east-1:123456789012:function:f", "Input": "{}"})
    >>> target_refusal({"Id": "t", "Arn": "arn:aws:states:us-east-1:123456789012:stateMachine:m"})
    'RoleArn is required for target arn:aws:states:us-east-1:123456789012:stateMachine:m.'
    """
    name, arn = target["Id"], target["Arn"]
    if sum(key in target for key in ("Input", "InputPath", "InputTransformer")) > 1:
        return f"Only one of Input, InputPath, or InputTransformer must be provided for target {name}."
    if "Input" in target and (place := _place_of_error(target["Input"])):
        return f"JSON syntax error in input for target {name}: {place}"
    transformer = target.get("InputTransformer") or {}
    for placeholder in PLACEHOLDER.findall(transformer.get("InputTemplate", "")):
        if placeholder not in transformer.get("InputPathsMap", {}) and not placeholder.startswith(_PREDEFINED):
            return f"InputTemplate for target {name} contains invalid placeholder {placeholder}."
    if not target.get("RoleArn") and arn.split(":")[2:3] and arn.split(":")[2] in _NEED_A_ROLE:
        return f"RoleArn is required for target {arn}."
    return None


def _place_of_error(text: str) -> str | None:
    reader = JsonReader(text)
    try:
        while reader.next() != END:
            pass
    except JsonSyntaxError as error:
        return error.place
    return None
