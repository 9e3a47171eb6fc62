"""Every rendering is what Kubernetes accepts, and what a careful platform lets in."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.helm import golden
from tests.helm.rendering import (
    BACKFILL,
    CHART,
    CI_FILES,
    KUBERNETES,
    MINIMAL,
    Manifest,
    container_of,
    helm,
    name_of,
    only,
    pod_of,
    pod_templates,
    render,
    schema_faults,
)

each_file = pytest.mark.parametrize("file", CI_FILES, ids=name_of)
FULL = CHART / "ci" / "full-values.yaml"
IDENTITY = {"app.kubernetes.io/name", "app.kubernetes.io/instance"}


@each_file
def test_helm_finds_no_fault_in_the_chart(file: Path) -> None:
    done = helm("lint", "--strict", CHART, "--values", file)
    assert done.returncode == 0, done.stdout
    assert "[WARNING]" not in done.stdout


@pytest.mark.parametrize("kubernetes", KUBERNETES)
@each_file
def test_kubernetes_knows_every_field(file: Path, kubernetes: str) -> None:
    for manifest in render(file, kubernetes=kubernetes):
        assert schema_faults(manifest, kubernetes) == []


def test_the_schemas_of_kubernetes_find_a_wrong_field() -> None:
    """Else the test above could not fail."""
    job = only(render(BACKFILL), "Job")
    for field, value in (("backoffLimitPerPod", 1), ("completions", "12")):
        wrong = {**job, "spec": {**job["spec"], field: value}}
        assert len(schema_faults(wrong, KUBERNETES[-1])) == 1


def test_the_oldest_kubernetes_of_the_chart_is_the_oldest_that_is_tested() -> None:
    chart = yaml.safe_load((CHART / "Chart.yaml").read_text())
    assert chart["kubeVersion"] == f">={KUBERNETES[0]}.0-0"
    assert KUBERNETES[0] == "1.25"


def test_an_older_kubernetes_is_refused() -> None:
    done = helm("template", "x", CHART, "--kube-version", "1.24.9", "--values", MINIMAL)
    assert done.returncode != 0
    assert "kubeVersion: >=1.25.0-0" in done.stderr


@pytest.mark.parametrize("name", golden.VARIANTS)
def test_the_rendering_is_the_known_one(name: str) -> None:
    """If not, and the difference is meant: `make golden`."""
    assert golden.path(name).read_text() == golden.rendering(name)


def workloads(file: Path) -> list[Manifest]:
    """What of a rendering has pods."""
    found = [manifest for manifest in render(file) if pod_templates([manifest])]
    assert found
    return found


@each_file
def test_a_pod_keeps_to_the_restricted_standard(file: Path) -> None:
    """Pod Security Standards, level restricted, and a root file system that is read-only."""
    for workload in workloads(file):
        pod, container = pod_of(workload), container_of(workload)
        assert pod["securityContext"]["runAsNonRoot"] is True
        assert pod["securityContext"].get("runAsUser", 65532) == 65532
        assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
        assert container["securityContext"] == {
            "allowPrivilegeEscalation": False,
            "capabilities": {"drop": ["ALL"]},
            "readOnlyRootFilesystem": True,
        }
        allowed = {"configMap", "emptyDir", "persistentVolumeClaim", "projected"}
        assert {key for volume in pod["volumes"] for key in volume} - {"name"} <= allowed
        assert not {"hostNetwork", "hostPID", "hostIPC"} & pod.keys()


@each_file
def test_a_pod_takes_nothing_from_its_surroundings(file: Path) -> None:
    """No API token, no variables of Services; it ends by itself and within a bound."""
    for workload in workloads(file):
        pod, spec = pod_of(workload), workload["spec"]
        assert pod["automountServiceAccountToken"] is False
        assert pod["enableServiceLinks"] is False
        assert pod["restartPolicy"] == "Never"
        assert "limits" in container_of(workload)["resources"]
        bounded = spec["jobTemplate"]["spec"] if workload["kind"] == "CronJob" else spec
        assert bounded["activeDeadlineSeconds"] > 0


@each_file
def test_only_volumes_for_output_can_be_written_to(file: Path) -> None:
    for workload in workloads(file):
        mounts = container_of(workload)["volumeMounts"]
        writable = {mount["mountPath"] for mount in mounts if not mount.get("readOnly")}
        assert writable <= {"/tmp", "/var/lib/infer-focus"}
        assert len({mount["mountPath"] for mount in mounts}) == len(mounts)
        known = {volume["name"] for volume in pod_of(workload)["volumes"]}
        assert {mount["name"] for mount in mounts} == known


@each_file
def test_everything_carries_the_labels_of_the_release(file: Path) -> None:
    manifests = render(file)
    for one in (*manifests, *pod_templates(manifests)):
        assert one["metadata"]["labels"].keys() >= IDENTITY
    for one in manifests:
        assert one["metadata"]["namespace"] == "finops"


def test_labels_and_annotations_of_the_values_reach_the_pods() -> None:
    cron_job = only(render(FULL), "CronJob")
    (pod,) = pod_templates([cron_job])
    assert cron_job["metadata"]["labels"]["team"] == "finops"
    assert pod["metadata"]["labels"]["team"] == "finops"
    assert pod["metadata"]["labels"]["sidecar.istio.io/inject"] == "false"
    assert pod["metadata"]["annotations"]["example.com/owner"] == "finops"


def test_where_pods_run_is_as_the_values_say() -> None:
    values = yaml.safe_load(FULL.read_text())
    pod = pod_of(only(render(FULL), "CronJob"))
    for key in ("nodeSelector", "tolerations", "affinity", "topologySpreadConstraints"):
        assert pod[key] == values[key]
    assert pod["priorityClassName"] == "batch-low"
    assert pod["imagePullSecrets"] == [{"name": "registry"}]
    assert pod["serviceAccountName"] == "shared"


def test_zero_is_a_value() -> None:
    """Not the same as nothing: each of these has another default."""
    cron_job = only(render(FULL), "CronJob")["spec"]
    job = cron_job["jobTemplate"]["spec"]
    assert (cron_job["successfulJobsHistoryLimit"], cron_job["failedJobsHistoryLimit"]) == (0, 0)
    assert (job["backoffLimit"], job["ttlSecondsAfterFinished"]) == (0, 0)
    assert job["template"]["spec"]["terminationGracePeriodSeconds"] == 0
    backfill = only(render(BACKFILL), "Job")["spec"]
    assert (backfill["backoffLimitPerIndex"], backfill["ttlSecondsAfterFinished"]) == (0, 0)
    paused = only(render(BACKFILL, {"backfill": {"parallelism": 0}}), "Job")["spec"]
    assert paused["parallelism"] == 0


def test_null_leaves_a_number_to_kubernetes() -> None:
    values = {"job": {"ttlSecondsAfterFinished": None, "failedJobsHistoryLimit": None}}
    spec = only(render(values=values), "CronJob")["spec"]
    assert "failedJobsHistoryLimit" not in spec
    assert "ttlSecondsAfterFinished" not in spec["jobTemplate"]["spec"]


def test_large_numbers_stay_whole_numbers() -> None:
    """Helm keeps numbers as floats and would write a month of seconds as 2.592e+06."""
    values = {"job": {"ttlSecondsAfterFinished": 2_592_000, "activeDeadlineSeconds": 10_000_000}}
    job = only(render(values=values), "CronJob")["spec"]["jobTemplate"]["spec"]
    assert (job["ttlSecondsAfterFinished"], job["activeDeadlineSeconds"]) == (2592000, 10000000)


def test_a_run_ends_before_the_next_one_starts() -> None:
    """By the defaults; and it starts when the last hour has settled, ten minutes after its end."""
    spec = only(render(), "CronJob")["spec"]
    minute, hours, *days = spec["schedule"].split()
    assert (minute, days, spec["timeZone"]) == ("15", ["*"] * 3, "Etc/UTC")
    every = int(hours.removeprefix("*/")) * 3600
    assert spec["jobTemplate"]["spec"]["activeDeadlineSeconds"] < every
    assert spec["startingDeadlineSeconds"] < every
    assert spec["concurrencyPolicy"] == "Forbid"


def test_a_wrong_configuration_is_not_tried_again() -> None:
    """Exit code 2 ends the Job; a drained node does not count; everything else is retried."""
    for job in (
        only(render(), "CronJob")["spec"]["jobTemplate"]["spec"],
        only(render(BACKFILL), "Job")["spec"],
    ):
        wrong, disrupted = job["podFailurePolicy"]["rules"]
        exit_codes = {"containerName": "infer-focus", "operator": "In", "values": [2]}
        assert wrong == {"action": "FailJob", "onExitCodes": exit_codes, "onPodConditions": []}
        assert job["template"]["spec"]["containers"][0]["name"] == exit_codes["containerName"]
        condition = {"type": "DisruptionTarget", "status": "True"}
        assert disrupted == {"action": "Ignore", "onPodConditions": [condition]}


@pytest.mark.parametrize(
    ("image", "expected"),
    [
        ({}, "registry.example.com/finops/infer-focus:0.1.0"),
        ({"tag": "1.2-rc"}, "registry.example.com/finops/infer-focus:1.2-rc"),
        (
            {"tag": "1.2", "digest": f"sha256:{'0a' * 32}"},
            f"registry.example.com/finops/infer-focus@sha256:{'0a' * 32}",
        ),
    ],
)
def test_the_image_is_named_by_digest_tag_or_version(image: dict[str, str], expected: str) -> None:
    assert container_of(only(render(values={"image": image}), "CronJob"))["image"] == expected


def checksums(values: dict[str, Any]) -> set[str]:
    templates = pod_templates(render(values={"backfill": DAY, **values}))
    assert len(templates) == 3
    return {one["metadata"]["annotations"]["checksum/config"] for one in templates}


DAY = {"enabled": True, "start": "2026-10-01", "end": "2026-10-02"}


def test_the_checksum_changes_with_documents_and_secrets_only() -> None:
    documents = yaml.safe_load(MINIMAL.read_text())["config"]["documents"]
    documents[0]["spec"]["electricity"]["ratePerKWh"] = 0.19
    keys = {"accessKeyId": "one", "secretAccessKey": "two"}
    seen = [
        checksums({}),
        checksums({"log": {"level": "debug"}}),
        checksums({"config": {"documents": documents}}),
        checksums({"s3": {"auth": keys}}),
        checksums({"s3": {"auth": {**keys, "secretAccessKey": "three"}}}),
    ]
    assert seen[0] == seen[1]
    assert [len(one) for one in seen] == [1] * 5
    assert len(set.union(*seen)) == 4


def test_a_service_account_has_the_annotations_of_a_cloud() -> None:
    irsa = render(CHART / "ci" / "irsa-values.yaml")
    account = only(irsa, "ServiceAccount")
    role = "arn:aws:iam::123456789012:role/infer-focus"
    assert account["metadata"]["annotations"] == {"eks.amazonaws.com/role-arn": role}
    assert account["automountServiceAccountToken"] is False
    assert pod_of(only(irsa, "CronJob"))["serviceAccountName"] == account["metadata"]["name"]


def test_nothing_is_made_that_is_not_wanted() -> None:
    """The least is four objects; secrets, network policy and backfill come when asked for."""
    kinds = ["ServiceAccount", "ConfigMap", "CronJob", "Pod"]
    assert [one["kind"] for one in render()] == kinds
    bare = {"check": {"enabled": False}, "serviceAccount": {"create": False}}
    assert [one["kind"] for one in render(values=bare)] == ["ConfigMap", "CronJob"]
    assert pod_of(only(render(values=bare), "CronJob"))["serviceAccountName"] == "default"


def test_the_check_is_a_test_of_helm_that_stays_for_its_log() -> None:
    pod = only(render(), "Pod")
    annotations = pod["metadata"]["annotations"]
    assert annotations["helm.sh/hook"] == "test"
    assert annotations["helm.sh/hook-delete-policy"] == "before-hook-creation"
    assert container_of(pod)["args"] == ["check"]
    job = only(render(), "CronJob")
    assert {**container_of(job), "args": ["check"]} == container_of(pod)
    assert {**pod_of(job), "activeDeadlineSeconds": 600} | {"containers": 0} == {
        **pod_of(pod),
        "containers": 0,
    }
