"""Print the template as CloudFormation gets it, for tools that do not know SAM.

``python -m lint.expanded template.yaml``
"""

import json
import os
import sys
from pathlib import Path
from unittest import mock

from power_tuner_local.cloudformation.sam import expand

REGION = "us-east-1"


def main() -> int:
    """Print the expanded template."""
    with mock.patch.dict(os.environ, AWS_DEFAULT_REGION=REGION):
        document = expand(Path(sys.argv[1]), {}, REGION, lambda _: ("bucket", "key"))
    sys.stdout.write(json.dumps(document, indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main())
