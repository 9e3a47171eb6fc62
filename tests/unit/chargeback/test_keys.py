"""What a report may go by."""

from __future__ import annotations

import pytest

from exporter.chargeback.keys import KEYS, check_keys, columns_of, tags_of
from exporter.chargeback.lines import KEY_COLUMNS
from exporter.errors import ConfigurationError


def test_every_key_is_a_column_of_a_cube() -> None:
    check_keys([*KEYS, "tag:team", "tag:infer-focus/cluster"])
    assert set(columns_of(list(KEYS))) <= set(KEY_COLUMNS)
    assert columns_of(["sub-account", "tag:team"]) == ["sub_account", "tag:team"]
    assert tags_of(["namespace", "tag:team", "tag:a:b"]) == ("team", "a:b")


def test_all_faults_are_named_at_once_with_what_is_possible() -> None:
    with pytest.raises(ConfigurationError) as caught:
        check_keys(["pod", "tag:", "namespace", "namespace"])
    possible = "expected some of namespace, sub-account, model, cost-profile, cluster, tag:KEY"
    assert caught.value.faults == (
        f'a report cannot go by "pod", {possible}',
        f'a report cannot go by "tag:", {possible}',
        'a report goes by "namespace" once only, take out the others',
    )
