"""What ships in the layer is what was pinned: another file under the same name and version is not installed."""

import hashlib
import json
import os
import re
import shutil
import subprocess
from pathlib import Path
from zipfile import ZipFile

import pytest
from packaging.requirements import Requirement

from power_tuner_cli.deployment.layer import build_layer
from power_tuner_cli.errors import CliError

ROOT = Path(__file__).parents[2]
LAYER = ROOT / "infrastructure/layer"
PINS = LAYER / "requirements.txt"
BILL = ROOT / "build/layer.cdx.json"
WHEEL = "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
SHA256 = re.compile(r"--hash=sha256:([0-9a-f]{64})")


def pins() -> dict[str, list[str]]:
    """Return the hashes of each pinned package."""
    lines = PINS.read_text(encoding="utf-8").replace("\\\n", "").splitlines()
    return {str(Requirement(line.partition(" --hash")[0])): SHA256.findall(line) for line in lines}


def publish(folder: Path, code: str) -> Path:
    """Put a version of a package into a folder that pip installs from."""
    wheel = folder / "shipped-1.0-py3-none-any.whl"
    with ZipFile(wheel, "w") as archive:
        archive.writestr("shipped.py", code)
        archive.writestr("shipped-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: shipped\nVersion: 1.0\n")
        archive.writestr("shipped-1.0.dist-info/WHEEL", WHEEL)
        archive.writestr("shipped-1.0.dist-info/RECORD", "")
    return wheel


def build(folder: Path, requirements: str) -> subprocess.CompletedProcess[str]:
    """Build a layer as `sam build` does, of what lies in a folder only."""
    copy = shutil.copytree(LAYER, folder / "layer")
    (copy / "requirements.txt").write_text(requirements)
    return subprocess.run(
        ["make", "build-DependenciesLayer"],  # noqa: S607 - wherever make is
        cwd=copy,
        env={
            **os.environ,
            "ARTIFACTS_DIR": str(folder / "built"),
            "PIP_NO_INDEX": "1",
            "PIP_FIND_LINKS": str(folder),
            "PIP_NO_CACHE_DIR": "1",
        },
        capture_output=True,
        text=True,
        check=False,
    )


def test_another_file_under_the_same_version_does_not_ship(tmp_path: Path) -> None:
    """The build ends where a package is not what it was when it was pinned."""
    wheel = publish(tmp_path, "INNOCENT = True\n")
    pinned = f"shipped==1.0 --hash=sha256:{hashlib.sha256(wheel.read_bytes()).hexdigest()}\n"
    good = build(tmp_path, pinned)
    assert (0, True) == (good.returncode, (tmp_path / "built/python/shipped.py").exists()), good.stderr
    shutil.rmtree(tmp_path / "layer")
    shutil.rmtree(tmp_path / "built")

    publish(tmp_path, "import os\n")
    refused = build(tmp_path, pinned)

    assert refused.returncode != 0
    assert "DO NOT MATCH THE HASHES" in refused.stderr
    assert not (tmp_path / "built/python/shipped.py").exists()


def test_a_package_without_a_hash_does_not_ship(tmp_path: Path) -> None:
    """Nothing comes in beside the pins."""
    publish(tmp_path, "")

    refused = build(tmp_path, "shipped==1.0\n")

    assert refused.returncode != 0
    assert not (tmp_path / "built/python/shipped.py").exists()


@pytest.mark.parametrize("pin", ["shipped==1.0", f"shipped==1.0 --hash=sha256:{'0' * 64}"])
def test_power_tuner_deploy_installs_no_other_file_either(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, pin: str
) -> None:
    """It builds the layer itself, from the same pins: without a hash, or with another one, nothing is deployed."""
    publish(tmp_path, "")
    sources = shutil.copytree(LAYER, tmp_path / "layer")
    (sources / "requirements.txt").write_text(f"{pin}\n")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path))

    with pytest.raises(CliError, match=r"nothing was deployed"):
        build_layer(sources)


def test_each_package_of_the_layer_has_its_hashes() -> None:
    """Of what can be downloaded under its version."""

    assert [] == [pin for pin, hashes in pins().items() if not hashes]
    assert len(pins()) > 5


@pytest.mark.skipif(
    not BILL.exists() or BILL.stat().st_mtime < PINS.stat().st_mtime,
    reason="there is no bill of materials of these pins: run `make sbom` first",
)
def test_the_bill_of_materials_names_what_ships() -> None:
    """Each package with its version, as CycloneDX, with a hash that it may have."""
    bill = json.loads(BILL.read_text(encoding="utf-8"))

    named = {
        f"{each['name']}=={each['version']}": [
            found["content"] for link in each["externalReferences"] for found in link["hashes"]
        ]
        for each in bill["components"]
    }
    assert ("CycloneDX", pins()) == (bill["bomFormat"], named)
