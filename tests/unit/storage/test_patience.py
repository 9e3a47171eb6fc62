from __future__ import annotations

import pytest

from exporter.errors import StoreFailed, StoreGivenUp, UnusableError
from exporter.storage.patience import Patience, needed

FAILED = StoreFailed("s3://b/k: cannot write: InternalError; the next run tries again")


def test_the_third_failure_in_a_row_is_that_of_all_objects() -> None:
    patience = Patience()
    assert [patience.judged("write", FAILED) for _ in range(2)] == [FAILED, FAILED]
    third = patience.judged("write", FAILED)
    assert isinstance(third, StoreGivenUp)
    assert str(third) == f"{FAILED} (3 requests failed in a row)"


def test_a_success_of_the_same_kind_begins_anew() -> None:
    patience = Patience()
    for _ in range(5):
        assert patience.judged("write", FAILED) is FAILED
        assert patience.judged("write", FAILED) is FAILED
        patience.succeeded("write")


def test_reading_well_does_not_excuse_failing_writes() -> None:
    patience = Patience()
    for _ in range(2):
        assert patience.judged("write", FAILED) is FAILED
        patience.succeeded("read")
    assert isinstance(patience.judged("write", FAILED), StoreGivenUp)


def test_an_error_that_ends_the_run_stays_as_it_is() -> None:
    error = UnusableError("s3://b/: cannot list: AccessDenied")
    assert Patience().judged("list", error) is error


def test_what_everything_needs_cannot_fail_alone() -> None:
    with pytest.raises(UnusableError, match="InternalError"), needed():
        raise FAILED
    with needed():
        pass
