"""Lambda's layer API."""

from typing import TYPE_CHECKING, Any

from power_tuner_local.lambda_service.configuration import Code
from power_tuner_local.lambda_service.layers import LayerRegistry, LayerVersion
from power_tuner_local.lambda_service.package_sources import package_of
from power_tuner_local.lambda_service.pages import page

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    Parameters = Mapping[str, Any]

_SETTINGS = ("CompatibleArchitectures", "CompatibleRuntimes", "LicenseInfo")


class LayerApi:
    """Publishes, returns and deletes versions of layers."""

    def __init__(self, layers: LayerRegistry, account_id: str) -> None:
        self._layers = layers
        self._account_id = account_id

    def actions(self) -> "dict[str, Callable[[Parameters], dict[str, Any] | None]]":
        """Return the operations by name."""
        return {
            "PublishLayerVersion": self.publish,
            "GetLayerVersion": self.show,
            "GetLayerVersionByArn": self.show_by_arn,
            "ListLayers": self.list_layers,
            "ListLayerVersions": self.list_versions,
            "DeleteLayerVersion": self.delete,
        }

    def publish(self, request: "Parameters") -> dict[str, Any]:
        """Publish a version of a layer, which need not exist before."""
        code = Code(package_of(request["Content"], self._account_id))
        settings = {name: request[name] for name in _SETTINGS if request.get(name)}

        def version(layer_arn: str, number: int) -> LayerVersion:
            return LayerVersion(layer_arn, number, code, request.get("Description") or "", settings)

        return self._layers.publish(request["LayerName"], version).to_api()

    def show(self, request: "Parameters") -> dict[str, Any]:
        """Return a version."""
        return self._layers.find(request["LayerName"], int(request["VersionNumber"])).to_api()

    def show_by_arn(self, request: "Parameters") -> dict[str, Any]:
        """Return the version that an ARN names."""
        return self._layers.find_by_arn(request["Arn"]).to_api()

    def list_layers(self, request: "Parameters") -> dict[str, Any]:
        """Return the layers, each with the newest version that suits."""
        shown = []
        for name in self._layers.names():
            if suiting := self._suiting(name, request):
                newest = suiting[0]
                shown.append(
                    {"LayerName": name, "LayerArn": newest.layer_arn, "LatestMatchingVersion": newest.listed()}
                )
        return page("Layers", shown, request)

    def list_versions(self, request: "Parameters") -> dict[str, Any]:
        """Return the versions of a layer that suit, the newest first."""
        suiting = self._suiting(request["LayerName"], request)
        return page("LayerVersions", [each.listed() for each in suiting], request)

    def delete(self, request: "Parameters") -> None:
        """Delete a version, if there is one."""
        self._layers.remove(request["LayerName"], int(request["VersionNumber"]))

    def _suiting(self, name: str, request: "Parameters") -> "list[LayerVersion]":
        wanted = request.get("CompatibleRuntime"), request.get("CompatibleArchitecture")
        return [each for each in self._layers.versions(name) if each.suits(*wanted)]
