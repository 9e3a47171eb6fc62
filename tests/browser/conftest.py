"""Debian's Chromium without a window, one for all tests; it fetches nothing by itself."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, sync_playwright

from scripts.chromium import QUIET_FLAGS
from tests.servers import require_tool


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Headless, with a new and empty profile."""
    executable = require_tool("chromium")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=executable, args=QUIET_FLAGS, headless=True
        )
        yield chromium
        chromium.close()
