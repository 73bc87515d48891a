"""What people call a function."""

import pytest

from power_tuner.tuning.arn import FunctionReference, canonical_arn, name_of, parse_function_reference, region_of

OWN = "arn:aws:states:eu-west-1:111122223333:execution:power-tuner:run-1"
ARN = "arn:aws:lambda:us-east-1:123456789012:function:thumbnailer"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("thumbnailer", FunctionReference("thumbnailer", "thumbnailer", None, None)),
        ("thumbnailer:live", FunctionReference("thumbnailer", "thumbnailer", None, "live")),
        ("thumbnailer:$LATEST", FunctionReference("thumbnailer", "thumbnailer", None, None)),
        (ARN, FunctionReference(ARN, "thumbnailer", "us-east-1", None)),
        (f"{ARN}:7", FunctionReference(ARN, "thumbnailer", "us-east-1", "7")),
        (f"{ARN}:$LATEST", FunctionReference(ARN, "thumbnailer", "us-east-1", None)),
        (
            "123456789012:function:thumbnailer:live",
            FunctionReference("123456789012:function:thumbnailer", "thumbnailer", None, "live"),
        ),
        (
            "arn:aws-us-gov:lambda:us-gov-west-1:123456789012:function:f",
            FunctionReference(
                "arn:aws-us-gov:lambda:us-gov-west-1:123456789012:function:f", "f", "us-gov-west-1", None
            ),
        ),
    ],
)
def test_a_function_is_named_in_many_ways(text: str, expected: FunctionReference) -> None:
    """Names, partial ARNs and ARNs are understood, each with and without a qualifier."""

    assert expected == parse_function_reference(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a b",
        "arn:aws:s3:::bucket",
        f"{ARN}:",
        f"{ARN}\n",
        "name\n",
        "arn:aws:lambda:us-east-1:1234:function:f",
        "arn:aws:lambda:us-east-1:\uff11\uff12\uff13456789012:function:f",
        "\uff11\uff12\uff13456789012:function:f",
        "ä",
    ],
)
def test_anything_else_is_no_function(text: str) -> None:
    """What Lambda would not accept is not accepted here."""

    assert parse_function_reference(text) is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (f"{ARN}:live", ARN),
        ("thumbnailer:live", "arn:aws:lambda:eu-west-1:111122223333:function:thumbnailer"),
        ("999988887777:function:f", "arn:aws:lambda:eu-west-1:999988887777:function:f"),
    ],
)
def test_what_a_name_leaves_open_comes_from_the_app(text: str, expected: str) -> None:
    """One function has one canonical ARN, however it is written."""
    reference = parse_function_reference(text)

    assert reference is not None
    assert expected == canonical_arn(reference, like=OWN)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (ARN, "thumbnailer"),
        (f"{ARN}:live", "thumbnailer"),
        ("f:7", "f"),
        ("unknown", "unknown"),
        ("not a name", "not a name"),
    ],
)
def test_a_function_has_a_bare_name(text: str, expected: str) -> None:
    """However it is written."""
    assert expected == name_of(text)


def test_an_arn_tells_its_region() -> None:
    """The region is the ARN's fourth part."""

    assert "us-east-1" == region_of(ARN)
