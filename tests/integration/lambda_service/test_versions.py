"""Versions of functions, and what may be deleted."""

from typing import Any

import pytest

from power_tuner_local.lambda_service import LambdaOptions
from refusals import refusal

pytestmark = pytest.mark.local_aws


class TestVersions:
    """Published versions are immutable, numbered, and not repeated."""

    def test_unchanged_function_is_not_published_again(self, aws: Any, name: str) -> None:
        """Publishing an unchanged function returns the existing version with its own description."""
        aws.add(name)
        aws.publish(name, Description="first")
        again = aws.functions.publish_version(FunctionName=name, Description="second")

        assert ("1", "first") == (again["Version"], again["Description"])

    def test_update_to_the_same_is_no_change(self, aws: Any, name: str) -> None:
        """An update that changes nothing, or back and forth, does not make the next publish a new version."""
        aws.add(name, memory_mb=256)
        aws.publish(name)
        aws.set_memory(name, 512)
        aws.set_memory(name, 256)

        assert "1" == aws.publish(name)

    def test_any_update_may_count_as_a_change(self, run_service: Any, name: str) -> None:
        """With an option, as AWS is reported to behave, an update that changes nothing allows a new version."""
        with run_service(LambdaOptions(publish_compares_content=False)) as aws:
            aws.add(name, memory_mb=256)
            first = aws.publish(name)
            unchanged = aws.publish(name)
            aws.set_memory(name, 256)
            updated = aws.publish(name)

        assert ("1", "1", "2") == (first, unchanged, updated)

    def test_comparison_is_with_the_latest_version_only(self, aws: Any, name: str) -> None:
        """A function that equals an older version, but not the latest, is published as a new version."""
        aws.add(name, memory_mb=256)
        numbers = [aws.publish(name)]
        for memory_mb in (512, 256):
            aws.set_memory(name, memory_mb)
            numbers.append(aws.publish(name))

        assert ["1", "2", "3"] == numbers

    def test_description_of_latest_counts_as_a_change(self, aws: Any, name: str) -> None:
        """A new description of $LATEST makes a new version."""
        aws.add(name)
        aws.publish(name)
        aws.functions.update_function_configuration(FunctionName=name, Description="changed")
        aws.settled(name)

        assert "2" == aws.publish(name)

    def test_versions_are_immutable(self, aws: Any, name: str, make_package: Any) -> None:
        """A version keeps the memory size and code that it was published with."""
        aws.add(name, "def handler(event, context): return 'old'", memory_mb=256)
        number = aws.publish(name)
        before = aws.functions.get_function_configuration(FunctionName=name, Qualifier=number)
        aws.set_memory(name, 512)
        aws.functions.update_function_code(
            FunctionName=name, ZipFile=make_package("def handler(event, context): return 'new'")
        )
        aws.settled(name)
        after = aws.functions.get_function_configuration(FunctionName=f"{name}:{number}")
        version, latest = aws.invoke(name, Qualifier=number), aws.invoke(name)

        assert (256, before["CodeSha256"]) == (after["MemorySize"], after["CodeSha256"])
        assert ("old", "new") == (version.payload, latest.payload)
        assert ("1", "$LATEST") == (version.version, latest.version)

    def test_numbers_are_never_used_again(self, aws: Any, name: str) -> None:
        """After deleting the latest version, an unchanged function gets the next number."""
        aws.add(name)
        aws.functions.delete_function(FunctionName=name, Qualifier=aws.publish(name))

        assert "2" == aws.publish(name)

    def test_code_guard(self, aws: Any, name: str) -> None:
        """Publishing with another CodeSha256 is refused."""
        aws.add(name)
        sha = aws.settled(name)["CodeSha256"]
        refused = refusal(aws.functions.publish_version, FunctionName=name, CodeSha256="bm9uZQ==")

        assert ("InvalidParameterValueException", 400) == refused[:2]
        assert "1" == aws.publish(name, CodeSha256=sha)

    def test_listing_has_pages(self, aws: Any, name: str) -> None:
        """ListVersionsByFunction returns $LATEST and all versions over several pages."""
        aws.add(name)
        for memory_mb in (200, 201, 202):
            aws.set_memory(name, memory_mb)
            aws.publish(name)
        pages = aws.functions.get_paginator("list_versions_by_function").paginate(
            FunctionName=name, PaginationConfig={"PageSize": 2}
        )

        assert [["$LATEST", "1"], ["2", "3"]] == [[each["Version"] for each in page["Versions"]] for page in pages]

    def test_publish_with_code_update(self, aws: Any, name: str, make_package: Any) -> None:
        """UpdateFunctionCode with Publish returns the new version; a dry run changes nothing."""
        aws.add(name)
        before = aws.settled(name)
        code = make_package("def handler(event, context): return 'published'")
        aws.functions.update_function_code(FunctionName=name, ZipFile=code, DryRun=True)
        unchanged = aws.settled(name)
        published = aws.functions.update_function_code(FunctionName=name, ZipFile=code, Publish=True)
        aws.settled(name)
        aws.settled(name, published["Version"])

        assert (before["CodeSha256"], before["RevisionId"]) == (unchanged["CodeSha256"], unchanged["RevisionId"])
        assert "published" == aws.invoke(name, Qualifier=published["Version"]).payload


class TestDeletion:
    """What may be deleted, and what may not."""

    @pytest.mark.parametrize("routed", [False, True])
    def test_version_behind_an_alias_stays(self, aws: Any, name: str, *, routed: bool) -> None:
        """A version that an alias points to, also by weight, cannot be deleted."""
        aws.add(name)
        numbers = [aws.publish(name)]
        aws.set_memory(name, 300)
        numbers.append(aws.publish(name))
        routing = {"RoutingConfig": {"AdditionalVersionWeights": {numbers[1]: 0.1}}} if routed else {}
        aws.functions.create_alias(FunctionName=name, Name="live", FunctionVersion=numbers[0], **routing)
        refused = refusal(aws.functions.delete_function, FunctionName=name, Qualifier=numbers[1 if routed else 0])

        message = "Unable to delete version because the following aliases reference it: [live]"
        assert ("ResourceConflictException", 409, message) == refused

    def test_missing_version_is_no_error(self, aws: Any, name: str) -> None:
        """Deleting a version that does not exist returns 204 and deletes nothing."""
        aws.add(name)
        answer = aws.functions.delete_function(FunctionName=name, Qualifier="99")

        assert 204 == answer["ResponseMetadata"]["HTTPStatusCode"]
        assert "Active" == aws.settled(name)["State"]

    def test_latest_cannot_be_deleted_alone(self, aws: Any, name: str) -> None:
        """$LATEST can only be deleted with the whole function."""
        aws.add(name)
        refused = refusal(aws.functions.delete_function, FunctionName=name, Qualifier="$LATEST")

        message = "$LATEST version cannot be deleted without deleting the function."
        assert ("InvalidParameterValueException", 400, message) == refused

    def test_unqualified_deletes_everything(self, aws: Any, name: str) -> None:
        """DeleteFunction without a qualifier deletes the function with its versions."""
        arn = aws.add(name)
        aws.publish(name)
        aws.functions.delete_function(FunctionName=name)
        gone = refusal(aws.functions.get_function, FunctionName=name, Qualifier="1")

        assert ("ResourceNotFoundException", 404, f"Function not found: {arn}:1") == gone
