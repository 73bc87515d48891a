"""Put a picture into the bucket, whose name is in the environment as it is for the function."""

import json
import os
import sys

import boto3

boto3.client("s3").put_object(Bucket=os.environ["PICTURES"], Key="cat.raw", Body=bytes(range(256)) * 400)
sys.stdout.write(f"a picture is in {json.loads(os.environ['STACK_OUTPUTS'])['PicturesName']}\n")
