"""Definitions that AWS refuses, and those that the local AWS does not support."""

from typing import TYPE_CHECKING, Any

import pytest

from integration.local_aws.machines import END, create, definition, refused

if TYPE_CHECKING:
    from power_tuner_local import LocalAws

pytestmark = pytest.mark.local_aws
FUNCTION = "arn:aws:lambda:us-east-1:123456789012:function:any"


def labelled(label: str) -> str:
    processor = {
        "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"},
        "StartAt": "End",
        "States": {"End": END},
    }
    return definition(Map={"Type": "Map", "Label": label, "ItemProcessor": processor, "End": True})


FORMS = {
    '{"StartAt": "A"}': "SCHEMA_VALIDATION_FAILED: These fields are required: [States] at /",
    '{"States": {}}': "SCHEMA_VALIDATION_FAILED: These fields are required: [StartAt] at /",
    '["not", "an object"]': "INVALID_JSON_DESCRIPTION: The definition is not a JSON object.",
    '{"StartAt": "A",': "INVALID_JSON_DESCRIPTION: Unexpected end-of-input",
    definition(A={"End": True}): "SCHEMA_VALIDATION_FAILED: These fields are required: [Type] at /States/A",
    definition(A={"Type": "Choice", "Choices": [{"Variable": "$", "IsNull": True}], "Default": "B"}, B=END): (
        "SCHEMA_VALIDATION_FAILED: These fields are required: [Next] at /States/A/Choices[0]"
    ),
    definition(A={"Type": "Pass", "Next": "C"}, B=END): (
        "MISSING_TRANSITION_TARGET: Missing 'Next' target: C at /States/A/Next, "
        'MISSING_TRANSITION_TARGET: State "B" is not reachable. at /States/B'
    ),
    definition(
        A={"Type": "Task", "Resource": FUNCTION, "End": True, "Catch": [{"ErrorEquals": ["E"], "Next": "Z"}]}
    ): "MISSING_TRANSITION_TARGET: Missing 'Next' target: Z at /States/A/Catch[0]/Next",
    '{"StartAt": 1, "States": {"A": {"Type": "Pass", "End": true}}}': (
        "SCHEMA_VALIDATION_FAILED: Expected value of type String at /StartAt"
    ),
    definition(A=END, B="text"): "SCHEMA_VALIDATION_FAILED: Expected value of type Object at /States/B",
    definition(A={"Type": "Parallel", "Branches": [1], "End": True}): (
        "SCHEMA_VALIDATION_FAILED: Expected value of type Object at /States/A/Branches[0]"
    ),
    definition(A={"Type": "Choice", "Choices": {"Next": "A"}}): (
        "SCHEMA_VALIDATION_FAILED: Expected value of type Array at /States/A/Choices"
    ),
    definition(A={"Type": "Pass", "Next": ["A"]}): (
        "SCHEMA_VALIDATION_FAILED: Expected value of type String at /States/A/Next"
    ),
    definition(A={"Type": "Pass", "Next": "B"}, B={"Type": "Pass", "Next": "A"}): (
        "MISSING_END_STATE: Workflow has no terminal state"
    ),
}


@pytest.mark.parametrize("text", FORMS)
def test_definition_is_refused(aws: "LocalAws", text: str) -> None:
    """Missing fields and missing transitions are named, with their places."""
    actual = refused(aws, text)

    assert ("InvalidDefinition", f"Invalid State Machine Definition: '{FORMS[text]}'") == actual


@pytest.mark.parametrize(
    "timestamp",
    [
        "2024-02-03 04:05:06Z",
        "2024-02-03T04:05:06",
        "2024-02-30T04:05:06Z",
        "2024-02-03T24:61:06Z",
        "03-02-2024T04:05Z",
    ],
)
def test_timestamp_is_refused(aws: "LocalAws", timestamp: str) -> None:
    """A Timestamp that is no RFC 3339 timestamp is refused."""
    actual = refused(aws, definition(Until={"Type": "Wait", "Timestamp": timestamp, "End": True}))

    reason = "SCHEMA_VALIDATION_FAILED: String does not match RFC3339 timestamp at /States/Until/Timestamp"
    assert ("InvalidDefinition", f"Invalid State Machine Definition: '{reason}'") == actual


@pytest.mark.parametrize(
    "value",
    [
        r"States.Format('a \q')",
        "States.Format('open)",
        "States.Nothing(1)",
        "States.Array(1",
        "States.Array(1) 2)",
        "text",
        7,
    ],
)
def test_function_is_refused(aws: "LocalAws", value: Any) -> None:
    """The value of a field with `.$` is a path or the call of an intrinsic function."""
    state = {"Type": "Pass", "Parameters": {"deep": [{"made.$": value}]}, "End": True}

    _, message = refused(aws, definition(Make=state))

    assert (
        "Invalid State Machine Definition: 'SCHEMA_VALIDATION_FAILED: The value for the field 'made.$' must be a valid "
        "JSONPath or a valid intrinsic function call at /States/Make/Parameters/deep[0]'"
    ) == message


@pytest.mark.parametrize(
    "value",
    [
        "$",
        "$$.Execution.Name",
        "$.a['it (here)']",
        r"States.Format('it\'s \{\} {}', $.a)",
        "States.ArrayLength($.a[?(@.b == 1)])",
        "States.Array(States.UUID(), 1, null)",
    ],
)
def test_function_is_accepted(aws: "LocalAws", value: str) -> None:
    """Paths and calls in every form are accepted."""
    text = definition(Make={"Type": "Pass", "Parameters": {"made.$": value}, "End": True})

    assert create(aws, f"function-{abs(hash(value))}", text)


@pytest.mark.parametrize("sign", [*' ?*<>{}[]:;,\\|^~$#%&`"', "\x00", "\x1f", "\x7f", "\x9f", "\ufffe"])
def test_label_with_this_sign_is_refused(aws: "LocalAws", sign: str) -> None:
    """The label of a Map state has no white space, brackets, wildcards, special or control characters."""
    code, message = refused(aws, labelled(f"map{sign}1"))

    assert "InvalidDefinition" == code
    assert "Label contains invalid character: " in message


@pytest.mark.parametrize(("label", "reason"), [("", "cannot be empty"), ("m" * 41, "cannot exceed 40 characters")])
def test_label_of_this_length_is_refused(aws: "LocalAws", label: str, reason: str) -> None:
    """A label has 1 to 40 characters."""
    _, message = refused(aws, labelled(label))

    assert f"Label {reason}" in message


@pytest.mark.parametrize("label", ["m" * 40, "é" * 40, "Straße", "run_1-a.b"])
def test_label_is_accepted(aws: "LocalAws", label: str) -> None:
    """Letters of any script count as one character each."""
    assert create(aws, f"label-{abs(hash(label))}", labelled(label))


TASK = {"Type": "Task", "End": True}
UNSUPPORTED = {
    "JSONata": {"A": {**END, "QueryLanguage": "JSONata"}},
    "variables (Assign)": {"A": {**END, "Assign": {"a": 1}}},
    "activities": {"A": {**TASK, "Resource": "arn:aws:states:us-east-1:123456789012:activity:a"}},
    ".waitForTaskToken": {"A": {**TASK, "Resource": "arn:aws:states:::sqs:sendMessage.waitForTaskToken"}},
    ".sync:2": {"A": {**TASK, "Resource": "arn:aws:states:::states:startExecution.sync:2"}},
    "ItemBatcher": {
        "A": {
            "Type": "Map",
            "ItemBatcher": {"MaxItemsPerBatch": 2},
            "ItemProcessor": {"StartAt": "B", "States": {"B": END}},
            "End": True,
        }
    },
}


@pytest.mark.parametrize("nested", [False, True], ids=["top", "branch"])
@pytest.mark.parametrize("name", UNSUPPORTED)
def test_what_is_not_supported_is_refused_by_name(aws: "LocalAws", name: str, nested: bool) -> None:  # noqa: FBT001
    """CreateStateMachine says that the local AWS does not support it, wherever it is."""
    states: dict[str, Any] = UNSUPPORTED[name]
    branch = {"StartAt": "A", "States": states}
    if nested:
        states = {"All": {"Type": "Parallel", "Branches": [branch], "End": True}}

    actual = refused(aws, definition(**states))

    assert ("NotSupportedByLocalAws", f"The local AWS does not support {name}.") == actual


def test_express_is_refused_by_name(aws: "LocalAws") -> None:
    """A state machine of type EXPRESS is refused."""
    actual = refused(aws, definition(A=END), type="EXPRESS")

    assert ("NotSupportedByLocalAws", "The local AWS does not support EXPRESS state machines.") == actual
