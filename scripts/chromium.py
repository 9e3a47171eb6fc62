"""Debian's Chromium without root: its package and the libraries the machine lacks, in a folder."""

from __future__ import annotations

from pathlib import Path

from scripts.debian import unpack_with_dependencies

#: The browser, told where its libraries are. Fonts come from there too if they had to be fetched.
_LAUNCHER = """\
#!/bin/sh
home=$(cd "$(dirname "$0")/../../chromium" && pwd) || exit 1
for folder in {libraries}; do
  LD_LIBRARY_PATH="$home/$folder${{LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}}"
done
export LD_LIBRARY_PATH
if [ ! -e /etc/fonts/fonts.conf ]; then
  export FONTCONFIG_SYSROOT="$home"
fi
exec "$home/usr/lib/chromium/chromium" "$@"
"""


#: Without a window or sandbox of its own, and without a word to the network by itself.
QUIET_FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


def unpack_chromium(folder: Path) -> None:
    """Put everything into `folder`/chromium and the launcher into `folder`/usr/bin.

    Raises Unavailable where apt cannot download the packages.
    """
    home = folder / "chromium"
    unpack_with_dependencies("chromium", home)
    launcher = folder / "usr" / "bin" / "chromium"
    launcher.parent.mkdir(parents=True, exist_ok=True)
    launcher.write_text(_LAUNCHER.format(libraries=" ".join(_library_folders(home))))
    launcher.chmod(0o755)


def _library_folders(home: Path) -> list[str]:
    """Where libraries lie, relative to `home`; the browser finds its own ones beside itself."""
    own = home / "usr" / "lib" / "chromium"
    folders = {library.parent for library in home.rglob("lib*.so*")} - {own}
    return sorted(str(folder.relative_to(home)) for folder in folders)
