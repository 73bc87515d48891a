"""States, conflicts, revisions, names, memory and aliases of functions."""

import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from botocore.exceptions import ClientError

from power_tuner_local.lambda_service import LambdaOptions
from refusals import refusal

pytestmark = pytest.mark.local_aws
MISSING_ARN = "arn:aws:lambda:us-east-1:123456789012:function:nobody"


@pytest.fixture
def slow(run_service: Any) -> Any:
    """A service whose updates take long enough to be observed."""
    with run_service(LambdaOptions(update_delay_s=0.8)) as aws:
        yield aws


class TestStates:
    """Creation and updates take time."""

    def test_new_function_is_pending(self, slow: Any, name: str, make_package: Any) -> None:
        """A new function in a VPC is Pending, cannot be invoked or published, then becomes Active."""
        created = slow.functions.create_function(
            FunctionName=name,
            Role="arn:aws:iam::123456789012:role/r",
            Code={"ZipFile": make_package("def handler(event, context): return 1")},
            Handler="app.handler",
            Runtime="python3.13",
            VpcConfig={"SubnetIds": ["subnet-0123456789abcdef0"], "SecurityGroupIds": ["sg-0123456789abcdef0"]},
        )
        publish = refusal(slow.functions.publish_version, FunctionName=name)
        invoke = refusal(slow.functions.invoke, FunctionName=name)
        active = slow.settled(name)

        message = (
            "The operation cannot be performed at this time. The function is currently in the following state: Pending"
        )
        assert ("Pending", "Creating") == (created["State"], created["StateReasonCode"])
        assert ("ResourceConflictException", 409, message) == publish
        assert ("ResourceConflictException", 409, message) == invoke
        assert ("Active", "Successful") == (active["State"], active["LastUpdateStatus"])

    def test_other_new_functions_are_active_soon(self, slow: Any, name: str) -> None:
        """The time that is set is that of updates: a function outside a VPC need not wait for it."""
        started = time.monotonic()
        slow.add(name)

        assert time.monotonic() - started < 0.7

    def test_update_in_progress_refuses_another(self, slow: Any, name: str) -> None:
        """While an update is in progress, update and publish give 409, and invoke runs the old configuration."""
        arn = slow.add(name, memory_mb=256)
        updated = slow.functions.update_function_configuration(FunctionName=name, MemorySize=512)
        again = refusal(slow.functions.update_function_configuration, FunctionName=name, MemorySize=640)
        publish = refusal(slow.functions.publish_version, FunctionName=name)
        meanwhile = slow.invoke(name)
        slow.settled(name)
        afterwards = slow.invoke(name)

        message = f"The operation cannot be performed at this time. An update is in progress for resource: {arn}"
        assert ("InProgress", 512) == (updated["LastUpdateStatus"], updated["MemorySize"])
        assert ("ResourceConflictException", 409, message) == again == publish
        assert [256, 512] == [meanwhile.report["Memory Size"], afterwards.report["Memory Size"]]
        assert meanwhile.payload["pid"] != afterwards.payload["pid"]

    def test_new_version_is_active_at_once(self, slow: Any, name: str) -> None:
        """A published version is Active, keeps its one revision, and can be invoked at once."""
        slow.add(name)
        published = slow.functions.publish_version(FunctionName=name)
        invoked = slow.invoke(name, Qualifier="1")
        shown = slow.functions.get_function_configuration(FunctionName=name, Qualifier="1")

        assert ("Active", "Successful") == (published["State"], published["LastUpdateStatus"])
        assert "1" == invoked.version
        assert published["RevisionId"] == shown["RevisionId"]

    def test_new_version_with_a_snapshot_is_pending(self, slow: Any, name: str) -> None:
        """A published version with SnapStart is Pending, and Invoke refuses it until it is Active."""
        slow.add(name, SnapStart={"ApplyOn": "PublishedVersions"})
        published = slow.functions.publish_version(FunctionName=name)
        early = refusal(slow.functions.invoke, FunctionName=name, Qualifier="1")
        slow.settled(name, "1")

        assert "Pending" == published["State"]
        assert ("ResourceConflictException", 409) == early[:2]
        assert "1" == slow.invoke(name, Qualifier="1").version

    def test_only_one_of_many_updates_wins(self, slow: Any, name: str) -> None:
        """Of several updates sent at once, one is accepted and the others are refused."""
        slow.add(name)

        def update(memory_mb: int) -> bool:
            try:
                slow.functions.update_function_configuration(FunctionName=name, MemorySize=memory_mb)
            except ClientError:
                return False
            return True

        with ThreadPoolExecutor(8) as threads:
            taken = list(threads.map(update, range(200, 208)))

        assert 1 == taken.count(True)


class TestRevisions:
    """RevisionId shows whether another party changed the function."""

    def test_changes_with_each_step(self, aws: Any, name: str) -> None:
        """The revision changes with update, its settling, and publish."""
        aws.add(name)
        seen = [aws.settled(name)["RevisionId"]]
        seen.append(aws.functions.update_function_configuration(FunctionName=name, MemorySize=300)["RevisionId"])
        seen.append(aws.settled(name)["RevisionId"])
        aws.publish(name)
        seen.append(aws.settled(name)["RevisionId"])

        assert len(seen) == len(set(seen))

    def test_stale_revision_is_refused(self, aws: Any, name: str, make_package: Any) -> None:
        """Update, publish and alias update with an old revision give 412."""
        aws.add(name)
        number = aws.publish(name)
        aws.functions.create_alias(FunctionName=name, Name="live", FunctionVersion=number)
        calls = [
            (aws.functions.update_function_configuration, {"MemorySize": 300}),
            (aws.functions.update_function_code, {"ZipFile": make_package("x = 1")}),
            (aws.functions.publish_version, {}),
            (aws.functions.update_alias, {"Name": "live", "Description": "x"}),
        ]
        refused = {refusal(call, FunctionName=name, RevisionId="old", **more)[:2] for call, more in calls}

        assert {("PreconditionFailedException", 412)} == refused

    def test_current_revision_is_taken(self, aws: Any, name: str) -> None:
        """Update and publish with the latest revision succeed."""
        aws.add(name)
        revision = aws.settled(name)["RevisionId"]
        aws.functions.update_function_configuration(FunctionName=name, MemorySize=300, RevisionId=revision)
        revision = aws.settled(name)["RevisionId"]

        assert "1" == aws.publish(name, RevisionId=revision)


class TestNames:
    """Every form of a function's name is accepted."""

    @pytest.mark.parametrize(
        "form", ["{name}", "{account}:{name}", "{account}:function:{name}", "{arn}", "{arn}:live", "{name}:live"]
    )
    def test_forms(self, aws: Any, form: str) -> None:
        """A name, partial ARN or ARN, with and without alias, means the same function."""
        if not any(each["FunctionName"] == "forms" for each in aws.functions.list_functions()["Functions"]):
            aws.add("forms")
            aws.functions.create_alias(FunctionName="forms", Name="live", FunctionVersion=aws.publish("forms"))
        arn = "arn:aws:lambda:us-east-1:123456789012:function:forms"
        asked = form.format(name="forms", account="123456789012", arn=arn)
        qualified = form.endswith(":live")

        shown = aws.functions.get_function(FunctionName=asked)["Configuration"]
        invoked = aws.invoke(asked)

        assert ("forms", "1" if qualified else "$LATEST") == (shown["FunctionName"], shown["Version"])
        assert f"{arn}:live" if qualified else arn == invoked.payload["arn"]

    def test_missing_function(self, aws: Any) -> None:
        """A function that does not exist gives 404 with its ARN."""
        for call in (aws.functions.get_function, aws.functions.delete_function):
            answer = refusal(call, FunctionName="nobody")
            assert ("ResourceNotFoundException", 404, f"Function not found: {MISSING_ARN}") == answer

    def test_missing_function_is_not_invoked(self, aws: Any) -> None:
        """Invoke names $LATEST in the error for a function that does not exist."""
        answer = refusal(aws.functions.invoke, FunctionName="nobody")

        assert ("ResourceNotFoundException", 404, f"Function not found: {MISSING_ARN}:$LATEST") == answer

    def test_two_qualifiers_must_agree(self, aws: Any, name: str) -> None:
        """An ARN with one version and a Qualifier with another are refused."""
        arn = aws.add(name)
        refused = refusal(aws.functions.get_function, FunctionName=f"{arn}:1", Qualifier="2")

        assert ("InvalidParameterValueException", 400) == refused[:2]

    def test_changes_need_the_unqualified_name(self, aws: Any, name: str) -> None:
        """A version can be neither updated nor published."""
        arn = aws.add(name)
        number = aws.publish(name)
        refused = refusal(aws.functions.update_function_configuration, FunctionName=f"{arn}:{number}", MemorySize=300)

        assert ("InvalidParameterValueException", 400) == refused[:2]


class TestMemorySize:
    """Memory sizes have limits."""

    @pytest.mark.parametrize("memory_mb", [128, 129, 10240])
    def test_allowed(self, aws: Any, name: str, memory_mb: int) -> None:
        """Every whole number of MB from 128 to 10240 is accepted."""
        aws.add(name)

        assert memory_mb == aws.set_memory(name, memory_mb)["MemorySize"]

    def test_too_much(self, aws: Any, name: str) -> None:
        """More than 10240 MB is refused."""
        aws.add(name)
        refused = refusal(aws.functions.update_function_configuration, FunctionName=name, MemorySize=10241)

        message = "'MemorySize' value failed to satisfy constraint: Member must have value less than or equal to 10240"
        assert ("ValidationException", 400, message) == refused

    def test_account_with_a_lower_cap(self, run_service: Any, name: str) -> None:
        """A new AWS account, capped at 3008 MB, refuses more with AWS's wording."""
        with run_service(LambdaOptions(memory_cap_mb=3008)) as aws:
            aws.add(name)
            aws.set_memory(name, 3008)
            refused = refusal(aws.functions.update_function_configuration, FunctionName=name, MemorySize=3009)
            kept = aws.settled(name)["MemorySize"]

        message = "'MemorySize' value failed to satisfy constraint: Member must have value less than or equal to 3008"
        assert ("ValidationException", 400, message) == refused
        assert 3008 == kept


MANAGED = {
    "LambdaManagedInstancesCapacityProviderConfig": {
        "CapacityProviderArn": "arn:aws:lambda:us-east-1:123456789012:capacity-provider:ours"
    }
}


class TestTimeout:
    """Timeouts have a limit, which is higher for functions on managed instances."""

    @pytest.mark.parametrize(
        ("more", "most_s"), [({}, 900), ({"CapacityProviderConfig": MANAGED}, 5400)], ids=["usual", "managed"]
    )
    def test_limit(self, aws: Any, name: str, more: dict[str, Any], most_s: int) -> None:
        """One second more is refused."""
        aws.add(name)
        update = aws.functions.update_function_configuration
        accepted = update(FunctionName=name, Timeout=most_s, **more)["Timeout"]
        aws.settled(name)

        assert most_s == accepted
        assert "ValidationException" == refusal(update, FunctionName=name, Timeout=most_s + 1)[0]


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("AcceleratorConfig", {"AcceleratorMemorySize": 24}),
        ("CapacityProviderConfig", MANAGED),
        ("DurableConfig", {"ExecutionTimeout": 60}),
    ],
)
def test_what_is_kept_and_not_run(aws: Any, name: str, setting: str, value: Any) -> None:
    """A function of a kind that cannot run here has its settings, versions included, and invocations say why."""
    aws.add(name)
    aws.functions.update_function_configuration(FunctionName=name, **{setting: value})
    aws.settled(name)
    version = aws.functions.publish_version(FunctionName=name)
    refused = refusal(aws.functions.invoke, FunctionName=name)

    assert value == version[setting]
    assert ("NotImplementedException", 501) == refused[:2]
    assert f"has {setting}: the local AWS keeps such a function, and cannot run it" in refused[2]


class TestAliases:
    """Aliases point to versions."""

    def test_life(self, aws: Any, name: str) -> None:
        """An alias is created, shown, moved, listed and deleted."""
        arn = aws.add(name)
        aws.publish(name)
        created = aws.functions.create_alias(FunctionName=name, Name="live", FunctionVersion="1")
        again = refusal(aws.functions.create_alias, FunctionName=name, Name="live", FunctionVersion="1")
        aws.set_memory(name, 300)
        aws.publish(name)
        moved = aws.functions.update_alias(FunctionName=name, Name="live", FunctionVersion="2")
        listed = aws.functions.list_aliases(FunctionName=name)["Aliases"]
        aws.functions.delete_alias(FunctionName=name, Name="live")
        gone = refusal(aws.functions.get_alias, FunctionName=name, Name="live")

        assert f"{arn}:live" == created["AliasArn"]
        assert ("ResourceConflictException", 409, f"Alias already exists: {arn}:live") == again
        assert created["RevisionId"] != moved["RevisionId"]
        assert ["2"] == [alias["FunctionVersion"] for alias in listed]
        assert ("ResourceNotFoundException", 404, f"Cannot find alias arn: {arn}:live") == gone

    def test_weights_share_the_traffic(self, aws: Any, name: str) -> None:
        """An alias with a second version routes a share of the invocations to it."""
        aws.add(name, "def handler(event, context): return 1")
        aws.publish(name)
        aws.set_memory(name, 300)
        aws.publish(name)
        aws.functions.create_alias(
            FunctionName=name,
            Name="canary",
            FunctionVersion="1",
            RoutingConfig={"AdditionalVersionWeights": {"2": 0.5}},
        )

        assert {"1", "2"} == {aws.invoke(name, Qualifier="canary").version for _ in range(40)}

    def test_alias_of_a_missing_version(self, aws: Any, name: str) -> None:
        """An alias cannot point to a version that does not exist."""
        aws.add(name)
        refused = refusal(aws.functions.create_alias, FunctionName=name, Name="live", FunctionVersion="7")

        assert ("ResourceNotFoundException", 404) == refused[:2]


def test_urls_are_kept_and_nothing_listens(aws: Any, name: str) -> None:
    """Each of $LATEST and the aliases has at most one URL; its host does not exist."""
    arn = aws.add(name)
    created = aws.functions.create_function_url_config(FunctionName=name, AuthType="NONE", InvokeMode="RESPONSE_STREAM")
    again = refusal(aws.functions.create_function_url_config, FunctionName=name, AuthType="NONE")
    listed = aws.functions.list_function_url_configs(FunctionName=name)["FunctionUrlConfigs"]
    aws.functions.delete_function_url_config(FunctionName=name)
    gone = refusal(aws.functions.get_function_url_config, FunctionName=name)

    assert ("ResourceConflictException", 409) == again[:2]
    assert [(arn, "RESPONSE_STREAM")] == [(url["FunctionArn"], url["InvokeMode"]) for url in listed]
    assert created["FunctionUrl"].endswith(".lambda-url.local/")
    assert ("ResourceNotFoundException", 404) == gone[:2]


def test_update_takes_the_configured_time(slow: Any, name: str) -> None:
    """An update is in progress for the configured time."""
    slow.add(name)
    started = time.monotonic()
    slow.set_memory(name, 300)

    assert 0.75 < time.monotonic() - started < 4
