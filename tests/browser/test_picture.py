from __future__ import annotations

import struct
from pathlib import Path

from playwright.sync_api import Browser

from scripts.make_picture import SIZE, draw


def test_the_picture_is_of_the_upper_part_of_a_page(browser: Browser, tmp_path: Path) -> None:
    page, picture = tmp_path / "page.html", tmp_path / "page.png"
    page.write_text("<!DOCTYPE html><title>cost</title><h1>cost</h1>")
    draw(browser, page, picture)
    content = picture.read_bytes()
    assert struct.unpack(">II", content[16:24]) == (SIZE["width"], SIZE["height"])
    page.write_text("<!DOCTYPE html><title>cost</title><h1>cost of a month</h1>")
    draw(browser, page, picture)
    assert picture.read_bytes() != content
