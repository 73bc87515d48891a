"""Where the zip file of a function or layer comes from: the request itself, or an object in S3."""

import base64
from typing import TYPE_CHECKING, Any

from moto.backends import get_backend
from moto.s3.exceptions import MissingBucket, MissingKey

from power_tuner_local.lambda_service.code_store import check_package, check_upload
from power_tuner_local.lambda_service.errors import InvalidParameterError, UnsupportedError

if TYPE_CHECKING:
    from collections.abc import Mapping


def package_of(source: "Mapping[str, Any]", account_id: str) -> bytes:
    """Return the zip file that a request has or names.

    Raises:
        RequestEntityTooLargeError: It is too large for a request.
        InvalidParameterError: It is not there, is no zip file, or would be too large when unpacked.
        UnsupportedError: It is a container image.
    """
    if (content := source.get("ZipFile")) is not None:
        package = content if isinstance(content, bytes) else base64.b64decode(content)
        check_upload(package)
    elif source.get("S3Bucket"):
        package = _object(source["S3Bucket"], source["S3Key"], account_id)
    else:
        raise UnsupportedError("The local AWS runs zip packages only; container images have to be tuned in AWS.")
    check_package(package)
    return package


def _object(bucket: str, key: str, account_id: str) -> bytes:
    prefix = "Error occurred while GetObject. S3 Error Code"
    try:
        found = get_backend("s3")[account_id]["aws"].get_object(bucket, key)
    except MissingBucket as error:
        raise InvalidParameterError(
            f"{prefix}: NoSuchBucket. S3 Error Message: The specified bucket does not exist"
        ) from error
    except MissingKey:
        found = None
    if found is None:
        raise InvalidParameterError(f"{prefix}: NoSuchKey. S3 Error Message: The specified key does not exist.")
    content: bytes = found.value
    return content
