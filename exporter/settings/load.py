"""Settings from the environment, complete and checked, or every fault at once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from pydantic import ValidationError

from exporter.documents.faults import shown
from exporter.errors import ConfigurationError
from exporter.settings.checks import disagreements
from exporter.settings.environment import Given, read_environment
from exporter.settings.model import SECRETS, Settings

_DEFAULT_CLUSTER = "default"


@dataclass(frozen=True, slots=True)
class Found:
    """Settings with all their faults; each one in `faulty` has its default in place of a value."""

    settings: Settings
    faults: tuple[str, ...]
    faulty: frozenset[str]


def load_settings(
    environ: Mapping[str, str],
    *,
    needs_destination: bool,
    needs_source: bool = True,
    layout: str | None = None,
) -> Settings:
    """The settings of a command. Raises ConfigurationError with the faults of `find_settings`."""
    found = find_settings(
        environ, needs_destination=needs_destination, needs_source=needs_source, layout=layout
    )
    if found.faults:
        raise ConfigurationError(found.faults)
    return found.settings


def find_settings(
    environ: Mapping[str, str],
    *,
    needs_destination: bool,
    needs_source: bool = True,
    layout: str | None = None,
) -> Found:
    """The settings of a command, which says whether it writes files and reads samples.

    A `layout` takes the place of FOCUS_VERSION; null means that the rows are of that version.
    CLUSTER_NAME is `default` without COLLECTION_CLUSTER_LABEL, but never in a shared bucket: who
    makes rows for one (S3_BUCKET) has to name the cluster, who only reads needs no name.
    A fault is one line; a secret is in none of them.
    """
    given = read_environment(environ)
    names = frozenset(given.names)
    shared = (needs_source or needs_destination) and "S3_BUCKET" in names
    if names.isdisjoint({"CLUSTER_NAME", "COLLECTION_CLUSTER_LABEL"}) and not shared:
        given.texts["CLUSTER_NAME"] = _DEFAULT_CLUSTER
    _refuse_wrong_values(given)
    settings = Settings.model_validate(given.texts)
    for about, fault in disagreements(
        settings,
        names,
        needs_destination=needs_destination,
        needs_source=needs_source,
        layout=layout,
    ):
        if given.faulty.isdisjoint(about):
            given.faults.append(fault)
    return Found(settings, tuple(given.faults), frozenset(given.faulty))


def _refuse_wrong_values(given: Given) -> None:
    """Takes out each text that its setting does not accept, and notes the fault."""
    try:
        Settings.model_validate(given.texts)
    except ValidationError as error:
        wrong = [(str(detail["loc"][0]), detail["msg"]) for detail in error.errors()]
    else:
        wrong = []
    for setting, words in wrong:
        text = given.texts.pop(setting)
        given.refuse(setting, f"{given.names[setting]}: {_got(setting, text)}expected {words}")


def _got(setting: str, text: str) -> str:
    """The refused value, unless it is a secret or an address that may hold one."""
    may_hold_secret = setting in SECRETS or (
        setting.endswith("_URL") and not {*"@?#"}.isdisjoint(text)
    )
    return "" if may_hold_secret else f"got {shown(text)}, "
