"""The functions that the campaign tunes, each in one run, and what somebody else deploys to them."""

import base64
import contextlib
import hashlib
import io
import json
import time
import zipfile
from typing import TYPE_CHECKING, Any, TypeVar

from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from campaign.observation import Play

MEMORY_MB = 512
FOREIGN_MEMORY_MB = 1024
FOREIGN_SETTINGS = {"Variables": {"STAGE": "theirs"}}
TAGS = {"team": "orders"}
FOREIGN = 'def handler(event, context):\n    return "deployed"\n'
_TRIES = 100
T = TypeVar("T")
_VOLATILE = frozenset({"ResponseMetadata", "RevisionId", "LastModified", "LastUpdateStatus", "State", "CodeSize"})


@contextlib.contextmanager
def new_target(functions: Any, name: str, source: str, role_arn: str) -> "Iterator[dict[str, Any]]":
    """Create a function with a version and an alias, yield its trace, and delete it in the end."""
    functions.create_function(
        FunctionName=name,
        Runtime="python3.13",
        Architectures=["arm64"],
        Role=role_arn,
        Handler="app.handler",
        MemorySize=MEMORY_MB,
        Timeout=10,
        Tags=TAGS,
        Code={"ZipFile": zipped(source)},
    )
    functions.get_waiter("function_active_v2").wait(FunctionName=name, WaiterConfig={"Delay": 0.05})
    version = functions.publish_version(FunctionName=name, Description="the user's")["Version"]
    functions.create_alias(FunctionName=name, Name="live", FunctionVersion=version)
    try:
        yield trace(functions, name)
    finally:
        with contextlib.suppress(ClientError):
            functions.delete_function(FunctionName=name)


def trace(functions: Any, name: str) -> dict[str, Any]:
    """Return everything that a run could leave behind on a function."""
    versions = functions.list_versions_by_function(FunctionName=name)["Versions"]
    aliases = functions.list_aliases(FunctionName=name)["Aliases"]
    configuration = functions.get_function_configuration(FunctionName=name)
    return {
        "configuration": _stable(configuration),
        "tags": functions.list_tags(Resource=configuration["FunctionArn"])["Tags"],
        "permissions": _permissions(functions, name),
        "versions": {each["Version"]: _stable(each) for each in versions if each["Version"] != "$LATEST"},
        "aliases": {each["Name"]: each["FunctionVersion"] for each in aliases},
    }


def _permissions(functions: Any, name: str) -> dict[str, Any]:
    try:
        policy = json.loads(functions.get_policy(FunctionName=name)["Policy"])
    except functions.exceptions.ResourceNotFoundException:
        return {}
    return {each["Sid"]: each for each in policy["Statement"]}


def touch(functions: Any, play: "Play", what: str) -> None:
    """Change what is no part of the configuration: set or remove a `tag`, or add a `permission`; and note it."""
    if what == "tag":
        functions.tag_resource(Resource=play.target_arn, Tags={"touched": "yes"})
        play.tags["touched"] = "yes"
    elif what == "untag":
        functions.untag_resource(Resource=play.target_arn, TagKeys=list(TAGS))
        play.tags = {name: value for name, value in play.tags.items() if name not in TAGS}
    else:
        functions.add_permission(
            FunctionName=play.target, StatementId="theirs", Action="lambda:InvokeFunction", Principal="s3.amazonaws.com"
        )
        play.permissions = _permissions(functions, play.target)


def deploy(functions: Any, play: "Play", what: str) -> None:
    """Deploy `code`, `memory`, `settings` or an `alias` of the newest version, once Lambda accepts it, and note it."""
    name, changes = play.target, play.changes
    if what == "code":
        foreign = zipped(FOREIGN)
        retried(lambda: functions.update_function_code(FunctionName=name, ZipFile=foreign))
        changes["CodeSha256"] = base64.b64encode(hashlib.sha256(foreign).digest()).decode()
    elif what == "memory":
        retried(lambda: functions.update_function_configuration(FunctionName=name, MemorySize=FOREIGN_MEMORY_MB))
        changes["MemorySize"] = FOREIGN_MEMORY_MB
    elif what == "settings":
        retried(lambda: functions.update_function_configuration(FunctionName=name, Environment=FOREIGN_SETTINGS))
        changes["Environment"] = FOREIGN_SETTINGS
    else:
        versions = functions.list_versions_by_function(FunctionName=name)["Versions"]
        newest = max((each["Version"] for each in versions if each["Version"] != "$LATEST"), key=int)
        functions.create_alias(FunctionName=name, Name="theirs", FunctionVersion=newest)
        play.kept_version = next(_stable(each) for each in versions if each["Version"] == newest)


def retried(act: "Callable[[], T]") -> T:
    """Repeat a call that Lambda refuses while an update is in progress."""
    for _ in range(_TRIES - 1):
        try:
            return act()
        except ClientError as error:
            if error.response["Error"]["Code"] != "ResourceConflictException":
                raise
            time.sleep(0.02)
    return act()


def _stable(configuration: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in configuration.items() if key not in _VOLATILE}


def zipped(source: str) -> bytes:
    """Return a function's zip archive with this code."""
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as bundle:
        bundle.writestr(zipfile.ZipInfo("app.py"), source)
    return archive.getvalue()
