"""Policies of buckets are kept, and not read: moto would deny what their conditions exempt."""

from typing import TYPE_CHECKING, Any

from moto.iam.access_control import PermissionResult
from moto.s3.models import FakeBucket

if TYPE_CHECKING:
    from power_tuner_local.moto_patches import MotoPatches


def patch_moto(patches: "MotoPatches") -> None:
    """Patch moto's buckets."""
    patches.replace(FakeBucket, get_permission=_neutral)


def _neutral(_bucket: FakeBucket, _action: str, _resource: str) -> Any:
    return PermissionResult.NEUTRAL
