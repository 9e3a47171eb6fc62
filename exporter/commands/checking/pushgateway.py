"""Whether metrics of runs can be pushed."""

from __future__ import annotations

from collections.abc import Iterator

from exporter.commands.checking.findings import Finding, ok, warn
from exporter.settings import Settings

#: A person waits.
_SECONDS = 5.0


def pushgateway_findings(settings: Settings) -> Iterator[Finding]:
    """One line if PUSHGATEWAY_URL is set; runs export without it, so nothing fails."""
    if settings.pushgateway_url is None:
        return
    from exporter.commands.pushing import Pushgateway  # few need it, and it takes a while

    gateway = Pushgateway(settings.pushgateway_url.get_secret_value(), _SECONDS)
    refusal = gateway.refusal()
    if refusal is None:
        yield ok("Pushgateway", f"{gateway.address} answers")
    else:
        reason, fix = refusal
        lost = "runs push no metrics of budgets and successes"
        yield warn("Pushgateway", f"{gateway.address}: {reason}: {lost}", fix)
