"""What a stack has stored, and keeps when it is removed."""

from collections.abc import Mapping

from power_tuner_cli.cloud import Cloud


def delete_stored(cloud: Cloud, outputs: Mapping[str, str]) -> None:
    """Delete the table and the bucket of a stack, with all that is in them; what is gone already stays gone."""
    from botocore.exceptions import ClientError

    s3, dynamodb = cloud.client("s3"), cloud.client("dynamodb")
    bucket = outputs["BucketName"]
    try:
        for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket):
            if keys := [{"Key": each["Key"]} for each in page.get("Contents", ())]:
                s3.delete_objects(Bucket=bucket, Delete={"Objects": keys})
        s3.delete_bucket(Bucket=bucket)
    except ClientError as error:
        if error.response["Error"]["Code"] != "NoSuchBucket":
            raise
    try:
        dynamodb.delete_table(TableName=outputs["TableName"])
    except ClientError as error:
        if error.response["Error"]["Code"] != "ResourceNotFoundException":
            raise
