"""Uploads the deployment bundle."""

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

from power_tuner_cli.cloud import AwsOptions, Cloud
from power_tuner_cli.deployment.artifacts import Artifacts
from power_tuner_cli.deployment.bundle import Bundle, make_bundle
from power_tuner_cli.deployment.layer import build_layer

_LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})


def upload(
    tell: Callable[[str], None], cloud: Cloud, aws_options: AwsOptions, application: Path, bucket: str | None
) -> tuple[Artifacts, Bundle]:
    """Upload what an application needs in AWS; return where it is, and what.

    Args:
        tell: Tells a person how far it is.
        cloud: Where to.
        aws_options: The stack.
        application: The folder of the template.
        bucket: The bucket; None for one of the tuner's own.

    Raises:
        CliError: The layer cannot be built, or the bucket cannot be used.
    """
    account_id = str(cloud.client("sts").get_caller_identity()["Account"])
    artifacts = Artifacts(cloud, account_id, aws_options.stack_name, bucket)
    sources = application / "infrastructure" / "layer"
    from power_tuner_local.gateway.endpoint import ACCOUNT_ID

    # a local AWS is also reached by its address, as AWS_ENDPOINT_URL
    host = urlsplit(cloud.client("sts").meta.endpoint_url).hostname
    is_local = aws_options.local or (host in _LOOPBACK and account_id == ACCOUNT_ID)
    with _layer(sources, is_local=is_local) as layer:
        bundle = make_bundle(application, layer, artifacts.bucket, artifacts.prefix)
    artifacts.require()
    count = artifacts.upload(bundle.objects)
    tell(f"Uploaded {count} of {len(bundle.objects)} objects to {artifacts.bucket}.")
    return artifacts, bundle


@contextmanager
def _layer(sources: Path, *, is_local: bool) -> Iterator[Path]:
    """Hand out the layer's folder; for the local AWS, whose platform this machine is, a zip file of what is here."""
    if not is_local:
        yield build_layer(sources)
        return
    from power_tuner_local.installed_packages import layer_of, requirements_in

    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "layer.zip"
        file.write_bytes(layer_of(requirements_in(sources / "requirements.txt")))
        yield file
