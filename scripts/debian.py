"""Debian packages unpacked into a folder, without root and without touching the system."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path


class Unavailable(Exception):
    """The package cannot be had on this machine; the text says why in one line."""


def unpack_package(name: str, folder: Path) -> None:
    """Download a package with apt and unpack its files below `folder`.

    Raises Unavailable where there is no apt, no package of that name, or no network.
    """
    _unpack(["download", name], folder)


def unpack_with_dependencies(name: str, folder: Path) -> None:
    """The same, with every package that it needs and the machine has not installed."""
    install = ["install", "--download-only", "--yes", "--no-install-recommends", name]
    # dpkg's state is only read: no lock, so no root.
    _unpack(["-o", "Debug::NoLocking=1", *install], folder)


def _unpack(arguments: Sequence[str], folder: Path) -> None:
    for command in ("apt-get", "dpkg"):
        if shutil.which(command) is None:
            raise Unavailable(f"no {command} on this machine")
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as downloads:
        for archive in _download(arguments, Path(downloads)):
            _run(["dpkg", "-x", archive.name, str(folder.resolve())], archive.parent)


def _download(arguments: Sequence[str], downloads: Path) -> list[Path]:
    cache = _private_cache(downloads / "apt")
    try:
        _run(["apt-get", *cache, *arguments], downloads)
    except Unavailable:
        # The machine's package lists are missing or name a version that has since been replaced:
        # fetch lists of our own, which needs no root.
        private = [*cache, *_private_lists(downloads / "apt")]
        _run(["apt-get", *private, "update"], downloads)
        _run(["apt-get", *private, *arguments], downloads)
    return sorted(downloads.rglob("*.deb"))


def _private_cache(folder: Path) -> list[str]:
    (folder / "cache" / "archives" / "partial").mkdir(parents=True)
    return [
        *("-o", f"Dir::Cache={folder / 'cache'}"),
        *("-o", "APT::Sandbox::User="),  # root stays root: `_apt` cannot enter our folder
    ]


def _private_lists(folder: Path) -> list[str]:
    (folder / "lists" / "partial").mkdir(parents=True)
    return ["-o", f"Dir::State::lists={folder / 'lists'}"]


def _run(command: list[str], cwd: Path) -> None:
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)
    if done.returncode:
        errors = [line for line in done.stderr.splitlines() if line.startswith("E:")]
        reason = errors[0] if errors else f"exit status {done.returncode}"
        raise Unavailable(f"`{' '.join(command[:1] + command[-2:])}` failed: {reason}")
