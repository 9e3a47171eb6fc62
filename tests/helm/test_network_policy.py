"""What pods may reach once the network policy is there."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from tests.helm.rendering import (
    CHART,
    MINIMAL,
    Manifest,
    only,
    pod_templates,
    render,
)

DNS = [{"protocol": "UDP", "port": 53}, {"protocol": "TCP", "port": 53}]


def policy(**values: Any) -> Manifest:
    return only(render(values={**values, "networkPolicy": {"enabled": True}}), "NetworkPolicy")


def tcp_ports(found: Manifest) -> list[int]:
    """Those of every rule after DNS."""
    _, *rules = found["spec"]["egress"]
    return [rule["ports"][0]["port"] for rule in rules]


def test_prometheus_s3_and_dns_and_nothing_else() -> None:
    spec = policy()["spec"]
    assert spec["policyTypes"] == ["Ingress", "Egress"]
    assert "ingress" not in spec
    assert spec["egress"] == [
        {"ports": DNS},
        {"ports": [{"protocol": "TCP", "port": 9090}]},
        {"ports": [{"protocol": "TCP", "port": 443}]},
    ]


def test_it_is_about_every_pod_of_the_release_and_of_no_other() -> None:
    manifests = render(CHART / "ci" / "network-policy-values.yaml")
    selector = only(manifests, "NetworkPolicy")["spec"]["podSelector"]["matchLabels"]
    pods = pod_templates(manifests)
    assert len(pods) == 2
    for pod in pods:
        assert selector.items() <= pod["metadata"]["labels"].items()
    (other, *_) = pod_templates(render(MINIMAL, release="other"))
    assert not selector.items() <= other["metadata"]["labels"].items()


@pytest.mark.parametrize(
    ("url", "port"),
    [
        ("http://prometheus:9090/prom", 9090),
        ("http://prometheus", 80),
        ("https://prometheus.example.com/prom", 443),
        ("http://[2001:db8::1]", 80),
        ("http://[2001:db8::1]:9090", 9090),
    ],
)
def test_the_port_of_prometheus_is_that_of_its_address(url: str, port: int) -> None:
    assert tcp_ports(policy(prometheus={"url": url})) == [port, 443]


def test_the_port_of_another_s3_service_is_that_of_its_address() -> None:
    s3 = {"endpointUrl": "http://minio.storage.svc:9000"}
    assert tcp_ports(policy(s3=s3)) == [9090, 9000]


@pytest.mark.parametrize(
    "values",
    [
        {
            "s3": {"auth": {"useIRSA": True}, "endpointUrl": "https://minio:9000"},
            "serviceAccount": {"create": False},
        },
        {
            "prometheus": {"auth": {"sigv4Region": "eu-west-1"}},
            "s3": {"endpointUrl": "https://minio:9000"},
        },
    ],
    ids=["s3", "prometheus"],
)
def test_a_role_of_aws_is_asked_for_at_sts(values: Any) -> None:
    assert tcp_ports(policy(**values)) == [9090, 9000, 443]


@pytest.mark.parametrize(
    ("url", "port"),
    [
        ("http://pushgateway:9091", 9091),
        ("http://gateway/push", 80),
        ("https://gateway", 443),
        ("https://push:%40:1@gateway", 443),
    ],
)
def test_the_pushgateway_may_be_reached_if_there_is_one(url: str, port: int) -> None:
    assert tcp_ports(policy(pushgateway={"url": url})) == [9090, 443, port]


def test_the_pods_of_the_pushgateway_may_have_a_port_of_their_own() -> None:
    """And of nobody else is it asked for."""
    peers: list[Any] = [{"namespaceSelector": {}}]
    rules = {"enabled": True, "pushgateway": {"port": 9091, "to": peers}}
    for given, found in (
        ({"url": "http://gateway"}, 1),
        ({"existingSecret": "gateway"}, 1),
        ({}, 0),
    ):
        values = {"pushgateway": given, "networkPolicy": rules}
        egress = only(render(values=values), "NetworkPolicy")["spec"]["egress"]
        rule = {"ports": [{"protocol": "TCP", "port": 9091}], "to": peers}
        assert egress.count(rule) == len(egress) - 3 == found


def test_without_a_server_or_a_bucket_only_names_are_asked_for() -> None:
    """A dump and a volume are mounted."""
    found = only(render(CHART / "ci" / "output-dir-values.yaml"), "NetworkPolicy")
    assert found["spec"]["egress"] == [{"ports": DNS}]


def test_peers_and_further_rules_are_as_the_values_say() -> None:
    file = CHART / "ci" / "network-policy-values.yaml"
    given = yaml.safe_load(file.read_text())["networkPolicy"]
    dns, prometheus, s3, further = only(render(file), "NetworkPolicy")["spec"]["egress"]
    assert [port["port"] for port in dns["ports"]] == [53, 53, 5353, 5353]
    assert (dns["to"], prometheus["to"], s3["to"]) == tuple(
        given[part]["to"] for part in ("dns", "prometheus", "s3")
    )
    assert prometheus["ports"] == [{"protocol": "TCP", "port": 9090}]  # the address says 443
    assert [further] == given["extraEgress"]
