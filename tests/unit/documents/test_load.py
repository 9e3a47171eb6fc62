from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from exporter.documents.kinds import CostProfile
from exporter.documents.load import Documents, default_prices, load_documents
from exporter.errors import ConfigurationError

PROFILE = """\
apiVersion: finops.infercost.ai/v1alpha1
kind: CostProfile
metadata: {name: h100}
spec:
  hardware: {gpuModel: NVIDIA H100, gpuCount: 8, purchasePriceUSD: 280000}
  electricity: {ratePerKWh: 0.12}
  nodeSelector: {pool: h100}
"""
REPORT = """\
kind: UsageReport
metadata: {name: daily}
spec: {costProfileRef: h100}
"""
PRICES = """\
kind: CloudPricing
lastVerified: 2026-03-21
providers:
- provider: Cloud
  models:
  - {model: large, tier: frontier, inputPerMillion: 2, outputPerMillion: 8}
"""


def written(folder: Path, *documents: str, name: str = "config.yaml") -> Path:
    path = folder / name
    path.write_text("---\n".join(documents), encoding="utf-8")
    return path


def faults(path: Path) -> Sequence[str]:
    """The faults of a configuration, without the path of its folder."""
    with pytest.raises(ConfigurationError) as caught:
        load_documents(path)
    folder = path if path.is_dir() else path.parent
    return [fault.replace(f"{folder}/", "") for fault in caught.value.faults]


def test_a_file_may_hold_any_number_of_documents(tmp_path: Path) -> None:
    budget = "kind: TokenBudget\nmetadata: {name: b}\n"
    budget += "spec: {scope: {namespace: a}, monthlyLimitUSD: 5}\n"

    documents = load_documents(
        written(tmp_path, "", PROFILE, "# nothing\n", REPORT, budget, PRICES)
    )

    assert [profile.name for profile in documents.cost_profiles] == ["h100"]
    assert [report.name for report in documents.usage_reports] == ["daily"]
    assert [budget.name for budget in documents.token_budgets] == ["b"]
    assert documents.cloud_pricing.last_verified == date(2026, 3, 21)


def test_a_profile_pasted_from_a_cluster_is_read(tmp_path: Path) -> None:
    pasted = """\
apiVersion: v1
kind: List
metadata: {resourceVersion: ""}
items:
- apiVersion: finops.infercost.ai/v1alpha1
  kind: CostProfile
  metadata:
    name: h100
    namespace: ml
    labels: {team: ml}
    uid: 1f0c
    annotations: {kubectl.kubernetes.io/last-applied-configuration: "{}"}
    creationTimestamp: 2026-03-01T00:00:00Z
  spec:
    hardware: {gpuModel: NVIDIA H100, gpuCount: 8, purchasePriceUSD: 2.8e5, tdpWatts: 700}
    electricity: {ratePerKWh: 12e-2, pueFactor: 1.25}
  status: {hourlyCostUSD: 11.2}
"""
    (profile,) = load_documents(written(tmp_path, pasted)).cost_profiles

    assert profile.namespace == "ml"
    assert profile.metadata.labels == {"team": "ml"}
    assert profile.spec.hardware.purchase_price_usd == 280000
    assert profile.spec.electricity.rate_per_kwh == Decimal("0.12")


def test_a_mounted_config_map_is_read_once(tmp_path: Path) -> None:
    data = tmp_path / "..2026_03_10"
    (data / "sub").mkdir(parents=True)
    written(data, PROFILE)
    written(data / "sub", REPORT, name="report.yml")
    (tmp_path / "..data").symlink_to(data.name)
    (tmp_path / "config.yaml").symlink_to("..data/config.yaml")
    (tmp_path / "sub").symlink_to("..data/sub")
    (tmp_path / "README.md").write_text("not a document")
    (data / "sub" / "up").symlink_to(tmp_path)

    documents = load_documents(tmp_path)

    assert len(documents.cost_profiles) == 1
    assert len(documents.usage_reports) == 1


def test_json_is_read(tmp_path: Path) -> None:
    text = json.dumps(yaml.safe_load(PROFILE), indent="\t")

    (profile,) = load_documents(written(tmp_path, text, name="profile.json")).cost_profiles

    assert profile.spec.electricity.rate_per_kwh == Decimal("0.12")


def test_the_fields_of_a_price_list_may_stand_under_spec(tmp_path: Path) -> None:
    content = yaml.safe_load(PRICES)
    nested = {"kind": content.pop("kind"), "metadata": {"name": "prices"}, "spec": content}

    documents = load_documents(written(tmp_path, PROFILE, yaml.safe_dump(nested)))

    assert (
        documents.cloud_pricing == load_documents(written(tmp_path, PROFILE, PRICES)).cloud_pricing
    )


def test_without_a_price_list_that_of_the_package_is_used(tmp_path: Path) -> None:
    assert load_documents(written(tmp_path, PROFILE)).cloud_pricing == default_prices()


def test_the_price_list_of_the_package_is_dated_and_says_where_it_is_from() -> None:
    prices = default_prices()
    models = [model for provider in prices.providers for model in provider.models]

    assert prices.last_verified == date(2026, 10, 7)
    assert {source.split(":")[0] for source in prices.sources} == {
        provider.provider for provider in prices.providers
    }
    assert {model.tier for model in models} == {"frontier", "mid", "small", "open-weights"}
    for model in models:
        assert 0 < model.input_per_million <= model.output_per_million
        cached = model.cached_input_per_million
        assert cached is None or cached < model.input_per_million


def versions(folder: Path) -> Documents:
    later = PROFILE + "  validFrom: 2026-07-01\n"
    first = PROFILE + "  validFrom: 2026-01-01\n"
    elsewhere = PROFILE.replace("name: h100", "name: h100, namespace: ml")
    return load_documents(written(folder, later, PROFILE, first, elsewhere))


def test_the_versions_of_a_profile_come_in_the_order_of_their_start(tmp_path: Path) -> None:
    def starts(profiles: Sequence[CostProfile]) -> list[int | None]:
        return [profile.spec.valid_from for profile in profiles]

    documents = versions(tmp_path)

    assert starts(documents.profile_versions("h100", None)) == [None, 1_767_225_600, 1_782_864_000]
    assert starts(documents.profile_versions("h100", "ml")) == [None]
    assert documents.profile_versions("h200", None) == ()


@pytest.mark.parametrize(("namespace", "expected"), [("ml", "ml"), ("web", None), ("", None)])
def test_a_report_means_the_profile_of_its_namespace_else_that_of_none(
    tmp_path: Path, namespace: str, expected: str | None
) -> None:
    report = REPORT.replace("name: daily", f'name: daily, namespace: "{namespace}"')
    elsewhere = PROFILE.replace("name: h100", "name: h100, namespace: ml")
    documents = load_documents(written(tmp_path, PROFILE, elsewhere, report))

    assert documents.resolve_profile(documents.usage_reports[0]) == ("h100", expected)


def test_all_faults_are_said_at_once(tmp_path: Path) -> None:
    written(
        tmp_path, PROFILE.replace("gpuCount: 8", 'gpuCount: "8", tdpWatts: true'), name="a.yaml"
    )
    written(tmp_path, REPORT.replace("spec: {", "spec: {schedule: yearly, "), name="b.yaml")
    written(tmp_path, "kind: [", name="c.yaml")

    assert faults(tmp_path) == [
        "c.yaml: line 1, column 8: not readable as YAML "
        "(expected the node content, but found '<stream end>')",
        'a.yaml: document 1 (CostProfile/h100): spec.hardware.gpuCount: got "8", '
        "expected a whole number from 1 to 1000000",
        "a.yaml: document 1 (CostProfile/h100): spec.hardware.tdpWatts: got true, "
        "expected a number above 0 and up to 1e12",
        'b.yaml: document 1 (UsageReport/daily): spec.schedule: got "yearly", '
        "expected one of hourly, daily, weekly, monthly",
    ]


SAME_PROFILE = PROFILE.replace("pool: h100", "pool: other")


@pytest.mark.parametrize(
    ("documents", "expected"),
    [
        pytest.param(
            [PROFILE.replace("purchasePriceUSD: 280000", "purchasPriceUSD: 280000")],
            [
                "document 1 (CostProfile/h100): spec.hardware.purchasePriceUSD: is required, "
                "expected a number from 0 to 1e12",
                "document 1 (CostProfile/h100): spec.hardware.purchasPriceUSD: unknown field, "
                "did you mean purchasePriceUSD?",
            ],
            id="a slip of the pen in a field",
        ),
        pytest.param(
            [PROFILE.replace("gpuModel", "gpu_model")],
            [
                "document 1 (CostProfile/h100): spec.hardware.gpuModel: is required, "
                "expected a text",
                "document 1 (CostProfile/h100): spec.hardware.gpu_model: unknown field, "
                "did you mean gpuModel?",
            ],
            id="the name of a field in Python",
        ),
        pytest.param(
            [PROFILE + "  colour: red\n"],
            [
                "document 1 (CostProfile/h100): spec.colour: unknown field, known here: "
                "allocation, clusters, electricity, hardware, namespaceSelector, nodeSelector, "
                "validFrom"
            ],
            id="a field of nobody",
        ),
        pytest.param(
            [PROFILE + "  cloudComparison: {targets: []}\n"],
            [
                "document 1 (CostProfile/h100): spec.cloudComparison: unknown field, "
                "write it as `comparisons` of a CloudPricing document"
            ],
            id="a field of another version of the CRD",
        ),
        pytest.param(
            [PROFILE, REPORT.replace("{costP", "{namespaceSelector: {}, costP")],
            [
                "document 2 (UsageReport/daily): spec.namespaceSelector: unknown field, "
                "name the namespaces in spec.namespaces"
            ],
            id="a field of another kind",
        ),
        pytest.param(
            [PROFILE.replace("pool: h100", "pool: true")],
            [
                "document 1 (CostProfile/h100): spec.nodeSelector.pool: got true, "
                "expected a text, put it in quotes"
            ],
            id="a label that YAML takes for a boolean",
        ),
        pytest.param(
            [PROFILE.replace("pool: h100", '"": h100')],
            ['document 1 (CostProfile/h100): spec.nodeSelector.: got "", expected a text'],
            id="an empty label key",
        ),
        pytest.param(
            [PROFILE.replace("0.12", "-0.12")],
            [
                "document 1 (CostProfile/h100): spec.electricity.ratePerKWh: got -0.12, "
                "expected a number from 0 to 1e12"
            ],
            id="a negative price",
        ),
        pytest.param(
            [PROFILE.replace("{ratePerKWh: 0.12}", "[0.12]")],
            ["document 1 (CostProfile/h100): spec.electricity: got a list, expected a mapping"],
            id="a list for a mapping",
        ),
        pytest.param(
            [PROFILE.replace("  electricity: {ratePerKWh: 0.12}\n", "")],
            ["document 1 (CostProfile/h100): spec.electricity: is required, expected a mapping"],
            id="a missing part",
        ),
        pytest.param(
            [PROFILE.replace("metadata: {name: h100}\n", "")],
            ["document 1 (CostProfile): metadata.name: is required, expected a text"],
            id="a document without a name",
        ),
        pytest.param(
            [PROFILE.replace("metadata: {name: h100}", "metadata: h100")],
            ['document 1 (CostProfile): metadata: got "h100", expected a mapping'],
            id="metadata that are none",
        ),
        pytest.param(
            [PROFILE.replace("{name: h100}", '{name: "h\\n100", namespace: ml}')],
            [
                'document 1 (CostProfile/ml/"h\\n100"): metadata.name: got "h\\n100", '
                "expected a text"
            ],
            id="a name of two lines",
        ),
        pytest.param(
            [PROFILE, "kind: Costprofile\n"],
            [
                'document 2: kind: got "Costprofile", did you mean CostProfile? '
                "(documents of other programs do not belong in this folder)"
            ],
            id="a slip of the pen in a kind",
        ),
        pytest.param(
            [PROFILE, "apiVersion: v1\nkind: ConfigMap\n"],
            [
                'document 2: kind: got "ConfigMap", known here: CloudPricing, CostProfile, '
                "RateCard, TokenBudget, UsageReport "
                "(documents of other programs do not belong in this folder)"
            ],
            id="a kind of somebody else",
        ),
        pytest.param(
            [PROFILE, "kind: [a]\n"],
            [
                "document 2: kind: got a list, known here: CostProfile, UsageReport, "
                "TokenBudget, CloudPricing, RateCard "
                "(documents of other programs do not belong in this folder)"
            ],
            id="a kind that is no text",
        ),
        pytest.param(
            [PROFILE, "kind: MetricMapping\n"],
            [
                "document 2: kind: MetricMapping is not supported by this version of infer-focus, "
                "remove the document"
            ],
            id="a kind of a later version",
        ),
        pytest.param(
            [
                PROFILE,
                PRICES.replace("  - {model", "  - {notes: 1, modell: x, model").replace(
                    ", outputPerMillion: 8", ""
                ),
            ],
            [
                "document 2 (CloudPricing): providers[0].models[0].outputPerMillion: "
                "is required, expected a number from 0 to 1e12",
                "document 2 (CloudPricing): providers[0].models[0].notes: got 1, "
                "expected a text, put it in quotes",
                "document 2 (CloudPricing): providers[0].models[0].modell: unknown field, "
                "did you mean model?",
            ],
            id="faults inside lists",
        ),
        pytest.param(
            [PROFILE, PRICES.replace("kind: CloudPricing\n", "")],
            [
                "document 2: kind: is required, expected one of CostProfile, UsageReport, "
                "TokenBudget, CloudPricing, RateCard, a price list is a CloudPricing"
            ],
            id="a price list without a kind",
        ),
        pytest.param(
            [PROFILE.replace("v1alpha1", "v1")],
            [
                'document 1: apiVersion: got "finops.infercost.ai/v1", '
                "expected finops.infercost.ai/v1alpha1"
            ],
            id="another version",
        ),
        pytest.param(
            [PROFILE, "hello\n"],
            ['document 2: got "hello", expected a mapping with a kind'],
            id="a document that is no mapping",
        ),
        pytest.param(
            [
                PROFILE,
                "kind: List\nitems: {}\n",
                "kind: List\nitems: 1\n",
                "kind: List\nitems: [1]",
            ],
            [
                "document 3: items: got 1, expected a list",
                "document 4, item 1: got 1, expected a mapping with a kind",
            ],
            id="a list of other things",
        ),
        pytest.param(
            [PROFILE, SAME_PROFILE],
            [
                "document 2 (CostProfile/h100): is the same as config.yaml: document 1 "
                "(CostProfile/h100), both without spec.validFrom; remove one or give it a "
                "spec.validFrom of its own"
            ],
            id="a profile twice",
        ),
        pytest.param(
            [f"{PROFILE}  validFrom: 2026-01-01\n", f"{SAME_PROFILE}  validFrom: 2026-01-01\n"],
            [
                "document 2 (CostProfile/h100): is the same as config.yaml: document 1 "
                "(CostProfile/h100), both valid from 2026-01-01T00:00:00Z; remove one or give it "
                "a spec.validFrom of its own"
            ],
            id="a version of a profile twice",
        ),
        pytest.param(
            [PROFILE, REPORT, REPORT],
            [
                "document 3 (UsageReport/daily): is the same as config.yaml: document 2 "
                "(UsageReport/daily), remove or rename one"
            ],
            id="a report twice",
        ),
        pytest.param(
            [PROFILE, PRICES, PRICES],
            [
                "document 3 (CloudPricing): is the same as config.yaml: document 2 "
                "(CloudPricing), keep one price list"
            ],
            id="two price lists",
        ),
        pytest.param(
            [PROFILE, PRICES, "kind: CloudPricing\nproviders: []\n"],
            [
                "document 3 (CloudPricing): lastVerified: is required, "
                "expected a date such as 2026-03-10",
                "document 3 (CloudPricing): is the same as config.yaml: document 2 "
                "(CloudPricing), keep one price list",
            ],
            id="two price lists, one with a fault",
        ),
        pytest.param(
            [PROFILE, REPORT.replace("name: daily", "name: default")],
            [
                'document 2 (UsageReport/default): metadata.name: "default" is taken by the '
                "report that writes what no other report names, choose another name"
            ],
            id="the name of the implicit report",
        ),
        pytest.param(
            [PROFILE.replace("name: h100", "name: h100, namespace: ml"), REPORT],
            [
                'document 2 (UsageReport/daily): spec.costProfileRef: got "h100", expected the '
                "name of a CostProfile without namespace; there are: ml/h100"
            ],
            id="a reference to nothing",
        ),
        pytest.param(
            [
                PROFILE,
                REPORT.replace("{name: daily}", "{name: r, namespace: a}").replace("h1", "h2"),
            ],
            [
                'document 2 (UsageReport/a/r): spec.costProfileRef: got "h200", expected the '
                "name of a CostProfile in namespace a or without one; there are: h100"
            ],
            id="a reference from a namespace to nothing",
        ),
        pytest.param(
            [
                PROFILE.replace("{pool: h100}", "{}"),
                PROFILE.replace("{pool: h100}", "{}") + "  validFrom: 2026-01-01\n",
                PROFILE.replace("{pool: h100}", "{}").replace("name: h100", "name: l40s"),
            ],
            [
                "document 3 (CostProfile/l40s): spec.nodeSelector: is empty, as that of h100; "
                "only one profile may stand for all nodes, name the labels of this one's nodes"
            ],
            id="two profiles of all nodes",
        ),
        pytest.param(
            [
                PROFILE,
                PRICES + "  - {model: large, inputPerMillion: 1, outputPerMillion: 1}\n"
                "comparisons:\n- {models: '*', with: [Cloud/small]}\n"
                "- {models: '*', with: [Cloud/none]}\n",
            ],
            [
                "document 2 (CloudPricing): providers: Cloud/large is priced twice, keep one price",
                'document 2 (CloudPricing): comparisons[0].with: "Cloud/small" is neither a '
                "provider/model nor a tier of this price list",
                'document 2 (CloudPricing): comparisons[1].with: "Cloud/none" is neither a '
                "provider/model nor a tier of this price list",
            ],
            id="a price list that contradicts itself",
        ),
        pytest.param(
            [PROFILE, "kind: CloudPricing\nspec: {lastVerified: 2026-03-21, providers: []}\n"],
            [
                "document 2 (CloudPricing): spec.providers: no model is priced, "
                "expected at least one"
            ],
            id="an empty price list",
        ),
    ],
)
def test_a_fault_names_place_field_value_and_what_was_expected(
    tmp_path: Path, documents: list[str], expected: list[str]
) -> None:
    path = written(tmp_path, *documents)

    assert faults(path) == [f"config.yaml: {fault}" for fault in expected]


@pytest.mark.parametrize("documents", [[], [PRICES]], ids=["nothing", "only prices"])
def test_a_configuration_without_profile_is_told_how_to_write_one(
    tmp_path: Path, documents: list[str]
) -> None:
    path = written(tmp_path, *documents)

    (fault,) = faults(path)

    told, example = fault.split(", such as: ")
    assert told == "config.yaml: no CostProfile found, write one for each GPU pool"
    assert load_documents(written(tmp_path, example)).cost_profiles[0].name == "h100"


def test_a_report_of_a_profile_with_faults_is_not_blamed(tmp_path: Path) -> None:
    path = written(tmp_path, PROFILE.replace("gpuCount: 8", "gpuCount: 0"), REPORT)

    assert faults(path) == [
        "config.yaml: document 1 (CostProfile/h100): spec.hardware.gpuCount: got 0, "
        "expected a whole number from 1 to 1000000"
    ]


def test_a_path_that_is_not_there_is_named(tmp_path: Path) -> None:
    assert faults(tmp_path / "none") == [
        "none: no such file or folder, set CONFIG_PATH to where the CostProfiles are"
    ]


def test_a_path_that_cannot_be_is_named(tmp_path: Path) -> None:
    path = tmp_path / ("a" * 300)

    with pytest.raises(ConfigurationError) as caught:
        load_documents(path)

    assert caught.value.faults == (
        f"{path}: cannot be read (File name too long), check its permissions",
    )


def test_a_link_to_nothing_is_named(tmp_path: Path) -> None:
    written(tmp_path, PROFILE)
    (tmp_path / "gone.yaml").symlink_to("nowhere")

    assert faults(tmp_path) == [
        "gone.yaml: cannot be read (No such file or directory), "
        "check that it exists and its permissions"
    ]


def test_an_unresolved_report_is_refused(tmp_path: Path) -> None:
    documents = load_documents(written(tmp_path, PROFILE, REPORT))
    (report,) = documents.usage_reports
    orphaned = Documents((), (report,), (), documents.cloud_pricing)

    with pytest.raises(ConfigurationError, match=r"^UsageReport daily: no CostProfile h100$"):
        orphaned.resolve_profile(report)


_WORD_TEXT = (
    "kind CostProfile UsageReport TokenBudget CloudPricing List items spec metadata name namespace "
    "h100 hardware gpuCount gpuModel default purchasePriceUSD electricity ratePerKWh validFrom "
    "namespaceSelector matchLabels providers models comparisons with sources lastVerified "
    "2026-01-01 RateCard currency EUR models model * listPerMillionTokens inputPerMillion gpuHour "
    "contracts discountPercent"
)
_WORDS = st.sampled_from(_WORD_TEXT.split(" "))
_SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(),
    st.dates(),
    st.datetimes(),
    st.binary(),
    _WORDS,
)
_VALUES = st.recursive(
    _SCALARS,
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(_WORDS | st.text(), inner, max_size=6)
    ),
    max_leaves=25,
)
_MARKS = st.sampled_from(
    [":", "- ", "\n", "---\n", "{", "}", "[", "]", "&a ", "*a", "<<", "!!int ", "'"]
)


def _loads_or_refuses(path: Path) -> None:
    try:
        documents = load_documents(path)
    except ConfigurationError as error:
        lines = str(error).splitlines()
    else:
        lines = []
        assert documents.cost_profiles
    assert all(line.startswith(f"{path}: ") for line in lines)


@given(content=st.lists(_VALUES, max_size=3))
def test_any_yaml_is_read_or_refused_line_by_line(
    tmp_path_factory: pytest.TempPathFactory, content: list[object]
) -> None:
    path = written(tmp_path_factory.mktemp("any"), yaml.safe_dump_all(content))

    _loads_or_refuses(path)


@given(pieces=st.lists(st.text() | _WORDS | _MARKS, max_size=40))
def test_any_text_is_read_or_refused_line_by_line(
    tmp_path_factory: pytest.TempPathFactory, pieces: list[str]
) -> None:
    path = tmp_path_factory.mktemp("any") / "config.yaml"
    path.write_bytes("".join(pieces).encode("utf-8", "surrogatepass"))

    _loads_or_refuses(path)


@given(spec=_VALUES, kind=_WORDS)
def test_any_spec_is_read_or_refused_line_by_line(
    tmp_path_factory: pytest.TempPathFactory, spec: object, kind: str
) -> None:
    document = {"kind": kind, "metadata": {"name": "a"}, "spec": spec}
    path = written(tmp_path_factory.mktemp("any"), PROFILE, yaml.safe_dump(document))

    _loads_or_refuses(path)
