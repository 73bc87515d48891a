"""State machines: names, revisions, descriptions."""

import json
from typing import TYPE_CHECKING, Any

import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from integration.local_aws.conftest import ROLE
from integration.local_aws.machines import END, create, definition, refused

if TYPE_CHECKING:
    from power_tuner_local import LocalAws

pytestmark = pytest.mark.local_aws


def test_nothing_runs_synchronously(aws: "LocalAws") -> None:
    """StartSyncExecution is for another type of state machine."""
    arn = create(aws, "synchronous", definition(A=END))
    client = aws.client("stepfunctions", config=Config(inject_host_prefix=False))

    with pytest.raises(client.exceptions.StateMachineTypeNotSupported):
        client.start_sync_execution(stateMachineArn=arn)


@pytest.mark.parametrize(
    ("text", "fields"),
    [
        (definition(B=END), {}),
        (definition(A=END) + " ", {}),
        (definition(A=END), {"tracingConfiguration": {"enabled": True}}),
    ],
    ids=["definition", "white space", "configuration"],
)
def test_another_one_of_the_same_name_is_refused(aws: "LocalAws", text: str, fields: dict[str, Any]) -> None:
    """A name is used once, unless definition and configuration are the same."""
    arn = create(aws, "refused", definition(A=END))

    actual = refused(aws, text, **fields)

    assert ("StateMachineAlreadyExists", f"State Machine Already Exists: '{arn}'") == actual


def test_the_same_one_again_is_returned(aws: "LocalAws") -> None:
    """To create the same state machine twice is no error."""
    first = create(aws, "twice", definition(A=END))

    assert first == create(aws, "twice", definition(A=END))


def test_description_of_a_new_one(aws: "LocalAws") -> None:
    """A new state machine logs nothing, and has neither encryption settings nor a revision."""
    described = aws.client("stepfunctions").describe_state_machine(
        stateMachineArn=create(aws, "new", definition(A=END))
    )

    assert {"level": "OFF", "includeExecutionData": False} == described["loggingConfiguration"]
    assert set() == {"encryptionConfiguration", "revisionId"} & described.keys()


class TestRevisions:
    """A change of definition or role makes a revision."""

    def test_changed(self, aws: "LocalAws") -> None:
        """The revision of an update is that of the description."""
        states = aws.client("stepfunctions")
        arn = create(aws, "revised", definition(A=END))

        updated = states.update_state_machine(stateMachineArn=arn, definition=definition(B=END))

        assert updated["revisionId"] == states.describe_state_machine(stateMachineArn=arn)["revisionId"]

    def test_repeated(self, aws: "LocalAws") -> None:
        """The same update again changes nothing."""
        states = aws.client("stepfunctions")
        arn = create(aws, "repeated", definition(A=END))
        first, second = (
            states.update_state_machine(stateMachineArn=arn, definition=definition(B=END))["revisionId"]
            for _ in range(2)
        )

        assert first == second

    def test_nothing(self, aws: "LocalAws") -> None:
        """An update of nothing is refused."""
        arn = create(aws, "unchanged", definition(A=END))

        with pytest.raises(ClientError, match="MissingRequiredParameter"):
            aws.client("stepfunctions").update_state_machine(stateMachineArn=arn)


def test_an_execution_keeps_its_definition(aws: "LocalAws") -> None:
    """DescribeStateMachineForExecution returns the definition that the execution was started with."""
    states = aws.client("stepfunctions")
    arn = create(aws, "kept", definition(A=END))
    execution = states.start_execution(stateMachineArn=arn)["executionArn"]
    states.update_state_machine(stateMachineArn=arn, definition=definition(B=END))

    described = states.describe_state_machine_for_execution(executionArn=execution)

    assert definition(A=END) == described["definition"]


def test_list_is_in_the_order_of_names(aws: "LocalAws") -> None:
    """ListStateMachines is sorted by name, over its pages."""
    for name in ("order-b", "order-10", "order-9"):
        create(aws, name, definition(A=END))
    pages = aws.client("stepfunctions").get_paginator("list_state_machines").paginate(PaginationConfig={"PageSize": 2})

    names = [machine["name"] for page in pages for machine in page["stateMachines"]]

    assert sorted(names) == names


def test_template_has_the_definition_as_an_object(aws: "LocalAws") -> None:
    """CloudFormation creates a state machine from a definition that is part of the template."""
    properties = {"StateMachineName": "of-template", "RoleArn": ROLE, "Definition": json.loads(definition(A=END))}
    resource = {"Type": "AWS::StepFunctions::StateMachine", "Properties": properties}
    body = json.dumps({"Resources": {"Machine": resource}})

    aws.client("cloudformation").create_stack(StackName="of-template", TemplateBody=body)

    arn = "arn:aws:states:us-east-1:123456789012:stateMachine:of-template"
    described = aws.client("stepfunctions").describe_state_machine(stateMachineArn=arn)
    assert json.loads(definition(A=END)) == json.loads(described["definition"])
