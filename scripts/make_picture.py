"""Makes docs/report.png, the README's picture of the chargeback page: `make picture`.

The page is that of `infer-focus demo`; the browser is the one that the tests use.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Browser, ViewportSize, sync_playwright

from scripts.chromium import QUIET_FLAGS
from tests.servers import require_tool

ROOT = Path(__file__).resolve().parents[1]
PICTURE = ROOT / "docs" / "report.png"
#: From the title to the costs by namespace and model.
SIZE = ViewportSize(width=1000, height=1040)


def main() -> int:
    """Exit status 0 when the picture is written."""
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        subprocess.run(
            [sys.executable, "-m", "exporter", "demo"],
            cwd=folder,
            env={"PYTHONPATH": str(ROOT)},
            stdout=subprocess.DEVNULL,
            check=True,
        )
        browser = playwright.chromium.launch(
            executable_path=require_tool("chromium"), args=QUIET_FLAGS, headless=True
        )
        draw(browser, Path(folder, "infer-focus-demo", "report.html"), PICTURE)
        browser.close()
    return 0


def draw(browser: Browser, page: Path, picture: Path) -> None:
    """The upper part of a page as a PNG."""
    opened = browser.new_page(viewport=SIZE, color_scheme="light")
    opened.goto(page.as_uri())
    opened.screenshot(path=picture)
    opened.close()


if __name__ == "__main__":
    sys.exit(main())
