from __future__ import annotations

import importlib
import subprocess
import sys

import pytest

from exporter.imports import without


def test_a_hidden_package_cannot_be_imported_in_the_block_only() -> None:
    name = "this"  # of the standard library, and never loaded
    sys.modules.pop(name, None)
    with without(name), pytest.raises(ImportError):
        importlib.import_module(name)
    assert name not in sys.modules


def test_what_is_loaded_already_stays() -> None:
    with without("json"):
        assert importlib.import_module("json") is sys.modules["json"]
    assert "json" in sys.modules


def test_a_package_is_found_again_after_a_failure() -> None:
    sys.modules.pop("this", None)
    with pytest.raises(ZeroDivisionError), without("this"):
        raise ZeroDivisionError
    assert "this" not in sys.modules


def test_the_log_and_the_source_load_nothing_for_command_lines_and_terminals() -> None:
    program = (
        "import sys; from exporter.commands import building, run;"
        "building._prometheus(building.Settings(prometheus_url='http://localhost'));"
        "print(sorted({'rich', 'click', 'pygments'} & sys.modules.keys()))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert (done.stdout, done.stderr) == ("[]\n", "")
