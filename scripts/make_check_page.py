"""Re-makes the outputs in docs/check.md: `.venv/bin/python -m scripts.make_check_page`.

An output stands between `<!-- check: NAME -->` and `<!-- end -->`; CASES says how it is made: each
is a run of the command against a real Prometheus and a real S3 server. Only their addresses are
replaced by such as people have.
"""

from __future__ import annotations

import re
import sys
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from scripts.make_docs import REPOSITORY
from tests.e2e.check_setups import Running, running
from tests.fleets.setups import CHAT_DAILY, H100, L40S, Document, Setup, profile
from tests.servers import RETENTION_FLAG, S3Server, s3_server

PAGE = REPOSITORY / "docs" / "check.md"
BUCKET = "finops-focus"
WITHOUT_OK = "infer-focus check | grep -v ^ok"

_PART = re.compile(r"(?<=<!-- check: )([a-z0-9 ]+)( -->\n).*?(?=<!-- end -->)", re.DOTALL)
_A100 = profile("a100-pool", "NVIDIA A100", 4, {"gpu-pool": "a100"})


@dataclass(frozen=True, slots=True)
class Case:
    """One run: what there is, the documents and settings in place of the usual ones."""

    setup: Setup = Setup()
    documents: Sequence[Document] = ()
    settings: Mapping[str, str] = field(default_factory=dict)
    bucket: str = BUCKET


CASES: Mapping[str, Case] = {
    "healthy": Case(),
    "no dcgm": Case(Setup(dcgm=False)),
    "no pod labels": Case(Setup(pod_labels=False)),
    "no allow list": Case(Setup(kube_labels=False)),
    "no cost center": Case(settings={"FOCUS_SUB_ACCOUNT_LABEL": "cost-center"}),
    "wrong bucket": Case(bucket="finops-focos"),
    "profile without nodes": Case(documents=(_A100, L40S)),
    "short retention": Case(
        Setup(flags=(f"{RETENTION_FLAG}=6h",)), settings={"COLLECTION_LOOKBACK_HOURS": "24"}
    ),
    "target down": Case(Setup(down=("gpu-l40s-01",))),
    "gpus of no profile": Case(documents=(H100, CHAT_DAILY)),
}


def main() -> int:
    """Writes the page if its outputs have changed, and names it."""
    text = PAGE.read_text()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        server = stack.enter_context(s3_server(folder / "s3"))
        printed = outputs(folder, server, server.new_bucket(), stack)
    made = _PART.sub(lambda found: f"{found[1]}{found[2]}{printed[found[1]]}\n", text)
    if made != text:
        PAGE.write_text(made)
        print(PAGE.relative_to(REPOSITORY))
    return 0


def outputs(folder: Path, server: S3Server, bucket: str, stack: ExitStack) -> dict[str, str]:
    """What the page shows of each case; one Prometheus per setup, until the stack is closed."""
    servers: list[tuple[Setup, Running]] = []
    found = {}
    for name, case in CASES.items():
        known = next((here for setup, here in servers if setup == case.setup), None)
        if known is None:
            place = folder / name.replace(" ", "-")
            known = stack.enter_context(running(case.setup, place, server.settings(bucket)))
            servers.append((case.setup, known))
        found[name] = _shown(known, case, bucket)
    return found


def _shown(here: Running, case: Case, bucket: str) -> str:
    chosen = bucket if case.bucket == BUCKET else case.bucket
    with_documents = here.but(case.documents) if case.documents else here
    printed = with_documents.check(**case.settings, S3_BUCKET=chosen).stdout
    printed = printed.replace(with_documents.settings["CONFIG_PATH"], "config.yaml")
    printed = printed.replace(here.url, "http://prometheus:9090")
    printed = printed.replace(f"s3://{bucket}/", f"s3://{BUCKET}/")
    lines = printed.strip().splitlines()
    command = "infer-focus check"
    if case != CASES["healthy"]:
        command, lines = WITHOUT_OK, [line for line in lines if not line.startswith("ok")]
    return "\n".join(["```console", f"$ {command}", *lines, "```"])


if __name__ == "__main__":
    sys.exit(main())
