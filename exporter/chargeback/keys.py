"""What the groups of a report may go by."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from exporter.errors import ConfigurationError

#: Column of a cube by the key that users write.
KEYS: Mapping[str, str] = {
    "namespace": "namespace",
    "sub-account": "sub_account",
    "model": "model",
    "cost-profile": "cost_profile",
    "cluster": "cluster",
}
TAG = "tag:"  #: before the name of a tag, also in the names of a cube's columns


def check_keys(keys: Sequence[str]) -> None:
    """Raises ConfigurationError that names every key there is not, and every repeated one."""
    possible = ", ".join((*KEYS, f"{TAG}KEY"))
    faults = [
        f'a report cannot go by "{key}", expected some of {possible}'
        for key in keys
        if key not in KEYS and (not key.startswith(TAG) or not key[len(TAG) :].strip())
    ]
    repeated = sorted({key for key in keys if keys.count(key) > 1})
    faults += [f'a report goes by "{key}" once only, take out the others' for key in repeated]
    if faults:
        raise ConfigurationError(faults)


def tags_of(keys: Sequence[str]) -> tuple[str, ...]:
    """The tags among the keys, as a Cube wants them."""
    return tuple(key[len(TAG) :] for key in keys if key.startswith(TAG))


def columns_of(keys: Sequence[str]) -> list[str]:
    """The columns of a cube that keys stand for."""
    return [KEYS.get(key, key) for key in keys]
