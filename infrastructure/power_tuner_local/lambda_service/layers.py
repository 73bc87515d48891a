"""The layers of one account and region, and which of them a function may have."""

import re
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from power_tuner_local.lambda_service.code_store import MAX_UNZIPPED_BYTES, unzipped_bytes
from power_tuner_local.lambda_service.errors import InvalidParameterError, ResourceNotFoundError, UnsupportedError
from power_tuner_local.lambda_service.functions import now_text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from power_tuner_local.lambda_service.arns import Arns
    from power_tuner_local.lambda_service.configuration import Code

MAX_LAYERS = 5
_ARN = re.compile(
    r"arn:aws[a-zA-Z-]*:lambda:(?P<region>[a-z0-9-]+):(?P<account>\d{12}):layer:(?P<name>[\w-]+)(?::(?P<number>\d+))?"
)


@dataclass(frozen=True, slots=True)
class LayerVersion:
    """A version of a layer, which never changes.

    Attributes:
        settings: What was said of it when it was published: CompatibleRuntimes, LicenseInfo, ...
    """

    layer_arn: str
    number: int
    code: "Code"
    description: str
    settings: "Mapping[str, Any]"
    created: str = field(default_factory=now_text)

    @property
    def arn(self) -> str:
        """Return the ARN of the version."""
        return f"{self.layer_arn}:{self.number}"

    def suits(self, runtime: str | None, architecture: str | None) -> bool:
        """Return whether it was published for a runtime and an architecture; None asks for any."""
        return (runtime is None or runtime in self.settings.get("CompatibleRuntimes", ())) and (
            architecture is None or architecture in self.settings.get("CompatibleArchitectures", ())
        )

    def listed(self) -> dict[str, Any]:
        """Return a LayerVersionsListItem."""
        shown = {"LayerVersionArn": self.arn, "Version": self.number, "CreatedDate": self.created}
        return {**shown, "Description": self.description, **self.settings}

    def to_api(self) -> dict[str, Any]:
        """Return what GetLayerVersion does."""
        content = {
            "Location": f"local:{self.arn}",
            "CodeSha256": self.code.sha256,
            "CodeSize": len(self.code.content),
        }
        return {**self.listed(), "LayerArn": self.layer_arn, "Content": content}


@dataclass(slots=True)
class _Layer:
    arn: str
    newest: int = 0
    versions: dict[int, LayerVersion] = field(default_factory=dict)


class LayerRegistry:
    """All layers of one account and region."""

    def __init__(self, arns: "Arns") -> None:
        self._arns = arns
        self._layers: dict[str, _Layer] = {}
        self._lock = threading.Lock()

    def publish(self, text: str, make: "Callable[[str, int], LayerVersion]") -> LayerVersion:
        """Add a version of a layer; numbers are never given twice.

        Args:
            text: The layer's name or ARN.
            make: Makes the version, of the layer's ARN and the version's number.
        """
        name = self.own_name(text)
        with self._lock:
            layer = self._layers.setdefault(name, _Layer(self._arns.layer(name)))
            layer.newest += 1
            version = layer.versions[layer.newest] = make(layer.arn, layer.newest)
        return version

    def find(self, text: str, number: int) -> LayerVersion:
        """Return a version of a layer.

        Raises:
            InvalidParameterError: The number is none.
            ResourceNotFoundError: There is no such version.
        """
        if number < 1:
            raise InvalidParameterError("Layer Version Cannot be less than 1.")
        layer = self._layers.get(self.own_name(text))
        if layer is None or number not in layer.versions:
            raise ResourceNotFoundError("The resource you requested does not exist.")
        return layer.versions[number]

    def find_by_arn(self, arn: str) -> LayerVersion:
        """Return the version that an ARN names."""
        self.own_name(arn)
        layer_arn, _, number = arn.rpartition(":")
        return self.find(layer_arn, int(number))

    def remove(self, text: str, number: int) -> None:
        """Delete a version, if there is one; functions that have it keep it."""
        if number < 1:
            raise InvalidParameterError("Layer Version Cannot be less than 1.")
        with self._lock:
            layer = self._layers.get(self.own_name(text))
            if layer is not None:
                layer.versions.pop(number, None)

    def versions(self, text: str) -> list[LayerVersion]:
        """Return the versions of a layer, the newest first; none if there is no such layer."""
        with self._lock:
            layer = self._layers.get(self.own_name(text))
            return [] if layer is None else [layer.versions[number] for number in sorted(layer.versions, reverse=True)]

    def names(self) -> list[str]:
        """Return the names of all layers that have a version."""
        with self._lock:
            return sorted(name for name, layer in self._layers.items() if layer.versions)

    def code_size(self) -> int:
        """Return the size of the packages of all versions."""
        return sum(len(version.code.content) for name in self.names() for version in self.versions(name))

    def of_function(self, arns: "Sequence[str]") -> tuple[LayerVersion, ...]:
        """Return the versions that a function is to have, in the order of the request.

        Raises:
            InvalidParameterError: They are too many, do not exist, or are of one layer.
            UnsupportedError: One belongs to another account.
        """
        if len(arns) > MAX_LAYERS:
            raise InvalidParameterError(f"Cannot reference more than {MAX_LAYERS} layers.")
        found: dict[str, LayerVersion] = {}
        for arn in arns:
            version = self._named(arn)
            if (other := found.get(version.layer_arn)) is not None:
                raise InvalidParameterError(
                    "Two different versions of the same layer are not allowed to be referenced in the same function. "
                    f"{other.arn} and {version.arn} are versions of the same layer."
                )
            found[version.layer_arn] = version
        return tuple(found.values())

    def own_name(self, text: str) -> str:
        """Return the name of a layer of this account and region.

        Raises:
            UnsupportedError: It belongs to another.
        """
        match = _ARN.fullmatch(text)
        if match is None and text.startswith("arn:"):
            raise _elsewhere(text)
        if match is None:
            return text
        if (match["region"], match["account"]) != (self._arns.region, self._arns.account_id):
            raise _elsewhere(text)
        return match["name"]

    def _named(self, arn: str) -> LayerVersion:
        match = _ARN.fullmatch(arn)
        if match and match["account"] == self._arns.account_id and match["region"] != self._arns.region:
            raise InvalidParameterError(
                "Layers are not in the same region as the function. "
                f"Layers are expected to be in region {self._arns.region}."
            )
        try:
            return self.find_by_arn(arn)
        except ResourceNotFoundError:
            raise InvalidParameterError(f"Layer version {arn} does not exist.") from None


def require_room(code: "Code", layers: "Iterable[LayerVersion]") -> None:
    """Refuse a function whose code and layers are larger together than Lambda allows.

    Raises:
        InvalidParameterError: They are.
    """
    of_layers = sum(unzipped_bytes(each.code.content) for each in layers)
    if not of_layers:
        return
    if of_layers > MAX_UNZIPPED_BYTES:
        raise InvalidParameterError(f"Layers consume more than the available size of {MAX_UNZIPPED_BYTES} bytes")
    together = of_layers + unzipped_bytes(code.content)
    if together > MAX_UNZIPPED_BYTES:
        raise InvalidParameterError(
            f"Function code combined with layers exceeds the maximum allowed size of {MAX_UNZIPPED_BYTES} bytes. "
            f"The actual size is {together} bytes."
        )


def _elsewhere(arn: str) -> UnsupportedError:
    return UnsupportedError(
        f"The layer {arn} is not of this account and region, and the local AWS fetches nothing. Download its content "
        f"(`aws lambda get-layer-version-by-arn --arn {arn}` tells its address), publish it here, and name that."
    )
