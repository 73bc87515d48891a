"""Adapters to AWS: the only place that imports botocore."""
