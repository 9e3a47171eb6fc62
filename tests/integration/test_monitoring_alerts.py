"""What fires and what does not, as Prometheus' own tool works it out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import yaml

from exporter.monitoring.exporter_rules import CronJob
from exporter.monitoring.groups import RuleTerms
from tests.integration.promtool import check, evaluate, firing, written
from tests.unit.monitoring.monitored import TERMS, budget, profile

#: Half of the lookback is an hour; the first moment is second 0.
WATCHED = replace(TERMS, lookback_hours=2, cronjob=CronJob("infer-focus"))
PUSHED = replace(TERMS, lookback_hours=2, pushed=True, retention_days=None)
STALE, MISSING = "InferFocusExporterStale", "InferFocusExporterMissing"


def exporter(
    folder: Path,
    terms: RuleTerms,
    series: Mapping[str, str],
    *checks: dict[str, Any],
    alerts: list[dict[str, Any]] | None = None,
) -> None:
    rules = written(folder, [profile()], [], terms, "infer-focus-exporter")
    evaluate(folder, rules, series, checks, alerts or [])


def cronjob(metric: str, name: str = "infer-focus", **labels: str) -> str:
    pairs = {"namespace": "finops", "cronjob": name, **labels}
    inside = ",".join(f'{key}="{value}"' for key, value in pairs.items())
    return f"kube_cronjob_{metric}{{{inside}}}"


def stale(warning: int, critical: int, at: str) -> list[dict[str, Any]]:
    return [
        firing(STALE, warning, at, severity="warning"),
        firing(STALE, critical, at, severity="critical"),
    ]


def test_an_export_is_stale_when_half_the_lookback_has_gone_by_without_a_success(
    tmp_path: Path,
) -> None:
    """It succeeds at the moment 0 and 200 minutes later."""
    success = cronjob("status_last_successful_time")
    description = (
        "A run still exports what ended within the last 2 hours (COLLECTION_LOOKBACK_HOURS); half"
        " of that time has gone by. The log of the last job says what failed, `infer-focus check`"
        " what is missing."
    )
    fired = {
        "exp_labels": {"severity": "warning", "cronjob": "infer-focus", "namespace": "finops"},
        "exp_annotations": {
            "summary": "CronJob finops/infer-focus of infer-focus has not succeeded for 1h 10m 0s",
            "description": description,
        },
    }
    exporter(
        tmp_path,
        WATCHED,
        {success: "0x199 12000x40", cronjob("created"): "0x240"},
        *stale(0, 0, "60m"),
        *stale(1, 0, "70m"),
        *stale(1, 0, "120m"),
        *stale(1, 1, "130m"),
        *stale(0, 0, "210m"),
        firing(MISSING, 0, "200m"),
        check("infer_focus:exporter:last_success_timestamp_seconds", {EXPORTER: 12000}, "210m"),
        alerts=[{"alertname": STALE, "eval_time": "70m", "exp_alerts": [fired]}],
    )


EXPORTER = '{cronjob="infer-focus", namespace="finops"}'


def test_a_new_cronjob_has_the_same_time_for_its_first_success(tmp_path: Path) -> None:
    """Created after 100 minutes; what has another name is no matter."""
    other = cronjob("status_last_successful_time", "backup")
    exporter(
        tmp_path,
        WATCHED,
        {cronjob("created"): "_x99 6000x240", other: "0x340"},
        *stale(0, 0, "150m"),
        *stale(1, 0, "170m"),
        *stale(1, 1, "230m"),
        firing(MISSING, 0, "59m"),
        firing(MISSING, 1, "61m"),
        firing(MISSING, 0, "101m"),
    )


@pytest.mark.parametrize(
    ("own", "other", "others_success", "stale_in_any"),
    [
        ({}, {"namespace": "monitoring", "exported_namespace": "staging"}, "0x90", 2),
        (
            {"namespace": "monitoring", "exported_namespace": "finops"},
            {"namespace": "staging"},
            "0x90",
            2,
        ),
        # kube-state-metrics lives in the namespace that is asked for.
        ({}, {"exported_namespace": "staging"}, "0+60x90", 1),
    ],
    ids=["honored", "exported", "exported from there"],
)
def test_a_namespace_tells_cronjobs_of_one_name_apart(
    own: dict[str, str],
    other: dict[str, str],
    others_success: str,
    stale_in_any: int,
    tmp_path: Path,
) -> None:
    """Only the one in staging has a moment of creation."""
    series = {
        cronjob("status_last_successful_time", **own): "0x90",
        cronjob("status_last_successful_time", **other): others_success,
        cronjob("created", **other): "0x90",
    }
    anywhere, here = WATCHED, replace(WATCHED, cronjob=CronJob("infer-focus", "finops"))
    for terms, count, missing in ((anywhere, stale_in_any, 0), (here, 1, 1)):
        exporter(
            tmp_path,
            terms,
            series,
            *stale(count, 0, "70m"),
            firing(STALE, 1, "70m", namespace="finops"),
            firing(MISSING, missing, "70m"),
        )


def test_what_runs_push_says_when_each_cluster_succeeded_last(tmp_path: Path) -> None:
    """One of the clusters is scraped without honor_labels; the third never succeeds."""
    success, run = (
        "infer_focus_last_success_timestamp_seconds",
        "infer_focus_last_run_timestamp_seconds",
    )
    eu, us, ap = (
        'job="infer-focus",cluster="eu"',
        'exported_job="infer-focus",exported_cluster="us",cluster="hub",job="pushgateway"',
        'job="infer-focus",cluster="ap"',
    )
    exporter(
        tmp_path,
        PUSHED,
        {
            **{f"{metric}{{{eu}}}": "0x180" for metric in (success, run)},
            **{f"{metric}{{{us}}}": "0+60x180" for metric in (success, run)},
            f"{run}{{{ap}}}": "0x180",
        },
        *stale(0, 0, "60m"),
        *stale(1, 0, "70m"),
        *stale(1, 1, "130m"),
        firing(STALE, 2, "130m", cluster="eu"),
        firing(MISSING, 0, "59m"),
        firing(MISSING, 1, "61m", cluster="ap"),
        check(
            "infer_focus:exporter:last_success_timestamp_seconds",
            {'{cluster="eu"}': 0, '{cluster="us"}': 7200},
            "120m",
        ),
    )


def test_where_nothing_was_ever_pushed_one_alert_says_so(tmp_path: Path) -> None:
    exporter(
        tmp_path,
        PUSHED,
        {"up": "1x180"},
        *stale(0, 0, "130m"),
        firing(MISSING, 0, "59m"),
        firing(MISSING, 1, "61m"),
    )


#: What a run pushed of one budget: spend over limit, and the forecast of 4000.
def pushed_budget(utilization: str, forecast: str, labels: str) -> dict[str, str]:
    return {
        f"infer_focus_budget_utilization_ratio{{{labels}}}": utilization,
        f'infer_focus_budget_forecast{{{labels},currency="EUR"}}': forecast,
        f'infer_focus_budget_limit{{{labels},currency="EUR"}}': "4000x200",
    }


@pytest.mark.parametrize(
    ("labels", "cluster"),
    [
        ('budget="team-a",namespace="team-a",job="infer-focus",cluster="eu"', 'cluster="eu", '),
        (
            'budget="team-a",exported_namespace="team-a",namespace="monitoring",'
            'exported_job="infer-focus",job="pushgateway",instance="10.0.0.1:9091"',
            "",
        ),
    ],
    ids=["honored", "exported"],
)
def test_a_budget_is_what_the_last_run_pushed(labels: str, cluster: str, tmp_path: Path) -> None:
    """Half of it is spent in minute 60, all of it in minute 120; then the month begins anew."""
    rules = written(tmp_path, [profile()], [budget(limit=4000)], PUSHED, "infer-focus-budgets")
    other = labels.replace('budget="team-a"', 'budget="unknown"')
    series = {
        **pushed_budget("0.49x59 0.5x59 1.5x59 0x20", "3900x59 4100x119 0x20", labels),
        **pushed_budget("9x200", "0x200", other),
    }
    told = f'{{budget="team-a", {cluster}namespace="team-a"}}'
    at = {"budget": "team-a", "namespace": "team-a"}
    checks = [
        check('infer_focus:budget:utilization_ratio{budget="team-a"}', {told: 0.5}, "60m"),
        firing("InferFocusBudgetWarning", 0, "59m"),
        firing("InferFocusBudgetWarning", 1, "66m", **at),
        firing("InferFocusBudgetCritical", 0, "119m"),
        firing("InferFocusBudgetCritical", 1, "122m", **at),
        firing("InferFocusBudgetForecast", 0, "119m"),
        firing("InferFocusBudgetForecast", 1, "121m", **at),
        firing("InferFocusBudgetWarning", 0, "181m"),
        firing("InferFocusBudgetForecast", 0, "181m"),
    ]
    evaluate(tmp_path, rules, series, checks)


@pytest.mark.parametrize(("limit", "expected"), [("0.0199", 1), ("0.02", 0)])
def test_a_long_request_may_cost_as_much_as_the_limit_says(
    limit: str, expected: int, tmp_path: Path
) -> None:
    terms = replace(TERMS, cost_per_request_limit=Decimal(limit))
    rules = written(tmp_path, [profile()], [], terms, "infer-focus-requests")
    series = {
        'infer_focus:model:cost_per_million_tokens{model_name="bge",currency="EUR"}': "21x120",
        'vllm:request_prompt_tokens_bucket{model_name="bge",le="1000"}': "0+60x120",
        'vllm:request_prompt_tokens_bucket{model_name="bge",le="+Inf"}': "0+60x120",
        # Embeddings have no answers, and a NaN is no number of tokens.
        'vllm:request_generation_tokens_bucket{model_name="bge",le="1000"}': "0x120",
        'vllm:request_generation_tokens_bucket{model_name="bge",le="+Inf"}': "0x120",
    }
    model = '{currency="EUR", model_name="bge"}'
    fired = {
        "exp_labels": {"severity": "warning", "model_name": "bge", "currency": "EUR"},
        "exp_annotations": {
            **yaml.safe_load(rules.read_text())["groups"][0]["rules"][-1]["annotations"],
            "summary": "A long request to bge costs 0.01995 EUR",
        },
    }
    name = "InferFocusCostPerRequestHigh"
    alerts: list[Mapping[str, Any]] = [
        {"alertname": name, "eval_time": "10m", "exp_alerts": []},
        {"alertname": name, "eval_time": "2h", "exp_alerts": [fired] * expected},
    ]
    checks = [check("infer_focus:model:cost_per_request_p95", {model: 0.01995}, "2h")]
    evaluate(tmp_path, rules, series, checks, alerts)


def test_a_budget_is_of_the_calendar_month(tmp_path: Path) -> None:
    """4 an hour: January 1970 is 744 hours, the 31st ends at hour 744 and February begins at 0."""
    rules = written(tmp_path, [profile()], [budget(limit=2000)], TERMS, "infer-focus-budgets")
    series = {
        'infer_focus:namespace:cost_per_hour{namespace="team-a",currency="EUR"}': "4x9400",
        'infer_focus:namespace:cost_per_hour{namespace="team-b",currency="EUR"}': "9x9400",
    }
    label = '{budget="team-a", currency="EUR", namespace="team-a"}'
    spent = 'infer_focus:namespace:cost_month_to_date{namespace="team-a"}'
    labels = '{currency="EUR", namespace="team-a"}'
    checks = [
        check(spent, {labels: 4 * 744}, "743h55m"),
        check(spent, {labels: 4 / 12}, "744h"),
        check(spent, {labels: 4 * 10}, "753h55m"),
        check("infer_focus:budget:utilization_ratio", {label: 0.02}, "753h55m"),
        check(
            "infer_focus:budget:projected_utilization_ratio",
            {label: round((40 + 4 * (28 * 24 - 10 + 1 / 12)) / 2000, 6)},
            "753h55m",
        ),
    ]
    for name, times, silent in (
        ("Warning", ("260h", "740h"), ("240h", "760h")),
        ("Critical", ("510h", "740h"), ("490h", "760h")),
        ("Forecast", ("300h", "754h"), ("90m",)),
    ):
        checks += [firing(f"InferFocusBudget{name}", 1, at) for at in times]
        checks += [firing(f"InferFocusBudget{name}", 0, at) for at in silent]
    evaluate(tmp_path, rules, series, checks, interval="5m")
