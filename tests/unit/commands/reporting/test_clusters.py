from __future__ import annotations

import pytest

from exporter.commands.reporting.clusters import globs_of
from exporter.errors import ConfigurationError


def test_patterns_stand_between_commas() -> None:
    assert globs_of("prod-*, lab", "--cluster") == ("prod-*", "lab")
    assert globs_of(None, "--cluster") == ()


@pytest.mark.parametrize("text", ["", "a,,b", " "])
def test_an_empty_pattern_is_refused(text: str) -> None:
    with pytest.raises(ConfigurationError, match="--namespace: got"):
        globs_of(text, "--namespace")
