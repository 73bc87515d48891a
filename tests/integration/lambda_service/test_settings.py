"""Tags, permissions, URLs and the configuration of asynchronous invocations."""

import json
from typing import Any

import pytest

from refusals import refusal

pytestmark = pytest.mark.local_aws
ACCOUNT = "123456789012"
MISSING = "The resource you requested does not exist."
STATEMENT = {"StatementId": "s", "Action": "lambda:InvokeFunction", "Principal": "events.amazonaws.com"}


class TestRevisions:
    """Settings beside the configuration that renew the revision of a function, and those that do not."""

    @pytest.mark.parametrize(
        ("action", "arguments", "is_renewed"),
        [
            ("tag_resource", {"Tags": {"team": "a"}}, True),
            ("untag_resource", {"TagKeys": ["team"]}, True),
            ("add_permission", {**STATEMENT, "StatementId": "another"}, True),
            ("remove_permission", {"StatementId": "s"}, True),
            ("create_alias", {"Name": "live", "FunctionVersion": "$LATEST"}, False),
        ],
    )
    def test_renewal(self, aws: Any, name: str, action: str, arguments: dict[str, Any], *, is_renewed: bool) -> None:
        """Changes of tags and permissions renew the revision."""
        arn = aws.add(name)
        aws.functions.add_permission(FunctionName=name, **STATEMENT)
        before = aws.settled(name)["RevisionId"]
        target = {"Resource": arn} if action.endswith("_resource") else {"FunctionName": name}
        getattr(aws.functions, action)(**target, **arguments)

        assert is_renewed == (aws.settled(name)["RevisionId"] != before)

    def test_permission_of_an_alias_leaves_the_function(self, aws: Any, name: str) -> None:
        """A permission of an alias renews the alias's revision, and not the function's."""
        aws.add(name)
        aws.publish(name)
        alias = aws.functions.create_alias(FunctionName=name, Name="live", FunctionVersion="1")
        before = aws.settled(name)["RevisionId"]
        aws.functions.add_permission(FunctionName=name, Qualifier="live", RevisionId=alias["RevisionId"], **STATEMENT)

        assert before == aws.settled(name)["RevisionId"]
        assert alias["RevisionId"] != aws.functions.get_alias(FunctionName=name, Name="live")["RevisionId"]


class TestTags:
    """Tags belong to functions."""

    def test_number(self, aws: Any, name: str) -> None:
        """A function has 50 tags at most; a refused call adds none."""
        arn = aws.add(name, Tags={f"key{number}": "value" for number in range(49)})
        refused = refusal(aws.functions.tag_resource, Resource=arn, Tags={"one": "1", "two": "2"})
        aws.functions.tag_resource(Resource=arn, Tags={"one": "1", "key0": "changed"})

        assert ("InvalidParameterValueException", 400, "Number of tags exceeds resource tag limit.") == refused
        assert 50 == len(aws.functions.list_tags(Resource=arn)["Tags"])

    @pytest.mark.parametrize("qualifier", ["1", "live", "$LATEST"])
    def test_not_of_versions(self, aws: Any, name: str, qualifier: str) -> None:
        """Versions and aliases have no tags."""
        arn = aws.add(name)
        refused = refusal(aws.functions.tag_resource, Resource=f"{arn}:{qualifier}", Tags={"a": "b"})

        message = "Tags on function aliases and versions are not supported. Please specify a function ARN."
        assert ("InvalidParameterValueException", 400, message) == refused

    def test_none(self, aws: Any, name: str) -> None:
        """TagResource without a tag is refused."""
        arn = aws.add(name)
        refused = refusal(aws.functions.tag_resource, Resource=arn, Tags={})

        message = "An error occurred and the request cannot be processed."
        assert ("InvalidParameterValueException", 400, message) == refused

    @pytest.mark.parametrize(
        ("resource", "kind"),
        [
            ("event-source-mapping:12345678-abcd-1234-abcd-123456789012", "Event source mapping"),
            ("capacity-provider:none", "Capacity provider"),
        ],
    )
    def test_other_resources(self, aws: Any, resource: str, kind: str) -> None:
        """Other resources with tags do not exist here."""
        arn = f"arn:aws:lambda:us-east-1:{ACCOUNT}:{resource}"
        refused = refusal(aws.functions.list_tags, Resource=arn)

        assert ("ResourceNotFoundException", 404, f"{kind} not found: {arn}") == refused


class TestPermissions:
    """Resource policies are stored; nothing reads them."""

    @pytest.mark.parametrize(
        ("principal", "shown"),
        [
            ("*", "*"),
            ("999988887777", {"AWS": "arn:aws:iam::999988887777:root"}),
            ("arn:aws:iam::999988887777:role/r", {"AWS": "arn:aws:iam::999988887777:role/r"}),
            ("sns.amazonaws.com", {"Service": "sns.amazonaws.com"}),
            ("alexa-appkit.amazon.com", {"Service": "alexa-appkit.amazon.com"}),
        ],
    )
    def test_principal(self, aws: Any, name: str, principal: str, shown: Any) -> None:
        """Everybody, an account, a role and a service are shown in different ways."""
        aws.add(name)
        added = aws.functions.add_permission(FunctionName=name, **{**STATEMENT, "Principal": principal})

        assert shown == json.loads(added["Statement"])["Principal"]

    @pytest.mark.parametrize("principal", ["somebody", "sns.example.com", "12345"])
    def test_invalid_principal(self, aws: Any, name: str, principal: str) -> None:
        """Anything else is no principal."""
        aws.add(name)
        refused = refusal(aws.functions.add_permission, FunctionName=name, **{**STATEMENT, "Principal": principal})

        message = "The provided principal was invalid. Please check the principal and try again."
        assert ("InvalidParameterValueException", 400, message) == refused

    def test_conditions(self, aws: Any, name: str) -> None:
        """Each parameter that limits a permission becomes a condition."""
        aws.add(name)
        added = aws.functions.add_permission(
            FunctionName=name,
            **STATEMENT,
            SourceArn="arn:aws:sns:us-east-1:123456789012:topic",
            SourceAccount=ACCOUNT,
            PrincipalOrgID="o-0123456789",
            FunctionUrlAuthType="AWS_IAM",
            EventSourceToken="amzn1.ask.skill.1",
        )

        conditions = {
            "ArnLike": {"AWS:SourceArn": "arn:aws:sns:us-east-1:123456789012:topic"},
            "StringEquals": {
                "AWS:SourceAccount": ACCOUNT,
                "aws:PrincipalOrgID": "o-0123456789",
                "lambda:FunctionUrlAuthType": "AWS_IAM",
                "lambda:EventSourceToken": "amzn1.ask.skill.1",
            },
        }
        assert conditions == json.loads(added["Statement"])["Condition"]

    def test_not_of_latest(self, aws: Any, name: str) -> None:
        """$LATEST by name has no policy."""
        aws.add(name)
        refused = refusal(aws.functions.add_permission, FunctionName=name, Qualifier="$LATEST", **STATEMENT)

        message = "We currently do not support adding policies for $LATEST."
        assert ("InvalidParameterValueException", 400, message) == refused

    def test_life(self, aws: Any, name: str) -> None:
        """A policy ends with its last statement."""
        aws.add(name)
        aws.functions.add_permission(FunctionName=name, **STATEMENT)
        unknown = refusal(aws.functions.remove_permission, FunctionName=name, StatementId="t")
        aws.functions.remove_permission(FunctionName=name, StatementId="s")
        gone = refusal(aws.functions.get_policy, FunctionName=name)
        again = refusal(aws.functions.remove_permission, FunctionName=name, StatementId="s")

        assert ("ResourceNotFoundException", 404, "Statement t is not found in resource policy.") == unknown
        assert ("ResourceNotFoundException", 404, MISSING) == gone
        assert ("ResourceNotFoundException", 404, "No policy is associated with the given resource.") == again

    def test_revision(self, aws: Any, name: str) -> None:
        """A policy keeps its revision when the function is published, and refuses another."""
        aws.add(name)
        aws.functions.add_permission(FunctionName=name, **STATEMENT)
        before = aws.functions.get_policy(FunctionName=name)["RevisionId"]
        aws.publish(name)
        after = aws.functions.get_policy(FunctionName=name)["RevisionId"]
        refused = refusal(aws.functions.remove_permission, FunctionName=name, StatementId="s", RevisionId="old")

        message = (
            "The Revision Id provided does not match the latest Revision Id. "
            "Call the GetPolicy API to retrieve the latest Revision Id"
        )
        assert before == after
        assert ("PreconditionFailedException", 412, message) == refused


class TestEventInvokeConfig:
    """The configuration of asynchronous invocations."""

    @pytest.mark.parametrize(
        ("given", "shown"),
        [
            ({"MaximumRetryAttempts": 1}, {"OnSuccess": {}, "OnFailure": {}}),
            ({"DestinationConfig": {"OnFailure": {}}}, {"OnSuccess": {}, "OnFailure": {}}),
            (
                {"DestinationConfig": {"OnSuccess": {"Destination": "arn:aws:sqs:us-east-1:123456789012:q"}}},
                {"OnSuccess": {"Destination": "arn:aws:sqs:us-east-1:123456789012:q"}, "OnFailure": {}},
            ),
        ],
    )
    def test_destinations(self, aws: Any, name: str, given: dict[str, Any], shown: dict[str, Any]) -> None:
        """Destinations that are not set are shown as empty."""
        aws.add(name)
        aws.functions.put_function_event_invoke_config(FunctionName=name, **given)

        assert shown == aws.functions.get_function_event_invoke_config(FunctionName=name)["DestinationConfig"]

    def test_put_replaces_and_update_keeps(self, aws: Any, name: str) -> None:
        """Put removes what it does not set; Update keeps it."""
        aws.add(name)
        aws.functions.put_function_event_invoke_config(FunctionName=name, MaximumRetryAttempts=1)
        updated = aws.functions.update_function_event_invoke_config(FunctionName=name, MaximumEventAgeInSeconds=60)
        put = aws.functions.put_function_event_invoke_config(FunctionName=name, MaximumEventAgeInSeconds=90)

        assert (1, 60) == (updated["MaximumRetryAttempts"], updated["MaximumEventAgeInSeconds"])
        assert "MaximumRetryAttempts" not in put

    @pytest.mark.parametrize(
        ("destination", "message"),
        [
            ("arn:aws:lambda:us-east-1:123456789012:function:gone", "The destination ARN {} is invalid."),
            (
                "arn:aws:dynamodb:us-east-1:123456789012:table/t",
                (
                    "The provided destination config DestinationConfig(onSuccess=null, "
                    "onFailure=OnFailure(destination={})) is invalid."
                ),
            ),
            (
                "arn:aws:lambda:us-east-1:123456789012:function:{name}",
                "You can't specify the function as a destination for itself.",
            ),
        ],
        ids=["missing function", "other service", "itself"],
    )
    def test_refused_destination(self, aws: Any, name: str, destination: str, message: str) -> None:
        """A destination must exist, be of a service that can be one, and not be the function itself."""
        aws.add(name)
        arn = destination.format(name=name)
        refused = refusal(
            aws.functions.put_function_event_invoke_config,
            FunctionName=name,
            DestinationConfig={"OnFailure": {"Destination": arn}},
        )

        assert ("InvalidParameterValueException", 400, message.format(arn)) == refused

    def test_nothing_set(self, aws: Any) -> None:
        """A configuration without settings is refused, whether the function exists or not."""
        refused = refusal(aws.functions.put_function_event_invoke_config, FunctionName="nobody")

        message = "You must specify at least one of error handling or destination setting."
        assert ("InvalidParameterValueException", 400, message) == refused

    def test_update_needs_one(self, aws: Any, name: str) -> None:
        """There is nothing to update before the first Put."""
        arn = aws.add(name)
        refused = refusal(aws.functions.update_function_event_invoke_config, FunctionName=name, MaximumRetryAttempts=0)

        message = f"The function {arn}:$LATEST doesn't have an EventInvokeConfig"
        assert ("ResourceNotFoundException", 404, message) == refused


class TestUrls:
    """Function URLs are settings."""

    def test_invoke_mode_is_shown_if_set(self, aws: Any, name: str) -> None:
        """A URL that was created without InvokeMode shows none."""
        aws.add(name)

        assert "InvokeMode" not in aws.functions.create_function_url_config(FunctionName=name, AuthType="NONE")

    def test_update(self, aws: Any, name: str) -> None:
        """UpdateFunctionUrlConfig changes what it names."""
        aws.add(name)
        aws.functions.create_function_url_config(FunctionName=name, AuthType="NONE")
        updated = aws.functions.update_function_url_config(FunctionName=name, Cors={"AllowMethods": ["GET"]})

        assert ("NONE", {"AllowMethods": ["GET"]}) == (updated["AuthType"], updated["Cors"])

    def test_one_for_each_qualifier(self, aws: Any, name: str) -> None:
        """A second URL of the same alias is refused."""
        arn = aws.add(name)
        aws.functions.create_alias(FunctionName=name, Name="live", FunctionVersion=aws.publish(name))
        aws.functions.create_function_url_config(FunctionName=name, Qualifier="live", AuthType="NONE")
        refused = refusal(
            aws.functions.create_function_url_config, FunctionName=name, Qualifier="live", AuthType="NONE"
        )

        message = (
            f"Failed to create function url config for [functionArn = {arn}:live]. Error message:  "
            "FunctionUrlConfig exists for this Lambda function"
        )
        assert ("ResourceConflictException", 409, message) == refused

    def test_list_has_pages(self, aws: Any, name: str) -> None:
        """ListFunctionUrlConfigs returns MaxItems URLs at a time."""
        aws.add(name)
        aws.functions.create_alias(FunctionName=name, Name="live", FunctionVersion=aws.publish(name))
        for which in ({}, {"Qualifier": "live"}):
            aws.functions.create_function_url_config(FunctionName=name, AuthType="NONE", **which)
        first = aws.functions.list_function_url_configs(FunctionName=name, MaxItems=1)
        second = aws.functions.list_function_url_configs(FunctionName=name, MaxItems=1, Marker=first["NextMarker"])

        assert [1, 1] == [len(page["FunctionUrlConfigs"]) for page in (first, second)]
        assert "NextMarker" not in second


def test_log_levels_belong_to_json(aws: Any, name: str) -> None:
    """A function whose log format becomes Text again has no log levels."""
    aws.add(name, LoggingConfig={"LogFormat": "JSON", "SystemLogLevel": "WARN"})
    aws.functions.update_function_configuration(FunctionName=name, LoggingConfig={"LogFormat": "Text"})
    logging = aws.settled(name)["LoggingConfig"]

    assert {"LogFormat": "Text", "LogGroup": f"/aws/lambda/{name}"} == logging


@pytest.mark.parametrize(("given", "kept"), [({}, True), ({"TargetArn": ""}, False)])
def test_dead_letter_queue_is_removed_by_an_empty_arn(aws: Any, name: str, given: Any, *, kept: bool) -> None:
    """DeadLetterConfig without TargetArn changes nothing; an empty TargetArn removes the queue."""
    queue = {"TargetArn": f"arn:aws:sqs:us-east-1:{ACCOUNT}:q"}
    aws.add(name, DeadLetterConfig=queue)
    updated = aws.functions.update_function_configuration(FunctionName=name, DeadLetterConfig=given)

    assert (queue if kept else None) == updated.get("DeadLetterConfig")


def test_recursion_config(aws: Any, name: str) -> None:
    """What recursive loop detection would do is stored."""
    aws.add(name)
    before = aws.functions.get_function_recursion_config(FunctionName=name)["RecursiveLoop"]
    aws.functions.put_function_recursion_config(FunctionName=name, RecursiveLoop="Allow")

    assert "Terminate" == before
    assert "Allow" == aws.functions.get_function_recursion_config(FunctionName=name)["RecursiveLoop"]


def test_code_size_is_that_of_all_versions(aws: Any, name: str) -> None:
    """GetAccountSettings adds up the packages of $LATEST and of each version."""
    before = aws.functions.get_account_settings()["AccountUsage"]["TotalCodeSize"]
    aws.add(name)
    size = aws.settled(name)["CodeSize"]
    aws.publish(name)

    assert before + 2 * size == aws.functions.get_account_settings()["AccountUsage"]["TotalCodeSize"]


@pytest.mark.parametrize("subnets", [[], ["subnet-0123"]])
def test_subnets_are_not_looked_up(aws: Any, name: str, subnets: list[str]) -> None:
    """A function with subnets shows them, and no VPC; one without shows an empty one."""
    aws.add(name, VpcConfig={"SubnetIds": subnets, "SecurityGroupIds": []})
    shown = aws.settled(name)["VpcConfig"]

    expected = {"SubnetIds": subnets, "SecurityGroupIds": [], "Ipv6AllowedForDualStack": False}
    assert (expected if subnets else {**expected, "VpcId": ""}) == shown


def test_code_has_no_address(aws: Any, name: str) -> None:
    """GetFunction's location of the code only names the function."""
    arn = aws.add(name)

    assert f"local:{arn}" == aws.functions.get_function(FunctionName=name)["Code"]["Location"]
