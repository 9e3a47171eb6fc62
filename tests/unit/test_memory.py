from __future__ import annotations

import ctypes
import os

import pytest

from exporter.memory import be_sparing


def test_pyarrow_takes_memory_from_the_system_unless_told_otherwise(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("ARROW_DEFAULT_MEMORY_POOL", raising=False)
    be_sparing()
    assert os.environ["ARROW_DEFAULT_MEMORY_POOL"] == "system"
    monkeypatch.setenv("ARROW_DEFAULT_MEMORY_POOL", "jemalloc")
    be_sparing()
    assert os.environ["ARROW_DEFAULT_MEMORY_POOL"] == "jemalloc"


def test_another_c_library_is_left_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ARROW_DEFAULT_MEMORY_POOL", "system")
    monkeypatch.setattr(ctypes, "CDLL", lambda _name: object())
    be_sparing()


def test_the_c_library_accepts_both_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    """Options and values as in malloc.h of glibc: 1 stands for accepted."""
    monkeypatch.setenv("ARROW_DEFAULT_MEMORY_POOL", "system")
    library = ctypes.CDLL(None)
    if not hasattr(library, "mallopt"):
        pytest.skip("this C library has no mallopt")
    said: list[tuple[int, int, int]] = []

    class Watched:
        @staticmethod
        def mallopt(option: int, value: int) -> None:
            said.append((option, value, library.mallopt(option, value)))

    monkeypatch.setattr(ctypes, "CDLL", lambda _name: Watched)
    be_sparing()
    assert said == [(-8, 2, 1), (-1, 131072, 1)]
