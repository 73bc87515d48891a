"""Layers: published, given to functions, and seen by their code."""

import io
import shutil
import stat
import struct
import zipfile
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from botocore.exceptions import ClientError

from power_tuner_local.lambda_service import LambdaApiError

pytestmark = pytest.mark.local_aws
needs_node = pytest.mark.skipif(shutil.which("node") is None, reason="needs Node.js: there is no node on the PATH")

ARN = "arn:aws:lambda:us-east-1:123456789012:layer"
PUBLIC = "arn:aws:lambda:us-east-1:017000801446:layer:AWSLambdaPowertoolsPythonV3-python313-x86_64:7"
READS = """
import os, subprocess, sys
import first, second

def handler(event, context):
    tool = subprocess.run(["tool"], capture_output=True, text=True)
    library = [path for path in os.environ["LD_LIBRARY_PATH"].split(":") if os.path.exists(f"{path}/libtool.so")]
    return {"first": first.OF, "second": second.OF, "tool": tool.stdout.strip(), "libraries": len(library)}
"""


def packed(files: Mapping[str, str], *, links: Mapping[str, str] | None = None) -> bytes:
    """Return a package with files that can be executed, and symbolic links."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for kind, each in ((stat.S_IFREG, files), (stat.S_IFLNK, links or {})):
            for name, text in each.items():
                info = zipfile.ZipInfo(name)
                info.external_attr = (kind | 0o755) << 16
                archive.writestr(info, text)
    return content.getvalue()


def publish(aws: Any, name: str, files: Mapping[str, str], **more: Any) -> str:
    """Publish a version of a layer; return its ARN."""
    published = aws.functions.publish_layer_version(LayerName=name, Content={"ZipFile": packed(files)}, **more)
    return str(published["LayerVersionArn"])


def refusal(operation: Any, **arguments: Any) -> tuple[str, int, str]:
    with pytest.raises(ClientError) as caught:
        operation(**arguments)
    response: Any = caught.value.response
    return response["Error"]["Code"], response["ResponseMetadata"]["HTTPStatusCode"], response["Error"]["Message"]


class TestVersions:
    """Publishing, showing, listing and deleting."""

    def test_each_publication_is_a_version(self, aws: Any, name: str) -> None:
        """Versions count from 1, and a number is not given again."""
        first = aws.functions.publish_layer_version(
            LayerName=name,
            Description="one",
            Content={"ZipFile": packed({"a": "1"})},
            CompatibleRuntimes=["python3.13"],
        )
        second = publish(aws, f"{ARN}:{name}", {"a": "2"})
        aws.functions.delete_layer_version(LayerName=name, VersionNumber=2)
        aws.functions.delete_layer_version(LayerName=name, VersionNumber=2)
        third = publish(aws, name, {"a": "3"})

        assert (f"{ARN}:{name}", f"{ARN}:{name}:1", 1) == (
            first["LayerArn"],
            first["LayerVersionArn"],
            first["Version"],
        )
        assert (201, "one", ["python3.13"]) == (
            first["ResponseMetadata"]["HTTPStatusCode"],
            first["Description"],
            first["CompatibleRuntimes"],
        )
        assert [f"{ARN}:{name}:2", f"{ARN}:{name}:3"] == [second, third]

    def test_a_version_is_shown_by_number_and_by_arn(self, aws: Any, name: str) -> None:
        """GetLayerVersion and GetLayerVersionByArn tell what PublishLayerVersion told."""
        arn = publish(aws, name, {"a": "1"}, LicenseInfo="MIT", CompatibleArchitectures=["arm64"])
        shown = [
            aws.functions.get_layer_version(LayerName=name, VersionNumber=1),
            aws.functions.get_layer_version_by_arn(Arn=arn),
        ]

        assert 2 * [(arn, "MIT", ["arm64"], len(packed({"a": "1"})))] == [
            (each["LayerVersionArn"], each["LicenseInfo"], each["CompatibleArchitectures"], each["Content"]["CodeSize"])
            for each in shown
        ]

    def test_lists_have_what_suits(self, aws: Any, name: str) -> None:
        """Layers have their newest version that suits; versions come newest first, in pages."""
        for runtime in ("python3.13", "nodejs22.x", "python3.13"):
            publish(aws, name, {"a": "1"}, CompatibleRuntimes=[runtime])
        publish(aws, f"{name}-x", {"a": "1"}, CompatibleRuntimes=["nodejs22.x"])

        def versions(**query: Any) -> list[int]:
            pages = aws.functions.get_paginator("list_layer_versions").paginate(LayerName=name, **query)
            return [each["Version"] for page in pages for each in page["LayerVersions"]]

        layers = aws.functions.list_layers(CompatibleRuntime="nodejs22.x")["Layers"]
        newest = {each["LayerName"]: each["LatestMatchingVersion"]["Version"] for each in layers}
        assert [3, 2, 1] == versions(PaginationConfig={"PageSize": 2})
        assert [3, 1] == versions(CompatibleRuntime="python3.13")
        assert {name: 2, f"{name}-x": 1} == {key: newest[key] for key in (name, f"{name}-x")}

    def test_what_is_not_there(self, aws: Any, name: str) -> None:
        """A version that does not exist is told as AWS does."""
        publish(aws, name, {"a": "1"})
        missing = refusal(aws.functions.get_layer_version, LayerName=name, VersionNumber=2)
        none = refusal(aws.functions.get_layer_version, LayerName=name, VersionNumber=0)

        assert ("ResourceNotFoundException", 404, "The resource you requested does not exist.") == missing
        assert ("InvalidParameterValueException", 400, "Layer Version Cannot be less than 1.") == none
        assert [] == aws.functions.list_layer_versions(LayerName=f"{name}-none")["LayerVersions"]

    def test_no_zip_file(self, aws: Any, name: str) -> None:
        """A layer's content is a zip file, and takes its place in the account."""
        before = aws.functions.get_account_settings()["AccountUsage"]["TotalCodeSize"]
        refused = refusal(aws.functions.publish_layer_version, LayerName=name, Content={"ZipFile": b"no"})
        publish(aws, name, {"a": "1"})

        after = aws.functions.get_account_settings()["AccountUsage"]["TotalCodeSize"]
        assert ("InvalidParameterValueException", 400) == refused[:2]
        assert len(packed({"a": "1"})) == after - before


class TestFunctions:
    """What a function may have, and what it then sees."""

    def test_code_sees_all_layers(self, aws: Any, name: str) -> None:
        """Packages, programs and libraries of all layers are found; of two files of a name, the later layer's."""
        one = {"python/first.py": "OF = 1", "python/second.py": "OF = 1", "bin/tool": "#!/bin/sh\necho works"}
        two = {
            "python/lib/python3.13/site-packages/second.py": "OF = 2",
            "lib/libtool.so": "",
            "python/first.py": "OF = 2",
        }
        arns = [publish(aws, f"{name}-{number}", files) for number, files in ((1, one), (2, two))]
        aws.add(name, READS, Layers=arns)

        assert {"first": 2, "second": 2, "tool": "works", "libraries": 1} == aws.invoke(name).payload
        assert arns == [each["Arn"] for each in aws.functions.get_function_configuration(FunctionName=name)["Layers"]]

    def test_versions_keep_their_layers(self, aws: Any, name: str) -> None:
        """Other layers are an update of $LATEST; a version keeps its own, also when they are deleted."""
        arns = [publish(aws, name, {"python/first.py": f"OF = {number}"}) for number in (1, 2)]
        aws.add(name, "import first\ndef handler(event, context):\n    return first.OF\n", Layers=[arns[0]])
        version = aws.publish(name)
        aws.functions.update_function_configuration(FunctionName=name, Layers=[arns[1]])
        aws.settled(name)
        aws.functions.delete_layer_version(LayerName=name, VersionNumber=1)
        seen = [aws.invoke(name).payload, aws.invoke(name, Qualifier=version).payload]
        aws.functions.update_function_configuration(FunctionName=name, Layers=[])
        without = aws.settled(name)

        assert [2, 1] == seen
        assert "Layers" not in without
        assert "Runtime.ImportModuleError" == aws.invoke(name).payload["errorType"]

    def test_paths_of_layers_in_variables(self, aws: Any, name: str) -> None:
        """The wrapper script and the search paths of a function's environment may name files below /opt."""
        wrapper = '#!/bin/sh\nexport WRAPPED=yes\nexec "$@"\n'
        layer = publish(aws, name, {"start": wrapper, "extra/first.py": "OF = 1"})
        variables = {"AWS_LAMBDA_EXEC_WRAPPER": "/opt/start", "PYTHONPATH": "/opt/extra"}
        code = "import first, os\ndef handler(event, context):\n    return first.OF, os.environ['WRAPPED']\n"
        aws.add(name, code, Layers=[layer], Environment={"Variables": variables})

        assert [1, "yes"] == aws.invoke(name).payload

    def test_literal_paths_of_layers_are_not_there(self, aws: Any, name: str) -> None:
        """Code that opens a file below /opt by itself does not find it."""
        layer = publish(aws, name, {"here.txt": ""})
        aws.add(
            name,
            "import os\ndef handler(event, context):\n    return os.path.exists('/opt/here.txt')\n",
            Layers=[layer],
        )

        assert aws.invoke(name).payload is False

    def test_extensions_are_not_started(self, aws: Any, name: str) -> None:
        """A program in the folder of extensions does not run."""
        layer = publish(aws, name, {"extensions/agent": "#!/bin/sh\necho agent-runs >&2\n"})
        aws.add(name, Layers=[layer])

        assert "agent-runs" not in aws.invoke(name).log

    @needs_node
    @pytest.mark.parametrize(
        ("file", "code"),
        [
            ("index.js", "exports.handler = async () => require('one').a + require('two').a;"),
            (
                "index.mjs",
                "import one from 'one'; import two from 'two'; export const handler = async () => one.a + two.a;",
            ),
        ],
    )
    def test_node_modules(self, aws: Any, name: str, file: str, code: str) -> None:
        """Packages in nodejs/node_modules are found by require and by import."""
        files = {f"nodejs/node_modules/{each}/index.js": "exports.a = 1;" for each in ("one", "two")}
        layer = publish(aws, name, files)
        aws.functions.create_function(
            FunctionName=name,
            Role="arn:aws:iam::123456789012:role/target",
            Code={"ZipFile": packed({file: code})},
            Handler="index.handler",
            Runtime="nodejs22.x",
            Layers=[layer],
        )
        aws.settled(name)

        assert 2 == aws.invoke(name).payload

    def test_many_sandboxes_start_at_once(self, aws: Any, name: str) -> None:
        """Layers are unpacked once, however many sandboxes wait for them."""
        aws.add(
            name,
            "import first, time\ndef handler(event, context):\n    time.sleep(0.2)\n    return first.OF\n",
            Layers=[publish(aws, name, {"python/first.py": "OF = 1"})],
        )
        with ThreadPoolExecutor(6) as pool:
            seen = list(pool.map(lambda _: aws.invoke(name).payload, range(6)))

        assert 6 * [1] == seen

    def test_bootstrap_of_a_layer(self, aws: Any, name: str) -> None:
        """A runtime of one's own can lie in a layer."""
        layer = publish(aws, name, {"bootstrap": "#!/bin/sh\necho started >&2\nexit 3\n"})
        aws.add(name, Runtime="provided.al2023", Layers=[layer])

        assert "started" in aws.invoke(name).log

    def test_links(self, aws: Any, name: str) -> None:
        """Symbolic links of a package are links, and nothing is written through them."""
        content = packed({"python/real/one.py": "A = 1", "python/out/x.py": ""}, links={"python/one.py": "real/one.py"})
        layers = [
            aws.functions.publish_layer_version(LayerName=f"{name}-{each}", Content={"ZipFile": zipped})
            for each, zipped in enumerate((content, packed({}, links={"python/out": "/", "../beside": "/"})))
        ]
        code = (
            "import one, os\ndef handler(event, context):\n    opt = one.__file__.rpartition('/python/')[0]\n"
            "    return [os.path.islink(one.__file__), os.path.islink(f'{opt}/python/out'), os.listdir(f'{opt}/..')]\n"
        )
        aws.add(name, code, Layers=[each["LayerVersionArn"] for each in layers])
        link, through, beside = aws.invoke(name).payload

        assert (True, False) == (link, through)
        assert "beside" not in beside


class TestRefused:
    """Layers that a function cannot have."""

    @pytest.fixture
    def function(self, aws: Any, name: str) -> Iterator[str]:
        """A function without layers."""
        aws.add(name)
        yield name
        aws.functions.delete_function(FunctionName=name)

    def test_which_layers(self, aws: Any, function: str) -> None:
        """At most five, of different layers, that exist in this region."""
        arns = [publish(aws, f"{function}-{number}", {"a": "1"}) for number in range(6)]
        again = publish(aws, f"{function}-0", {"a": "2"})
        gone, far = f"{ARN}:{function}:9", "arn:aws:lambda:eu-west-1:123456789012:layer:x:1"
        messages = [
            refusal(aws.functions.update_function_configuration, FunctionName=function, Layers=layers)
            for layers in (arns, [arns[0], again], [gone], [far])
        ]

        assert 4 * [("InvalidParameterValueException", 400)] == [each[:2] for each in messages]
        two = "Two different versions of the same layer are not allowed to be referenced in the same function."
        assert [
            "Cannot reference more than 5 layers.",
            f"{two} {arns[0]} and {again} are versions of the same layer.",
            f"Layer version {gone} does not exist.",
            "Layers are not in the same region as the function. Layers are expected to be in region us-east-1.",
        ] == [each[2] for each in messages]

    def test_layers_of_other_accounts_are_refused(self, aws: Any, function: str) -> None:
        """A public layer of another account is refused by name, with what would help."""
        updated = refusal(aws.functions.update_function_configuration, FunctionName=function, Layers=[PUBLIC])
        shown = refusal(aws.functions.get_layer_version_by_arn, Arn=PUBLIC)

        assert 2 * [("NotImplementedException", 501)] == [updated[:2], shown[:2]]
        assert f"The layer {PUBLIC} is not of this account and region" in updated[2]
        assert f"`aws lambda get-layer-version-by-arn --arn {PUBLIC}`" in updated[2]

    def test_no_version_in_the_arn(self, aws: Any, function: str) -> None:
        """The ARN of a layer is not that of a version."""
        refused = refusal(aws.functions.update_function_configuration, FunctionName=function, Layers=[f"{ARN}:x"])

        assert "ValidationException" == refused[0]

    def test_too_large_together(self, aws: Any, function: str) -> None:
        """Code and layers unpack to 250 MB at most, together."""
        size = 12_345
        mark = struct.pack("<L", size)

        def claiming(unzipped_bytes: int) -> bytes:
            return packed({"a": " " * size}).replace(mark, struct.pack("<L", unzipped_bytes))

        layers = [
            aws.service.call(
                "PublishLayerVersion", {"LayerName": f"{function}-{each}", "Content": {"ZipFile": content}}
            )
            for each, content in enumerate([claiming(131_072_000), claiming(131_072_001), claiming(131_071_999)])
        ]
        arns = [each["LayerVersionArn"] for each in layers]
        messages = []
        for chosen in (arns[:2], [arns[0], arns[2]]):
            with pytest.raises(LambdaApiError) as caught:
                aws.service.call("UpdateFunctionConfiguration", {"FunctionName": function, "Layers": chosen})
            messages.append(caught.value.message)

        assert "Layers consume more than the available size of 262144000 bytes" == messages[0]
        assert messages[1].startswith(
            "Function code combined with layers exceeds the maximum allowed size of 262144000 bytes. The actual size"
        )
