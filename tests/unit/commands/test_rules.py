from __future__ import annotations

import pytest
import yaml

from exporter.commands.rules import yaml_text


@pytest.mark.parametrize("name", ["1e3", "7e10", "0o7", "0x1f", "1.5", ".5", "-1", "y", "N", "on"])
def test_names_that_some_yaml_reads_as_something_else_are_quoted(name: str) -> None:
    """The operator reads YAML as Go does: 1e3 is a number there, and y is true."""
    assert yaml_text({"budget": name}) == f"budget: '{name}'\n"
    assert yaml.safe_load(yaml_text({"budget": name})) == {"budget": name}


@pytest.mark.parametrize("name", ["assistants", "team-1", "a1e3", "5m of nothing"])
def test_other_names_stay_plain(name: str) -> None:
    assert yaml_text({"budget": name}) == f"budget: {name}\n"
