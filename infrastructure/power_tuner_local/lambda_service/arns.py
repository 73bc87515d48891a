"""ARNs of one account and region."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Arns:
    """Builds the ARNs of one account and region."""

    region: str
    account_id: str

    def function(self, name: str, qualifier: str | None = None) -> str:
        """Return the ARN of a function, or of its version or alias."""
        arn = f"arn:aws:lambda:{self.region}:{self.account_id}:function:{name}"
        return f"{arn}:{qualifier}" if qualifier else arn

    def layer(self, name: str) -> str:
        """Return the ARN of a layer."""
        return f"arn:aws:lambda:{self.region}:{self.account_id}:layer:{name}"
