"""The names of what a run tells a Pushgateway; rules and dashboards read them from there."""

from __future__ import annotations

#: Labels `budget` and `namespace`; amounts have `currency` besides.
BUDGET_UTILIZATION = "infer_focus_budget_utilization_ratio"
BUDGET_SPEND = "infer_focus_budget_spend"
BUDGET_LIMIT = "infer_focus_budget_limit"
BUDGET_FORECAST = "infer_focus_budget_forecast"

LAST_SUCCESS = "infer_focus_last_success_timestamp_seconds"  # of a run that wrote every period
LAST_RUN = "infer_focus_last_run_timestamp_seconds"
PERIODS = "infer_focus_periods"  # by `ending`: written, unchanged, skipped, failed
ROWS = "infer_focus_rows"
TOKENS_WITHOUT_GPU = "infer_focus_tokens_without_gpu"
GPU_HOURS_UNMATCHED = "infer_focus_gpu_hours_unmatched"

#: The grouping key is this job and, unless a run covers several, the label `cluster`.
JOB = "infer-focus"
