"""Where a report reads exported objects: --location, else the destination of the settings."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from exporter.commands.building import open_store
from exporter.commands.locations import S3, location_of
from exporter.errors import ConfigurationError
from exporter.settings import Settings
from exporter.storage.store import Store

_ADVICE = "--location needs a folder that can be read, and for --publish written"


@dataclass(frozen=True, slots=True)
class Place:
    """A store, and what the keys of everything exported there begin with."""

    store: Store
    prefix: str

    def __str__(self) -> str:
        return self.store.describe() + self.prefix


@contextmanager
def open_place(settings: Settings, given: str | None) -> Iterator[Place]:
    """The place that `version=…` lies in; access to a bucket is that of the S3_ settings.

    Raises ConfigurationError when neither names one.
    """
    if given is None and settings.s3_bucket is not None and settings.output_dir is None:
        opened = Place(open_store(settings), settings.s3_prefix)
    else:
        opened = _located(settings, location_of(settings, given), given)
    with closing(opened.store):
        yield opened


def _located(settings: Settings, location: str, given: str | None) -> Place:
    if given is None:
        return Place(open_store(settings), settings.s3_prefix)
    if not location.startswith(S3):
        return Place(_folder(Path(location)), "")
    bucket, _, prefix = location.removeprefix(S3).partition("/")
    there = settings.model_copy(update={"s3_bucket": bucket, "output_dir": None})
    return Place(open_store(there), prefix)


def _folder(path: Path) -> Store:
    from exporter.storage.local import LocalStore

    if not path.is_dir():
        raise ConfigurationError(f"--location: {path}: there is no such folder")
    return LocalStore(path, advice=_ADVICE)
