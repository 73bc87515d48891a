"""The parts of a page that have files of their own, and the policy that lets nothing else have effect."""

import json
from base64 import b64encode
from hashlib import sha256
from importlib.resources import files

# In JSON within HTML: no element may begin or end there.
_IN_HTML = str.maketrans({"<": "\\u003c", ">": "\\u003e", "&": "\\u0026"})


def page_part(name: str) -> str:
    """Return the text of a part."""
    return files("power_tuner").joinpath("data", name).read_text("utf-8")


def content_security_policy(style: str, script: str = "") -> str:
    """Return the policy of a page that has this style, and no script or this one; it can load nothing."""
    scripts = f"script-src {_hash(script)}; " if script else ""
    return f"default-src 'none'; style-src {_hash(style)}; {scripts}base-uri 'none'; form-action 'none'"


def json_in_html(value: object) -> str:
    """Return a value as JSON that may stand in an element of a page."""
    return json.dumps(value, separators=(",", ":")).translate(_IN_HTML)


def _hash(text: str) -> str:
    return f"'sha256-{b64encode(sha256(text.encode()).digest()).decode()}'"
