"""Rules on what is kept: safe from loss, from strangers, and not for ever."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lint import deployed as template

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


class Table(template.Rule):
    """A table costs nothing while idle, expires what is old, can be restored and is encrypted."""

    id = "E9110"
    shortdesc = description = "A table lacks on-demand billing, expiry, point-in-time recovery or encryption"

    def problems(self, deployed: template.Deployed) -> Iterator[template.Problem]:
        """Yield what a table lacks."""
        for name, properties in deployed.of_type("AWS::DynamoDB::Table"):
            recovery = properties.get("PointInTimeRecoverySpecification", {})
            if properties.get("BillingMode") != "PAY_PER_REQUEST":
                yield name, "set BillingMode: PAY_PER_REQUEST"
            if not template.is_on(properties.get("TimeToLiveSpecification", {}).get("Enabled")):
                yield name, "set TimeToLiveSpecification, enabled"
            if not template.is_on(recovery.get("PointInTimeRecoveryEnabled")):
                yield name, "set PointInTimeRecoverySpecification, enabled"
            if not template.is_on(properties.get("SSESpecification", {}).get("SSEEnabled")):
                yield name, "set SSESpecification, enabled"


class Bucket(template.Rule):
    """A bucket is private, encrypted, refuses plain HTTP and expires what is old."""

    id = "E9111"
    shortdesc = description = "A bucket is not private, encrypted, TLS-only, or keeps objects for ever"

    def problems(self, deployed: template.Deployed) -> Iterator[template.Problem]:
        """Yield what a bucket lacks."""
        for name, properties in deployed.of_type("AWS::S3::Bucket"):
            block = properties.get("PublicAccessBlockConfiguration", {})
            for flag in ("BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets"):
                if not template.is_on(block.get(flag)):
                    yield name, f"set PublicAccessBlockConfiguration: {flag}: true"
            for key in ("BucketEncryption", "LifecycleConfiguration"):
                if not properties.get(key):
                    yield name, f"set {key}"
            if not any(_denies_plain_http(statement) for statement in _policy(deployed, name)):
                yield name, "give it a bucket policy that denies requests with aws:SecureTransport false"


class Queue(template.Rule):
    """A queue is encrypted and says how long it keeps."""

    id = "E9112"
    shortdesc = description = "A queue is not encrypted, or does not say how long it keeps messages"

    def problems(self, deployed: template.Deployed) -> Iterator[template.Problem]:
        """Yield what a queue lacks."""
        for name, properties in deployed.of_type("AWS::SQS::Queue"):
            if not template.is_on(properties.get("SqsManagedSseEnabled")) and "KmsMasterKeyId" not in properties:
                yield name, "set SqsManagedSseEnabled: true"
            if "MessageRetentionPeriod" not in properties:
                yield name, "set MessageRetentionPeriod"


def _policy(deployed: template.Deployed, bucket: str) -> Iterator[Mapping[str, Any]]:
    for _, properties in deployed.of_type("AWS::S3::BucketPolicy"):
        if deployed.named_in(properties.get("Bucket")) == [bucket]:
            yield from template.as_list(properties.get("PolicyDocument", {}).get("Statement"))


def _denies_plain_http(statement: Mapping[str, Any]) -> bool:
    condition = statement.get("Condition", {}).get("Bool", {}).get("aws:SecureTransport", "")
    return statement.get("Effect") == "Deny" and str(condition).lower() == "false"
