"""Put a picture into the bucket: the smallest kind that Pillow reads, written by hand."""

import os

import boto3

WIDTH, HEIGHT = 320, 200
PIXELS = bytes((x * y) % 256 for y in range(HEIGHT) for x in range(3 * WIDTH))
boto3.client("s3").put_object(
    Bucket=os.environ["PICTURES"], Key="cat.ppm", Body=b"P6 %d %d 255\n" % (WIDTH, HEIGHT) + PIXELS
)
