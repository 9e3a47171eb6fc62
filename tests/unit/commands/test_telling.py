"""What the last event and the manifest say of periods that failed."""

from __future__ import annotations

from structlog.testing import capture_logs

from exporter.commands.telling import tell
from exporter.cost.billing import ReportPlan
from exporter.errors import UnusableError
from exporter.periods import Schedule
from exporter.pipeline.outcomes import Ending, Outcome, Summary
from exporter.pipeline.tasks import Task
from tests.unit.storage.objects import day, hours_of

PLAN = ReportPlan("default", Schedule.HOURLY, None, None, False)


def outcome(number: int, reason: str = "") -> Outcome:
    ending = Ending.FAILED if reason else Ending.WRITTEN
    return Outcome("prod", Task(PLAN, hours_of(day())[number]), ending, reason)


def last_event(*outcomes: Outcome, stopped: UnusableError | None = None) -> dict[str, object]:
    with capture_logs() as logs:
        tell(Summary([*outcomes]), "run", [], stopped)
    return dict(logs[-1])


def test_a_run_that_wrote_everything_says_only_how_much() -> None:
    event = last_event(outcome(0), outcome(1))
    assert (event["event"], event["log_level"], event["written"]) == ("run finished", "info", 2)
    assert not {"failed_periods", "good_periods", "stopped"} & event.keys()


def test_failed_and_good_periods_are_named_those_after_one_another_as_one() -> None:
    event = last_event(outcome(0), outcome(1), outcome(2, "it broke"), outcome(3))
    assert (event["log_level"], event["failed"]) == ("error", 1)
    common = {"cluster": "prod", "report": "default"}
    assert event["failed_periods"] == [
        {
            **common,
            "start": "2026-03-10T02:00:00Z",
            "end": "2026-03-10T03:00:00Z",
            "periods": 1,
            "reason": "it broke",
        }
    ]
    assert event["good_periods"] == [
        {**common, "start": "2026-03-10T00:00:00Z", "end": "2026-03-10T02:00:00Z", "periods": 2},
        {**common, "start": "2026-03-10T03:00:00Z", "end": "2026-03-10T04:00:00Z", "periods": 1},
    ]


def test_one_line_holds_twenty_entries_and_says_how_many_more_there_are() -> None:
    event = last_event(*(outcome(number, f"reason {number}") for number in range(23)))
    failed = event["failed_periods"]
    assert isinstance(failed, list)
    assert (len(failed), event["more_failed_periods"]) == (20, 3)


def test_what_stopped_the_run_is_said() -> None:
    event = last_event(outcome(0), stopped=UnusableError("the bucket is gone"))
    assert (event["stopped"], event["log_level"]) == ("the bucket is gone", "error")
