"""Setups with a real Prometheus that `infer-focus check` is run against.

The clock is real, so the fleets are made around it: their samples begin long enough before now for
a run, and go on for two hours after it.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import yaml

from tests.e2e.job import Ended, ended
from tests.fleets.setups import Document, Setup
from tests.servers import prometheus_server, run_command

AHEAD_HOURS = 3


@dataclass(frozen=True, slots=True)
class Running:
    """A setup with its server: what the command is given, in the folder it runs in."""

    url: str
    folder: Path
    settings: Mapping[str, str]

    def check(self, *arguments: str, **settings: str) -> Ended:
        """`infer-focus check`; a setting of no text is not set."""
        given = {**self.settings, **settings}
        return ended(
            run_command(
                ["check", *arguments],
                {name: text for name, text in given.items() if text},
                cwd=self.folder,
            )
        )

    def but(self, documents: Sequence[Document]) -> Running:
        """The same source with other documents."""
        path = self.folder / f"config-{len([*self.folder.iterdir()])}.yaml"
        write_documents(documents, path)
        return replace(self, settings={**self.settings, "CONFIG_PATH": path.name})


@contextmanager
def running(setup: Setup, folder: Path, destination: Mapping[str, str]) -> Iterator[Running]:
    """A real Prometheus with the setup's series; `folder` is a fresh one."""
    fleet = setup.fleet(int(time.time()), AHEAD_HOURS)
    folder.mkdir(parents=True, exist_ok=True)
    dump = fleet.write_text(folder / "series.om")
    with prometheus_server([dump], folder / "server", setup.flags) as url:
        write_documents(setup.documents, folder / "config.yaml")
        settings = {
            "PROMETHEUS_URL": url,
            "CONFIG_PATH": "config.yaml",
            "CLUSTER_NAME": "prod",
            "COLLECTION_LOOKBACK_HOURS": "2",
            **destination,
            **setup.settings,
        }
        yield Running(url, folder, settings)


def write_documents(documents: Sequence[Document], path: Path) -> None:
    path.write_text(yaml.safe_dump_all([*documents], sort_keys=False), "utf-8")
