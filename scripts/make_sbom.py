"""Writes what is shipped as a CycloneDX document: `python -m scripts.make_sbom BIN FILE`.

BIN is the folder with cyclonedx-py, which reads the pinned requirements with their hashes but not
the version of a project that computes it.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import exporter

REPOSITORY = Path(__file__).resolve().parent.parent


def main() -> int:
    """Exit status of cyclonedx-py."""
    tools, target = Path(sys.argv[1]), Path(sys.argv[2])
    made = subprocess.run(
        [
            *(tools / "cyclonedx-py", "requirements", REPOSITORY / "requirements.txt"),
            *("--pyproject", REPOSITORY / "pyproject.toml"),
            *("--mc-type", "application", "--output-reproducible", "--output-file", "-"),
        ],
        stdout=subprocess.PIPE,
        check=False,
    )
    if made.returncode == 0:
        document = json.loads(made.stdout)
        document["metadata"]["component"]["version"] = exporter.__version__
        target.write_text(json.dumps(document, indent=2) + "\n")
    return made.returncode


if __name__ == "__main__":
    sys.exit(main())
