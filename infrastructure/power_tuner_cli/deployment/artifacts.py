"""The bucket that a deployment's objects go to: private, made when it is missing, removed by undeploy."""

import json
from collections.abc import Mapping
from typing import Any

from power_tuner_cli.cloud import Cloud
from power_tuner_cli.errors import CliError
from power_tuner_cli.exit_codes import ExitCode

_OWN = "power-tuner-artifacts"
_MISSING = frozenset({"404", "NoSuchBucket", "NotFound"})
_AT_ONCE = 1000


class Artifacts:
    """The objects of one stack's deployments.

    Attributes:
        bucket: The bucket.
        prefix: The first part of the keys.
    """

    def __init__(self, cloud: Cloud, account_id: str, stack_name: str, bucket: str | None = None) -> None:
        self._s3 = cloud.client("s3")
        self._region = cloud.region
        self._account_id = account_id
        self.bucket = bucket or own_bucket(account_id, cloud.region)
        self.prefix = f"power-tuner/{stack_name}/"

    @property
    def is_own(self) -> bool:
        """Return whether the bucket is one that this command makes."""
        return self.bucket == own_bucket(self._account_id, self._region)

    def exists(self) -> bool:
        """Return whether the bucket exists.

        Raises:
            CliError: It belongs to another account, or may not be used.
        """
        from botocore.exceptions import ClientError

        try:
            self._s3.head_bucket(Bucket=self.bucket, ExpectedBucketOwner=self._account_id)
        except ClientError as error:
            if error.response["Error"]["Code"] in _MISSING:
                return False
            raise CliError(
                f"The bucket {self.bucket} cannot be used ({error.response['Error'].get('Message', 'forbidden')}): it "
                "belongs to another account, or your credentials may not read it. Name one of your own with --bucket.",
                ExitCode.UNREACHABLE,
            ) from None
        return True

    def require(self) -> None:
        """Make the bucket if it is missing and one that this command makes.

        Raises:
            CliError: The bucket that was named does not exist.
        """
        if self.exists():
            return
        if not self.is_own:
            raise CliError(f"--bucket {self.bucket!r}: there is no such bucket. Create it, or leave --bucket out.")
        place: dict[str, Any] = {"CreateBucketConfiguration": {"LocationConstraint": self._region}}
        self._s3.create_bucket(Bucket=self.bucket, **(place if self._region != "us-east-1" else {}))
        blocked = dict.fromkeys(
            ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"), True
        )
        self._s3.put_public_access_block(Bucket=self.bucket, PublicAccessBlockConfiguration=blocked)
        self._s3.put_bucket_policy(Bucket=self.bucket, Policy=json.dumps(self._tls_only()))

    def upload(self, objects: Mapping[str, bytes]) -> int:
        """Upload the objects that are not there yet; return how many these were."""
        from botocore.exceptions import ClientError

        uploaded = 0
        owner = {"Bucket": self.bucket, "ExpectedBucketOwner": self._account_id}
        for key, content in objects.items():
            try:
                self._s3.head_object(Key=key, **owner)
            except ClientError as error:
                if error.response["Error"]["Code"] not in _MISSING | {"NoSuchKey"}:
                    raise
                self._s3.put_object(Key=key, Body=content, **owner)
                uploaded += 1
        return uploaded

    def url(self, key: str) -> str:
        """Return the address of an object, as CloudFormation takes it."""
        suffix = "amazonaws.com.cn" if self._region.startswith("cn-") else "amazonaws.com"
        return f"https://{self.bucket}.s3.{self._region}.{suffix}/{key}"

    def remove(self) -> int:
        """Delete the objects, and the bucket if it is one that this command makes and nothing else is in it.

        Returns:
            How many objects were deleted.
        """
        if not self.exists():
            return 0
        keys = [
            {"Key": each["Key"]}
            for page in self._s3.get_paginator("list_objects_v2").paginate(Bucket=self.bucket, Prefix=self.prefix)
            for each in page.get("Contents", ())
        ]
        for begin in range(0, len(keys), _AT_ONCE):
            self._s3.delete_objects(Bucket=self.bucket, Delete={"Objects": keys[begin : begin + _AT_ONCE]})
        if self.is_own and not self._s3.list_objects_v2(Bucket=self.bucket, MaxKeys=1).get("Contents"):
            self._s3.delete_bucket(Bucket=self.bucket)
        return len(keys)

    def _tls_only(self) -> dict[str, Any]:
        partition = "aws-cn" if self._region.startswith("cn-") else "aws"
        partition = "aws-us-gov" if self._region.startswith("us-gov-") else partition
        arn = f"arn:{partition}:s3:::{self.bucket}"
        statement = {
            "Effect": "Deny",
            "Principal": "*",
            "Action": "s3:*",
            "Resource": [arn, f"{arn}/*"],
            "Condition": {"Bool": {"aws:SecureTransport": "false"}},
        }
        return {"Version": "2012-10-17", "Statement": [statement]}


def own_bucket(account_id: str, region: str) -> str:
    """Return the name of the bucket that this command makes in an account and region."""
    return f"{_OWN}-{account_id}-{region}"
