"""Secrets of a template."""

import json
from typing import TYPE_CHECKING, Any, Self

from power_tuner_local.cloudformation.resources import Resource

if TYPE_CHECKING:
    from collections.abc import Mapping

_DRAWN = (
    "ExcludeCharacters",
    "ExcludeLowercase",
    "ExcludeNumbers",
    "ExcludePunctuation",
    "ExcludeUppercase",
    "IncludeSpace",
    "RequireEachIncludedType",
)


class Secret(Resource):
    """A secret, given or drawn at random."""

    resource_type = "AWS::SecretsManager::Secret"

    def put(self) -> None:
        """Create the secret."""
        same = ("Description", "KmsKeyId", "Tags")
        arguments = {key: self.properties[key] for key in same if key in self.properties}
        created = self.client("secretsmanager").create_secret(Name=self.name, SecretString=self._value(), **arguments)
        self.name = created["ARN"]

    def update(self, properties: "Mapping[str, Any]") -> Self:
        """Change what it says; it is drawn again only if it is to be drawn in another way."""
        before, self.properties = self.properties, properties
        changed: dict[str, Any] = {"Description": properties.get("Description", "")}
        if any(before.get(key) != properties.get(key) for key in ("SecretString", "GenerateSecretString")):
            changed["SecretString"] = self._value()
        self.client("secretsmanager").update_secret(SecretId=self.name, **changed)
        return self

    def remove(self) -> None:
        """Delete the secret at once."""
        self.client("secretsmanager").delete_secret(SecretId=self.name, ForceDeleteWithoutRecovery=True)

    def get_cfn_attribute(self, attribute_name: str) -> str:
        """Return the secret's ARN."""
        return self.name if attribute_name == "Id" else super().get_cfn_attribute(attribute_name)

    def _value(self) -> str:
        """Return the value; a drawn one stands in the JSON that the template gives, if it does."""
        draw: Mapping[str, Any] | None = self.properties.get("GenerateSecretString")
        if draw is None:
            return str(self.properties.get("SecretString", "{}"))
        asked = {key: _truth(draw[key]) for key in _DRAWN if key in draw}
        length = int(draw.get("PasswordLength", 32))
        drawn = self.client("secretsmanager").get_random_password(PasswordLength=length, **asked)["RandomPassword"]
        if "GenerateStringKey" not in draw:
            return str(drawn)
        return json.dumps({**json.loads(draw.get("SecretStringTemplate", "{}")), draw["GenerateStringKey"]: drawn})


def _truth(value: Any) -> Any:
    """Return a truth value that may be written as text."""
    return value == "true" if value in {"true", "false"} else value
