"""Values that cannot work end the rendering with a sentence that says which one to set."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from exporter.settings.checks import _EXCLUSIVE, _PAIRS
from tests.helm.given import given, merged, nested
from tests.helm.rendering import CHART, MINIMAL, helm, render

HEAD = "Error: execution error at (infer-focus/templates/cronjob.yaml:1:4): \n"
TAIL = "\n\nUse --debug flag to render out invalid YAML\n"
PROFILE = {
    "kind": "CostProfile",
    "metadata": {"name": "h100-pool"},
    "spec": {
        "hardware": {"gpuModel": "NVIDIA H100 SXM5", "gpuCount": 8, "purchasePriceUSD": 280000},
        "electricity": {"ratePerKWh": 0.18},
        "nodeSelector": {"gpu-pool": "h100"},
    },
}
CARD = {
    "kind": "RateCard",
    "currency": "USD",
    "models": [{"model": "*", "listPerMillionTokens": 1}],
    "gpuHour": 2,
}
REQUIRED = (
    "image.repository is required: set where your image is, such as"
    " image.repository=registry.example.com/finops/infer-focus",
    "clusterName is required: set the name that keys and rows of this cluster carry, such as"
    " clusterName=prod-eu (or collection.clusterLabel=cluster to read many clusters from one"
    " store)",
    "prometheus.url is required: set the address of Prometheus, such as"
    " prometheus.url=http://prometheus-operated.monitoring.svc:9090",
    "s3.bucket is required: set the bucket that the files go to, such as"
    " s3.bucket=finops-focus (or outputDir.existingClaim=focus-files for a volume)",
    "config.documents needs a CostProfile: set what each pool of GPUs costs, such as"
    " config.documents=[{kind: CostProfile, metadata: {name: h100-pool}, spec: {hardware:"
    " {gpuModel: NVIDIA H100 SXM5, gpuCount: 8, purchasePriceUSD: 280000}, electricity:"
    " {ratePerKWh: 0.18}, nodeSelector: {gpu-pool: h100}}}]"
    " (or config.existingConfigMap=infer-focus-documents)",
)
ROLE = {"eks.amazonaws.com/role-arn": "arn:aws:iam::123456789012:role/infer-focus"}


def faults(values: dict[str, Any], file: Path | None = MINIMAL) -> list[str]:
    """The sentences with which rendering ends."""
    files = () if file is None else ("--values", file)
    done = helm("template", "costs", CHART, *files, values=values)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith(HEAD), done.stderr
    assert done.stderr.endswith(TAIL)
    return done.stderr.removeprefix(HEAD).removesuffix(TAIL).splitlines()


def test_everything_that_is_missing_is_said_at_once() -> None:
    assert faults({}, None) == list(REQUIRED)


def test_the_examples_of_these_sentences_are_all_that_is_needed() -> None:
    pairs = (sentence.partition("such as ")[2].partition(" (or ")[0] for sentence in REQUIRED)
    values = [nested(path, yaml.safe_load(text)) for path, text in (p.split("=", 1) for p in pairs)]
    assert [one["kind"] for one in render(None, merged(*values))][-1] == "Pod"


@pytest.mark.parametrize("number", range(len(REQUIRED)))
def test_each_missing_value_is_said_by_itself(number: int) -> None:
    path = ("image.repository", "clusterName", "prometheus.url", "s3.bucket", "config.documents")
    empty: Any = None if path[number] == "config.documents" else ""
    assert faults(nested(path[number], empty)) == [REQUIRED[number]]


@pytest.mark.parametrize(
    "values",
    [
        given(clusterName="", collection__clusterLabel="cluster"),
        given(s3__bucket="", outputDir__existingClaim="files"),
        given(prometheus__url="", extraEnv=[{"name": "SOURCE_FILE", "value": "/dump.om"}]),
        given(config__documents=None, config__existingConfigMap="prices"),
        given(config__documents=[{"kind": "List", "items": [PROFILE]}]),
        given(config__documents={"a.yaml": [], "b.yml": [PROFILE]}),
    ],
    ids=lambda values: ", ".join(values),
)
def test_what_stands_in_for_a_required_value_is_taken(values: dict[str, Any]) -> None:
    assert render(values=values)


KEYS = given(s3__auth__accessKeyId="id", s3__auth__secretAccessKey="secret")
HTTPS = given(prometheus__url="https://prometheus.example.com")
EXCLUDING = "prometheus.auth has {}: they exclude each other, keep one of them"
#: Values beside the minimal ones, and the one sentence about them.
CONTRADICTIONS = {
    "two names of the cluster": (
        given(collection__clusterLabel="cluster"),
        "clusterName and collection.clusterLabel exclude each other: keep one of them",
    ),
    "two destinations": (
        given(outputDir__existingClaim="files"),
        "s3.bucket and outputDir.existingClaim exclude each other: keep one of them",
    ),
    "two configurations": (
        given(config__existingConfigMap="prices"),
        "config.documents and config.existingConfigMap exclude each other: keep one of them",
    ),
    "two sources": (
        given(extraEnv=[{"name": "SOURCE_FILE", "value": "/dump.om"}]),
        "prometheus.url and SOURCE_FILE in extraEnv exclude each other: keep one of them",
    ),
    "namespaces in and out": (
        given(collection__includeNamespaces=["a"], collection__excludeNamespaces=["b"]),
        "collection.includeNamespaces and collection.excludeNamespaces exclude each other: keep"
        " one of them",
    ),
    "clusters in and out": (
        given(collection__includeClusters=["a"], collection__excludeClusters=["b"]),
        "collection.includeClusters and collection.excludeClusters exclude each other: keep one"
        " of them",
    ),
    "two authorities": (
        given(prometheus__tls__ca__existingConfigMap="a", prometheus__tls__ca__existingSecret="b"),
        "prometheus.tls.ca.existingConfigMap and prometheus.tls.ca.existingSecret exclude each"
        " other: keep one of them",
    ),
    "a key without its secret": (
        given(s3__auth__accessKeyId="id"),
        "s3.auth.secretAccessKey is required, since s3.auth.accessKeyId is set",
    ),
    "a secret without its key": (
        given(s3__auth__secretAccessKey="secret"),
        "s3.auth.accessKeyId is required, since s3.auth.secretAccessKey is set",
    ),
    "keys twice": (
        merged(KEYS, given(s3__auth__existingSecret="s3")),
        "s3.auth.accessKeyId and s3.auth.existingSecret exclude each other: keep one of them",
    ),
    "a Secret without its keys": (
        given(s3__auth__existingSecret="s3", s3__auth__accessKeyIdKey=""),
        "s3.auth.existingSecret needs the keys in it: set s3.auth.accessKeyIdKey and"
        " s3.auth.secretAccessKeyKey",
    ),
    "a role and keys": (
        merged(KEYS, given(s3__auth__useIRSA=True), {"serviceAccount": {"annotations": ROLE}}),
        "s3.auth.useIRSA and access keys exclude each other: leave s3.auth.accessKeyId,"
        " s3.auth.secretAccessKey and s3.auth.existingSecret empty, or set s3.auth.useIRSA=false",
    ),
    "no role": (
        given(s3__auth__useIRSA=True),
        "s3.auth.useIRSA needs a role: set serviceAccount.annotations, such as"
        " {eks.amazonaws.com/role-arn: arn:aws:iam::123456789012:role/infer-focus}, or"
        " serviceAccount.create=false with the serviceAccount.name of one that has it",
    ),
    "token and user": (
        merged(
            HTTPS,
            given(
                prometheus__auth__bearerToken="t",
                prometheus__auth__username="u",
                prometheus__auth__password="p",
            ),
        ),
        EXCLUDING.format("bearerToken and username"),
    ),
    "token and SigV4": (
        merged(
            HTTPS,
            given(prometheus__auth__bearerToken="t", prometheus__auth__sigv4Region="eu-west-1"),
        ),
        EXCLUDING.format("bearerToken and sigv4Region"),
    ),
    "user, service account and SigV4": (
        merged(
            HTTPS,
            given(
                prometheus__auth__username="u",
                prometheus__auth__password="p",
                prometheus__auth__serviceAccountToken__enabled=True,
                prometheus__auth__sigv4Region="eu-west-1",
            ),
        ),
        EXCLUDING.format("username and serviceAccountToken and sigv4Region"),
    ),
    "a user without password": (
        merged(HTTPS, given(prometheus__auth__username="u")),
        "prometheus.auth.password is required, since prometheus.auth.username is set (or"
        " prometheus.auth.existingSecret with prometheus.auth.passwordKey)",
    ),
    "a password without user": (
        merged(HTTPS, given(prometheus__auth__password="p")),
        "prometheus.auth.username is required, since a password is set",
    ),
    "a token twice": (
        merged(
            HTTPS,
            given(
                prometheus__auth__bearerToken="t",
                prometheus__auth__existingSecret="s",
                prometheus__auth__bearerTokenKey="token",
            ),
        ),
        "prometheus.auth.existingSecret excludes bearerToken, password and headers in the values:"
        " put them all into the Secret, or none",
    ),
    "a Secret without a key": (
        merged(HTTPS, given(prometheus__auth__existingSecret="s")),
        "prometheus.auth.existingSecret needs a key in it: set prometheus.auth.bearerTokenKey,"
        " such as token, or passwordKey or headersKey",
    ),
    "a key without a Secret": (
        merged(HTTPS, given(prometheus__auth__headersKey="headers")),
        "prometheus.auth.existingSecret is required, since one of bearerTokenKey, passwordKey and"
        " headersKey is set",
    ),
    "a token in the open": (
        given(prometheus__auth__bearerToken="t"),
        "prometheus.url is http://prometheus-operated.monitoring.svc:9090, the credentials would"
        " go over the network unencrypted: use https://, or set"
        " prometheus.auth.allowPlaintext=true to allow that",
    ),
    "two Pushgateways": (
        given(pushgateway__url="https://gateway", pushgateway__existingSecret="gateway"),
        "pushgateway.url and pushgateway.existingSecret exclude each other: keep one of them",
    ),
    "a Pushgateway's Secret without its key": (
        given(pushgateway__existingSecret="gateway", pushgateway__urlKey=""),
        "pushgateway.existingSecret needs the key in it: set pushgateway.urlKey, such as url",
    ),
    "a password in the open": (
        given(pushgateway__url="http://push:secret@gateway"),
        "pushgateway.url begins with http://, the user and password in it would go over the"
        " network unencrypted: use https://, or set prometheus.auth.allowPlaintext=true to allow"
        " that",
    ),
    "a Pushgateway behind an unknown port": (
        given(pushgateway__existingSecret="gateway", networkPolicy__enabled=True),
        "networkPolicy.pushgateway.port is required, since the address is in"
        " pushgateway.existingSecret: set the port of the Pushgateway's pods, such as"
        " networkPolicy.pushgateway.port=9091",
    ),
    "a setting twice": (
        given(extraEnv=[{"name": "S3_PREFIX", "value": "costs/"}]),
        "extraEnv has S3_PREFIX, which has a value of its own in values.yaml: set that one",
    ),
    "a secret twice": (
        merged(KEYS, given(extraEnv=[{"name": "S3_ACCESS_KEY_ID_FILE", "value": "/x"}])),
        "extraEnv has S3_ACCESS_KEY_ID_FILE, which has a value of its own in values.yaml: set"
        " that one",
    ),
    "a currency without its rate": (
        given(focus__billingCurrency="EUR"),
        "focus.usdRate is required, since focus.billingCurrency is EUR: set the US dollars per"
        " EUR, such as focus.usdRate=1.08",
    ),
    "contracts without prices": (
        given(focus__billedCost="contracted"),
        "focus.billedCost is contracted, which needs prices: add a RateCard to config.documents,"
        " or set focus.billedCost=cost",
    ),
    "shares in a version without them": (
        given(focus__version="1.2", focus__splitAllocation=True),
        "focus.splitAllocation needs focus.version 1.3 or 1.4, which is 1.2: set focus.version=1.3",
    ),
    "another prefix than InferCost's": (
        given(focus__version="infercost-1.0", focus__extensionPrefix="x_Infer"),
        "focus.extensionPrefix is x_Infer, but the columns of infercost-1.0 begin with x-Infer:"
        " leave focus.extensionPrefix out",
    ),
    "another issuer than the provider": (
        given(focus__invoiceIssuerName="Acme"),
        "focus.invoiceIssuerName is Acme and focus.serviceProviderName is Self-Hosted: in FOCUS"
        " 1.3 BilledCost would have to be 0, so give both the same name",
    ),
    "a card in another currency": (
        given(config__documents=[PROFILE, {**CARD, "currency": "EUR"}]),
        "config.documents: the RateCard is in EUR and focus.billingCurrency is USD: write its"
        " prices in that currency",
    ),
    "a backfill without days": (
        given(backfill__enabled=True, backfill__start="2026-01-01"),
        "backfill.start and backfill.end are required, since backfill.enabled is true: set the"
        " days to export, such as backfill.start=2026-01-01 and backfill.end=2026-07-01",
    ),
    "a backfill of nothing": (
        given(backfill__enabled=True, backfill__start="2026-01-01", backfill__end="2026-01-01"),
        "backfill.end is 2026-01-01, which is not after backfill.start 2026-01-01: it is the day"
        " after the last one",
    ),
    "a backfill that may not do what it should": (
        given(
            backfill__enabled=True,
            backfill__start="2026-01-01",
            backfill__end="2026-02-01",
            backfill__restate=True,
        ),
        "backfill.force and backfill.restate change objects that are there, which"
        " backfill.missingOnly leaves alone: set backfill.missingOnly=false",
    ),
    "a report without its time": (
        given(report__enabled=True, report__schedule=""),
        "report.schedule is required, since report.enabled is true: set when the report of last"
        " month is made, such as report.schedule=30 6 1 * *",
    ),
}


@pytest.mark.parametrize("case", CONTRADICTIONS)
def test_a_contradiction_is_one_sentence(case: str) -> None:
    values, sentence = CONTRADICTIONS[case]
    assert faults(values) == [sentence]


#: The pairs of variables that the program refuses, or misses one of, and the case above.
OF_THE_PROGRAM = {
    ("COLLECTION_INCLUDE_NAMESPACES", "COLLECTION_EXCLUDE_NAMESPACES"): "namespaces in and out",
    ("COLLECTION_INCLUDE_CLUSTERS", "COLLECTION_EXCLUDE_CLUSTERS"): "clusters in and out",
    ("CLUSTER_NAME", "COLLECTION_CLUSTER_LABEL"): "two names of the cluster",
    ("PROMETHEUS_URL", "SOURCE_FILE"): "two sources",
    ("PROMETHEUS_BEARER_TOKEN", "PROMETHEUS_USERNAME"): "token and user",
    ("PROMETHEUS_BEARER_TOKEN", "PROMETHEUS_SIGV4_REGION"): "token and SigV4",
    ("PROMETHEUS_USERNAME", "PROMETHEUS_SIGV4_REGION"): "user, service account and SigV4",
    ("PROMETHEUS_USERNAME", "PROMETHEUS_PASSWORD"): "a user without password",
    ("S3_ACCESS_KEY_ID", "S3_SECRET_ACCESS_KEY"): "a key without its secret",
}
#: Both come out of one Secret.
ALWAYS_TOGETHER = ("PROMETHEUS_CLIENT_CERT", "PROMETHEUS_CLIENT_KEY")


def test_what_the_program_would_refuse_does_not_get_that_far() -> None:
    assert {*_EXCLUSIVE, *_PAIRS} - {ALWAYS_TOGETHER} == OF_THE_PROGRAM.keys()
    assert set(OF_THE_PROGRAM.values()) <= CONTRADICTIONS.keys()
