"""Monitoring objects of the chart: off by default, and every expression stands on the metric contract."""

import json
import re
from collections.abc import Callable, Iterator
from itertools import combinations
from typing import Any

import pytest

from emberlake.core.objects import labels
from emberlake.sparkjob.build import children
from emberlake.sparkjob.conf import effective
from emberlake.sparkjob.names import Attempt
from unit.chart.promql import TARGET, faults, uses
from unit.chart.rendering import CHART, ROOT, Manifest, Render
from unit.core.contract import contract
from unit.sparkjob import fixtures as sparkjobs

SWITCHES = {
    "operator.serviceMonitor.enabled": ("ServiceMonitor", "emberlake-operator"),
    "monitoring.prometheusRule.enabled": ("PrometheusRule", "emberlake"),
    "monitoring.dashboard.enabled": ("ConfigMap", "emberlake-dashboard"),
    "monitoring.podMonitor.enabled": ("PodMonitor", "emberlake-drivers"),
}
FULL = (
    *(f"--set={switch}=true" for switch in SWITCHES),
    "--set=fullnameOverride=second,watchNamespaces={a,b},jobNamespaces={a}",
    *(f"--set={switch.removesuffix('enabled')}labels.release=prometheus" for switch in SWITCHES),
    "--set=monitoring.prometheusRule.runbookUrl=https://wiki.example.com/runbooks/",
    "--set=monitoring.dashboard.annotations.grafana_folder=Data",
)
ATTEMPT = Attempt(1, 1)
CATALOGS = [("lake", sparkjobs.CATALOG)]
RUNBOOKS = ROOT / "docs" / "runbooks"
DASHBOARD: dict[str, Any] = json.loads((CHART / "files" / "monitoring" / "dashboard.json").read_text())


def names(manifests: list[Manifest]) -> set[tuple[str, str]]:
    return {(manifest["kind"], manifest["metadata"]["name"]) for manifest in manifests}


def one(manifests: list[Manifest], kind: str) -> Manifest:
    (found,) = (manifest for manifest in manifests if manifest["kind"] == kind)
    return found


def driver(**fields: Any) -> Manifest:
    made = children(sparkjobs.owner(), sparkjobs.spec(**fields), CATALOGS, sparkjobs.SETTINGS, ATTEMPT)
    return one([dict(manifest) for manifest in made], "Pod")


@pytest.fixture(scope="module")
def rules(render: Render) -> dict[str, Manifest]:
    """The alerts by name."""
    spec = one(render(*FULL), "PrometheusRule")["spec"]
    return {rule["alert"]: rule for group in spec["groups"] for rule in group["rules"]}


def graphs() -> Iterator[tuple[str, str, str]]:
    """(title, PromQL with values in place of variables, legend) of each query of the dashboard."""
    for panel in DASHBOARD["panels"]:
        for target in panel.get("targets", ()):
            expression = target["expr"].replace("$__rate_interval", "5m")
            yield (
                panel["title"],
                expression.replace("$namespace", "n").replace("$job", "j"),
                target["legendFormat"],
            )


# Switches


@pytest.mark.parametrize(("switch", "expected"), SWITCHES.items())
def test_each_object_has_its_switch(render: Render, switch: str, expected: tuple[str, str]) -> None:
    assert names(render(f"--set={switch}=true")) - names(render()) == {expected}


def test_wrong_values_are_refused(refusal: Callable[..., str]) -> None:
    wrong = {
        "monitoring.alerts": "true",
        "monitoring.prometheusRule.runbookUrl": "runbooks",
        "monitoring.podMonitor.interval": "fast",
        "operator.logLevel": "verbose",
    }
    said = refusal(*(f"--set={path}={value}" for path, value in wrong.items()))
    assert "'alerts' not allowed" in said
    for path in list(wrong)[1:]:
        assert f"at '/{path.replace('.', '/')}'" in said


def test_labels_by_which_prometheus_and_grafana_choose_are_set(render: Render) -> None:
    chosen = names([m for m in render(*FULL) if m["metadata"]["labels"].get("release") == "prometheus"])
    assert chosen == {(kind, name.replace("emberlake", "second")) for kind, name in SWITCHES.values()}


# Targets


def test_the_service_monitor_selects_the_operator(render: Render) -> None:
    manifests = render(*FULL)
    monitor = one(manifests, "ServiceMonitor")["spec"]
    wanted = monitor["selector"]["matchLabels"].items()
    services = [m for m in manifests if m["kind"] == "Service" and wanted <= m["metadata"]["labels"].items()]
    assert [service["metadata"]["name"] for service in services] == ["second-operator"]
    assert monitor["endpoints"][0]["port"] in {port["name"] for port in services[0]["spec"]["ports"]}


def test_the_pod_monitor_selects_drivers_and_no_executor(render: Render) -> None:
    wanted = one(render(*FULL), "PodMonitor")["spec"]["selector"]["matchLabels"].items()
    assert wanted <= driver()["metadata"]["labels"].items()
    assert not wanted <= labels(sparkjobs.owner(), "executor", 1, 1).items()


def test_the_pod_monitor_asks_where_spark_answers(render: Render) -> None:
    """The sink's path is the driver's own; that of its executors is fixed in Spark."""
    endpoints = one(render(*FULL), "PodMonitor")["spec"]["podMetricsEndpoints"]
    (container,) = driver()["spec"]["containers"]
    assert {endpoint["port"] for endpoint in endpoints} <= {port["name"] for port in container["ports"]}
    conf = effective(sparkjobs.owner(), sparkjobs.spec(), CATALOGS, sparkjobs.SETTINGS, ATTEMPT)
    sink = conf["spark.metrics.conf.*.sink.prometheusServlet.path"].value
    assert [endpoint["path"] for endpoint in endpoints] == [f"{sink}/", "/metrics/executors/prometheus/"]


@pytest.mark.parametrize("serves", [True, False])
def test_the_pod_monitor_leaves_out_who_serves_nothing(render: Render, serves: bool) -> None:
    annotations = driver(monitoring={"prometheus": serves})["metadata"].get("annotations") or {}
    for endpoint in one(render(*FULL), "PodMonitor")["spec"]["podMetricsEndpoints"]:
        keep = endpoint["relabelings"][0]
        assert keep["sourceLabels"] == ["__meta_kubernetes_pod_annotation_prometheus_io_scrape"]
        assert (annotations.get("prometheus.io/scrape") == keep["regex"]) is serves


@pytest.mark.parametrize(
    ("flags", "expected"),
    [(FULL, {"matchNames": ["a", "b"]}), (("--set=monitoring.podMonitor.enabled=true",), {"any": True})],
)
def test_the_pod_monitor_looks_where_the_operator_does(
    render: Render, flags: tuple[str, ...], expected: dict[str, Any]
) -> None:
    assert one(render(*flags), "PodMonitor")["spec"]["namespaceSelector"] == expected


# Alerts


def test_every_alert_reads_metrics_that_there_are(rules: dict[str, Manifest]) -> None:
    found = {
        name: [fault for use in uses(rule["expr"]) for fault in faults(use)] for name, rule in rules.items()
    }
    assert not {name: wrong for name, wrong in found.items() if wrong}


def test_every_alert_looks_at_one_install(rules: dict[str, Manifest]) -> None:
    for use in (use for rule in rules.values() for use in uses(rule["expr"])):
        told = {matcher.name: matcher.value for matcher in use.matchers}
        assert (told["job"], told["namespace"]) == ("second-operator", "emberlake"), use.name


def test_every_alert_says_what_who_and_where(rules: dict[str, Manifest]) -> None:
    for name, rule in rules.items():
        assert name.startswith("Emberlake")
        assert rule["labels"]["severity"] in ("critical", "warning"), name
        assert rule["annotations"].keys() == {"summary", "description", "runbook_url"}, name
        assert re.fullmatch(r"[0-9]+m", rule["for"]), name


def test_an_alert_shows_only_labels_that_it_has(rules: dict[str, Manifest]) -> None:
    for name, rule in rules.items():
        found = uses(rule["expr"])
        has = {label for use in found for by in use.grouped[:1] for label in by}
        has |= TARGET if any(not use.grouped for use in found) else set()
        shown = set(re.findall(r"\$labels\.(\w+)", " ".join(rule["annotations"].values())))
        assert shown <= has, name


def test_every_alert_has_its_runbook_and_every_runbook_its_alert(rules: dict[str, Manifest]) -> None:
    assert {page.stem for page in RUNBOOKS.glob("Emberlake*.md")} == set(rules)
    for name in rules:
        text = (RUNBOOKS / f"{name}.md").read_text()
        assert text.startswith(f"# {name}\n")
        assert re.findall(r"^## (.*)$", text, re.MULTILINE) == [
            "What it means",
            "How to look",
            "What to do",
        ], name
        assert f"[{name}]({name}.md)" in (RUNBOOKS / "README.md").read_text()


def test_the_runbook_is_where_the_value_says(rules: dict[str, Manifest]) -> None:
    for name, rule in rules.items():
        assert rule["annotations"]["runbook_url"] == f"https://wiki.example.com/runbooks/{name}.md"


# Dashboard


def test_grafana_finds_the_dashboard(render: Render) -> None:
    (found,) = (m for m in render(*FULL) if m["metadata"]["name"] == "second-dashboard")
    assert found["metadata"]["labels"]["grafana_dashboard"] == "1"
    assert found["metadata"]["annotations"] == {"grafana_folder": "Data"}
    assert json.loads(found["data"]["emberlake.json"]) == DASHBOARD


def test_every_panel_reads_metrics_that_there_are() -> None:
    found = {title: [fault for use in uses(expr) for fault in faults(use)] for title, expr, _ in graphs()}
    assert not {title: wrong for title, wrong in found.items() if wrong}


def test_every_panel_looks_at_the_chosen_install() -> None:
    for title, expression, _ in graphs():
        for use in uses(expression):
            assert {"job", "namespace"} <= {matcher.name for matcher in use.matchers}, title


def test_legends_name_labels_that_the_query_has() -> None:
    for title, expression, legend in graphs():
        (use,) = uses(expression)
        has = use.grouped[0] if use.grouped else TARGET
        assert set(re.findall(r"\{\{(\w+)\}\}", legend)) <= has, title


def test_every_metric_of_our_own_is_shown() -> None:
    shown = {re.sub(r"_bucket$", "", use.name) for _, expression, _ in graphs() for use in uses(expression)}
    own = {name for name in contract() if name.startswith(("emberlake_", "sparkjob_", "workqueue_"))}
    assert own <= shown


def test_panels_have_their_own_place() -> None:
    places = [panel["gridPos"] for panel in DASHBOARD["panels"]]
    assert len({panel["id"] for panel in DASHBOARD["panels"]}) == len(places)
    assert all(place["x"] + place["w"] <= 24 for place in places)
    for one_place, other in combinations(places, 2):
        apart_in_x = (
            one_place["x"] + one_place["w"] <= other["x"] or other["x"] + other["w"] <= one_place["x"]
        )
        apart_in_y = (
            one_place["y"] + one_place["h"] <= other["y"] or other["y"] + other["h"] <= one_place["y"]
        )
        assert apart_in_x or apart_in_y
