"""A page opened in the browser, with everything it asked for and complained of."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from playwright.sync_api import Browser, Page


@dataclass(frozen=True, slots=True)
class Visit:
    """The open page; addresses it requested, messages on its console, errors it threw."""

    page: Page
    requests: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    def open_details(self) -> None:
        """Every folded part, the way a reader without scripts does it."""
        for summary in self.page.locator("summary").all():
            summary.click()


@contextmanager
def visit(
    browser: Browser,
    file: Path,
    *,
    width: int = 1280,
    scheme: Literal["light", "dark"] = "light",
    scripts: bool = False,
) -> Iterator[Visit]:
    """Opens a file in a context of its own."""
    context = browser.new_context(
        viewport={"width": width, "height": 900}, color_scheme=scheme, java_script_enabled=scripts
    )
    try:
        opened = Visit(context.new_page())
        opened.page.on("request", lambda request: opened.requests.append(request.url))
        opened.page.on("console", lambda message: opened.complaints.append(message.text))
        opened.page.on("pageerror", lambda error: opened.complaints.append(str(error)))
        opened.page.goto(file.as_uri())
        yield opened
    finally:
        context.close()
