"""Bad input is refused by name before the target is touched."""

from collections.abc import Callable
from typing import Any

import pytest

from e2e.cloud import Cloud, Tuner

pytestmark = pytest.mark.local_aws

REFUSED: list[tuple[dict[str, Any], tuple[str, ...]]] = [
    ({"num": 0}, ("num", "0", "from 1 to")),
    ({"num": "many"}, ("num", "many", "whole number")),
    ({"powerValues": [64]}, ("powerValues", "64", "128 to 10240")),
    ({"powerValues": [20000]}, ("powerValues", "20000", "128 to 10240")),
    ({"strategy": "fastest"}, ("strategy", "fastest", "cost, speed, balanced")),
    ({"balancedWeight": 2}, ("balancedWeight", "2", "from 0 to 1")),
    ({"discardTopBottom": 0.5}, ("discardTopBottom", "0.5", "from 0 to 0.4")),
    ({"parallelInvocations": True}, ("parallelInvocations", "did you mean parallelInvocation?")),
    ({"payloadS3": "not-an-uri"}, ("payloadS3", "s3://bucket/key")),
]


@pytest.fixture(scope="module")
def untouched(cloud: Cloud, tmp_path_factory: pytest.TempPathFactory) -> str:
    """One function for all refusals: nothing touches it."""
    folder = tmp_path_factory.mktemp("untouched")
    (folder / "app.py").write_text("def handler(event, context):\n    return 1\n")
    return cloud.add_function(folder, name="untouched", memory_mb=512)


@pytest.mark.parametrize(("fields", "words"), REFUSED, ids=lambda value: str(next(iter(value))))
def test_refused(cloud: Cloud, tuner: Tuner, untouched: str, fields: dict[str, Any], words: tuple[str, ...]) -> None:
    """The execution fails as InvalidInput, naming field, value and what is allowed; the revision is the same."""
    client = cloud.client("lambda")
    before = client.get_function_configuration(FunctionName=untouched)["RevisionId"]

    execution = tuner.tune({"lambdaARN": untouched, "num": 5, "powerValues": [128], **fields})

    assert (execution["status"], execution["error"]) == ("FAILED", "InvalidInput")
    assert [word for word in words if word not in execution["cause"]] == []
    assert client.get_function_configuration(FunctionName=untouched)["RevisionId"] == before


@pytest.mark.parametrize("arn", [None, "", "arn:aws:s3:::bucket", "no such function", "nobody"])
def test_missing_or_wrong_function(tuner: Tuner, arn: str | None) -> None:
    """A missing or impossible lambdaARN is refused by name."""
    execution = tuner.tune({"num": 5, **({} if arn is None else {"lambdaARN": arn})})

    assert (execution["status"], execution["error"]) == ("FAILED", "InvalidInput")
    assert "lambdaARN" in execution["cause"]


def test_refusal_of_a_qualifier_releases_the_lease(tuner: Tuner, target: Callable[..., str]) -> None:
    """An input that is refused after the lease was taken gives the lease back."""
    arn = target()

    execution = tuner.tune({"lambdaARN": f"{arn}:nobody", "num": 1})

    assert execution["error"] == "InvalidInput"
    assert not tuner.leases(arn)
