"""The image without an engine to build it: what its file says, and its commands run for real."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest
from dockerfile_parse import DockerfileParser

from exporter import __version__
from tests.servers import REPOSITORY, clean_environment

HOME = "/opt/infer-focus"
USER = "65532:65532"


@dataclass(frozen=True, slots=True)
class Stage:
    """The instructions between one FROM and the next, in order."""

    base: str
    instructions: tuple[tuple[str, str], ...]

    def values(self, instruction: str) -> list[str]:
        return [value for name, value in self.instructions if name == instruction]


def stages() -> list[Stage]:
    parser = DockerfileParser(path=str(REPOSITORY))
    found: list[Stage] = []
    for each in parser.structure:
        pair = each["instruction"], each["value"]
        if each["instruction"] == "FROM":
            found.append(Stage(each["value"], ()))
        elif found:
            last = found.pop()
            found.append(Stage(last.base, (*last.instructions, pair)))
    return found


BUILD, FINAL = stages()
COPIED = [name for value in BUILD.values("COPY") for name in value.split()[:-1]]


def test_both_stages_are_the_same_slim_base_that_a_digest_can_pin() -> None:
    base = "${PYTHON_IMAGE}${PYTHON_DIGEST:+@}${PYTHON_DIGEST}"
    assert (BUILD.base, FINAL.base) == (f"{base} AS build", base)
    head = (REPOSITORY / "Dockerfile").read_text().split("FROM")[0]
    assert re.search(r"^ARG PYTHON_IMAGE=python:3\.\d+-slim$", head, re.MULTILINE)
    assert re.search(r"^ARG PYTHON_DIGEST=$", head, re.MULTILINE)


def test_the_final_stage_takes_the_environment_and_nothing_to_build_with() -> None:
    assert FINAL.values("COPY") == [f"--from=build {HOME} {HOME}"]
    assert FINAL.values("ADD") == []
    (only,) = FINAL.values("RUN")
    assert only == "python -m pip uninstall --yes --quiet --root-user-action ignore pip"


def test_it_runs_as_nobody_and_owns_none_of_the_code() -> None:
    names = [name for name, _ in FINAL.instructions]
    assert FINAL.values("USER") == [USER]
    assert names.index("COPY") < names.index("USER")
    assert all("chown" not in value and "chmod" not in value for _, value in FINAL.instructions)


def test_it_is_the_command_and_ends_by_sigterm() -> None:
    assert FINAL.values("ENTRYPOINT") == ['["infer-focus"]']
    assert FINAL.values("CMD") == []
    assert FINAL.values("STOPSIGNAL") == ["SIGTERM"]
    assert FINAL.values("WORKDIR") == ["/tmp"]


def test_its_labels_are_those_of_the_open_containers() -> None:
    (labels,) = FINAL.values("LABEL")
    for name in ("title", "description", "licenses", "version", "revision"):
        assert f"org.opencontainers.image.{name}=" in labels


def test_nothing_secret_or_large_goes_into_the_build() -> None:
    """What COPY names is all that the build sees; the context leaves the rest out."""
    assert sorted(COPIED) == [
        *("LICENSE", "README.md", "exporter", "pyproject.toml", "requirements.txt")
    ]
    lines = (REPOSITORY / ".dockerignore").read_text().splitlines()
    rules = [line for line in lines if line and not line.startswith("#")]
    assert rules[0] == "*"
    assert sorted(rule[1:] for rule in rules if rule.startswith("!")) == sorted(COPIED)


@pytest.fixture(scope="module")
def installed() -> Iterator[Path]:
    """The environment that the build's own RUN lines make, where every user can read it."""
    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder, "src"), Path(folder, "infer-focus")
        for name in COPIED:
            _copy(REPOSITORY / name, source / name)
        for line in BUILD.values("RUN"):
            command = line.replace(HOME, str(target))
            _build(command.replace("python -m venv", f"{sys.executable} -m venv"), source)
        Path(folder).chmod(0o755)
        yield target


def _build(command: str, source: Path) -> None:
    done = subprocess.run(
        ["sh", "-ec", command],
        cwd=source,
        env={**clean_environment(), **_variables(BUILD)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"{command}\n{done.stderr}"


def _copy(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    if source.is_dir():
        shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
    else:
        shutil.copy(source, target)


def _variables(stage: Stage) -> Mapping[str, str]:
    pairs = (pair.split("=", 1) for value in stage.values("ENV") for pair in value.split())
    return dict(pairs)


def test_the_runtime_requirements_alone_run_the_whole_job(installed: Path, tmp_path: Path) -> None:
    done = subprocess.run(
        [str(installed / "bin" / "infer-focus"), "demo"],
        cwd=tmp_path,
        env={**clean_environment(), "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "Cost by namespace, model" in done.stdout


def test_the_environment_holds_no_installer_and_no_tool_of_developers(installed: Path) -> None:
    names = {path.name for path in (installed / "bin").iterdir()}
    assert "infer-focus" in names
    assert not {name for name in names if name.startswith(("pip", "pytest", "ruff", "mypy"))}


def test_it_names_its_version(installed: Path) -> None:
    command = [str(installed / "bin" / "infer-focus"), "--version"]
    done = subprocess.run(
        command, env=clean_environment(), capture_output=True, text=True, check=False
    )
    assert done.stdout == f"infer-focus {__version__}\n"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become the user of the image")
@pytest.mark.skipif(shutil.which("setpriv") is None, reason="setpriv is not here")
def test_the_user_of_the_image_can_run_the_code_and_change_none_of_it(
    installed: Path,
) -> None:
    """As the image's user: no file of the environment is its own, none can be written."""
    user = USER.split(":")[0]
    as_user = ["setpriv", f"--reuid={user}", f"--regid={user}", "--clear-groups"]
    probe = f"find {installed} -writable -not -type l -print -quit"
    done = subprocess.run(
        [*as_user, "sh", "-c", probe],
        env=clean_environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (0, ""), done.stderr
