"""What becomes of each part of a SparkApplication."""

from typing import Any

import pytest

from emberlake.cli.kubeflow.convert import convert
from unit.cli.sparkapplications import Path, application, at, lost, spec_of


@pytest.mark.parametrize(
    ("given", "wanted"),
    [("2g", "2g"), ("2G", "2g"), ("512Mb", "512m"), ("1024", "1024m"), ("1p", "1024t"), ("2097152b", "2m")],
)
def test_memory_means_what_spark_reads(given: str, wanted: str) -> None:
    assert spec_of(application(driver={"memory": given}))["driver"]["memory"] == wanted


@pytest.mark.parametrize("given", ["1.5g", "0", "2gib", "512k", "lots"])
def test_memory_that_spark_refuses_is_told(given: str) -> None:
    document = application(executor={"memory": given, "cores": 1})
    assert "memory" not in spec_of(document)["executor"]
    assert given in lost(document)["spec.executor.memory"]


def test_values_that_the_api_refuses_are_told_with_the_mend() -> None:
    document = application(
        deps={"jars": ["/opt/x.jar", "s3://b/a.jar"], "files": ["b"]}, driver={"coreRequest": "5e2m"}
    )
    assert spec_of(document)["deps"] == {"jars": ["s3://b/a.jar"]}
    assert "driver" not in spec_of(document)
    assert "needs a scheme: s3://" in lost(document)["spec.deps.jars[0]"]
    assert "250m" in lost(document)["spec.driver.coreRequest"]


@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        ({"type": "Never"}, None),
        ({"type": "Never", "onFailureRetries": 3}, None),
        ({"type": "OnFailure", "onFailureRetries": 3}, {"limit": 3, "backoff": "5s"}),
        ({"type": "OnFailure"}, {"limit": 0, "backoff": "5s"}),
        (
            {"type": "OnFailure", "onFailureRetries": 500, "onFailureRetryInterval": 900},
            {"limit": 100, "backoff": "900s", "maxBackoff": "900s"},
        ),
        ({"type": "Always", "onFailureRetryInterval": 10}, {"perHour": 60, "backoff": "10s"}),
    ],
)  # fmt: skip
def test_retries(given: dict[str, Any], wanted: dict[str, Any] | None) -> None:
    spec = spec_of(application(restartPolicy=given))
    if wanted is None:
        assert "retry" not in spec
    else:
        categories = ["User", "OutOfMemory", "Image", "Quota", "Timeout"]
        assert spec["retry"] == {**wanted, "categories": categories}


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"enabled": True, "maxExecutors": 5}, {"maxExecutors": 5}),
        (
            {
                "enabled": True,
                "minExecutors": 1,
                "initialExecutors": 2,
                "maxExecutors": 5,
                "shuffleTrackingTimeout": 60000,
            },
            {"minExecutors": 1, "initialExecutors": 2, "maxExecutors": 5, "shuffleTrackingTimeout": "60s"},
        ),
    ],
)
def test_dynamic_allocation(given: dict[str, Any], field: dict[str, Any]) -> None:
    assert spec_of(application(dynamicAllocation=given))["dynamicAllocation"] == field


@pytest.mark.parametrize(
    "given",
    [
        {"enabled": True, "minExecutors": 2},
        {"enabled": True, "maxExecutors": 5, "shuffleTrackingEnabled": False},
        {"enabled": True, "maxExecutors": 5, "shuffleTrackingTimeout": 1500},
        {"enabled": True, "minExecutors": 3, "initialExecutors": 1, "maxExecutors": 5},
    ],
)
def test_dynamic_allocation_beyond_the_field_stays_with_spark(given: dict[str, Any]) -> None:
    spec = spec_of(application(dynamicAllocation=given))
    assert "dynamicAllocation" not in spec
    assert spec["sparkConf"]["spark.dynamicAllocation.enabled"] == "true"
    for key in ("minExecutors", "maxExecutors", "initialExecutors"):
        assert spec["sparkConf"].get(f"spark.dynamicAllocation.{key}") == (
            str(given[key]) if key in given else None
        )


def test_dynamic_allocation_that_is_off_says_so() -> None:
    assert (
        "not enabled"
        in lost(application(dynamicAllocation={"maxExecutors": 3}))["spec.dynamicAllocation.maxExecutors"]
    )


def test_local_directories_become_settings_of_spark() -> None:
    volumes = [
        {"name": "spark-local-dir-1", "hostPath": {"path": "/disk", "type": "Directory"}},
        {"name": "spark-local-dir-2", "persistentVolumeClaim": {"claimName": "OnDemand"}},
    ]
    mounts = [
        {"name": "spark-local-dir-1", "mountPath": "/a", "readOnly": False},
        {"name": "spark-local-dir-2", "mountPath": "/b"},
    ]
    spec = spec_of(application(volumes=volumes, executor={"volumeMounts": mounts}))
    prefix = "spark.kubernetes.executor.volumes."
    assert spec["sparkConf"] == {
        f"{prefix}hostPath.spark-local-dir-1.mount.path": "/a",
        f"{prefix}hostPath.spark-local-dir-1.mount.readOnly": "false",
        f"{prefix}hostPath.spark-local-dir-1.options.path": "/disk",
        f"{prefix}hostPath.spark-local-dir-1.options.type": "Directory",
        f"{prefix}persistentVolumeClaim.spark-local-dir-2.mount.path": "/b",
        f"{prefix}persistentVolumeClaim.spark-local-dir-2.options.claimName": "OnDemand",
    }
    assert "executor" not in spec


def test_volumes_go_to_the_pods_that_mount_them() -> None:
    volumes = [{"name": "a", "emptyDir": {}}, {"name": "b", "emptyDir": {}}]
    document = application(
        volumes=volumes,
        driver={"volumeMounts": [{"name": "a", "mountPath": "/a"}, {"name": "c", "mountPath": "/c"}]},
    )
    assert spec_of(document)["driver"]["volumes"] == [volumes[0]]
    assert set(lost(document)) >= {"spec.volumes[1]", "spec.driver.volumeMounts[1]"}


def test_one_configmap_or_secret_in_two_places() -> None:
    pod = {
        "configMaps": [{"name": "c", "path": "/c1"}, {"name": "c", "path": "/c2"}],
        "secrets": [
            {"name": "s", "path": "/s1", "secretType": "Generic"},
            {"name": "s", "path": "/s2", "secretType": "GCPServiceAccount"},
        ],
    }
    driver = spec_of(application(driver=pod))["driver"]
    assert driver["secrets"] == [{"name": "s", "path": "/s1"}]
    assert [volume["name"] for volume in driver["volumes"]] == ["c-vol", "s-secret-vol"]
    assert [mount["mountPath"] for mount in driver["volumeMounts"]] == ["/c1", "/c2", "/s2"]
    assert driver["env"] == [{"name": "GOOGLE_APPLICATION_CREDENTIALS", "value": "/s2/key.json"}]


def test_long_names_of_configmaps_make_short_names_of_volumes() -> None:
    names = [f"{'x' * 80}.{n}" for n in range(2)]
    driver = spec_of(
        application(driver={"configMaps": [{"name": name, "path": f"/{name}"} for name in names]})
    )["driver"]
    found = [volume["name"] for volume in driver["volumes"]]
    assert len(set(found)) == 2
    assert all(len(name) <= 63 and "." not in name for name in found)


def test_the_variable_that_wins_in_kubeflow_wins() -> None:
    pod = {
        "envVars": {"A": "1", "B": "1", "C": "1"},
        "envSecretKeyRefs": {"B": {"name": "s", "key": "k"}},
        "env": [{"name": "C", "value": "3"}],
    }
    document = application(driver=pod)
    secret = {"secretKeyRef": {"name": "s", "key": "k"}}
    assert spec_of(document)["driver"]["env"] == [
        {"name": "A", "value": "1"},
        {"name": "B", "valueFrom": secret},
        {"name": "C", "value": "3"},
    ]
    assert len([path for path in lost(document) if "env" in path]) == 2


def test_a_template_keeps_its_own_container() -> None:
    template = {
        "metadata": {"labels": {"a": "b"}},
        "spec": {
            "containers": [{"name": "log", "image": "l"}, {"name": "spark-kubernetes-driver", "env": []}]
        },
    }
    driver = spec_of(
        application(driver={"template": template, "lifecycle": {"preStop": {}}, "sidecars": [{"name": "s"}]})
    )["driver"]
    assert driver["template"]["metadata"] == {"labels": {"a": "b"}}
    names = [container["name"] for container in driver["template"]["spec"]["containers"]]
    assert names == ["spark-kubernetes-driver", "log", "s"]
    assert driver["template"]["spec"]["containers"][0]["lifecycle"] == {"preStop": {}}


def test_a_security_context_loses_what_no_pod_may_have() -> None:
    context = {
        "runAsUser": 0,
        "runAsGroup": 7,
        "privileged": True,
        "capabilities": {"add": ["SYS_PTRACE", "NET_BIND_SERVICE"]},
    }
    document = application(
        driver={"securityContext": context, "podSecurityContext": {"runAsNonRoot": False, "fsGroup": 3}}
    )
    spec = spec_of(document)["driver"]["template"]["spec"]
    assert spec["securityContext"] == {"fsGroup": 3}
    assert spec["containers"][0]["securityContext"] == {
        "runAsGroup": 7,
        "capabilities": {"add": ["NET_BIND_SERVICE"]},
    }
    assert set(lost(document)) >= {
        "spec.driver.securityContext.runAsUser",
        "spec.driver.securityContext.privileged",
        "spec.driver.securityContext.capabilities.add",
        "spec.driver.podSecurityContext.runAsNonRoot",
    }


@pytest.mark.parametrize(
    ("gpu", "path", "wanted"),
    [
        ({"name": "amd.com/gpu", "quantity": 2}, ("gpu",), {"vendor": "amd.com", "quantity": 2}),
        (
            {"name": "nvidia.com/mig-1g.5gb", "quantity": 1},
            ("template", "spec", "containers", 0, "resources"),
            {"limits": {"nvidia.com/mig-1g.5gb": 1}},
        ),
    ],
)
def test_gpus(gpu: dict[str, Any], path: Path, wanted: dict[str, Any]) -> None:
    assert at(spec_of(application(executor={"gpu": gpu}))["executor"], path) == wanted


def test_labels_reach_the_pods_but_queues_do_not() -> None:
    document = application(driver={"labels": {"team": "b"}})
    document["metadata"]["labels"] = {"team": "a", "kueue.x-k8s.io/queue-name": "q"}
    spec = spec_of(document)
    assert (spec["driver"]["labels"], spec["executor"]["labels"]) == ({"team": "b"}, {"team": "a"})
    assert convert(document).document["metadata"]["labels"]["kueue.x-k8s.io/queue-name"] == "q"


def test_settings_that_only_the_operator_writes_are_told() -> None:
    conf = {"spark.master": "k8s://x", "spark.kubernetes.driver.podTemplateFile": "/t", "spark.x": "1"}
    document = application(sparkConf=conf)
    assert spec_of(document)["sparkConf"] == {"spark.x": "1"}
    assert lost(document)["spec.sparkConf[spark.master]"] == "the operator sets it"
    assert "spec.driver.template" in lost(document)["spec.sparkConf[spark.kubernetes.driver.podTemplateFile]"]


def test_metrics_properties_become_settings() -> None:
    text = "*.sink.prometheus.class=a.B\n# comment\ndriver.source.jvm.class = c.D\n"
    monitoring = {"exposeDriverMetrics": True, "exposeExecutorMetrics": False, "metricsProperties": text}
    spec = spec_of(application(monitoring=monitoring))
    assert spec["monitoring"] == {"prometheus": True}
    assert spec["sparkConf"] == {
        "spark.metrics.conf.*.sink.prometheus.class": "a.B",
        "spark.metrics.conf.driver.source.jvm.class": "c.D",
    }


def test_a_budget_for_the_driver_that_the_types_lack() -> None:
    assert spec_of(application(driverPodDisruptionBudget=True))["driver"]["podDisruptionBudget"] is True


def test_a_long_name_is_shortened_and_told() -> None:
    document = application()
    document["metadata"]["name"] = "n" * 60
    assert len(convert(document).document["metadata"]["name"]) == 50
    assert "at most 50 characters" in lost(document)["metadata.name"]
