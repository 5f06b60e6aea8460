"""Every setting that spark-submit reads for the driver pod, one by one."""

from typing import Any

import pytest

from emberlake.sparkjob import driver
from emberlake.sparkjob.application import Application
from emberlake.sparkjob.driver import app_name_label
from emberlake.sparkjob.template import Template

BASE = {
    "spark.app.id": "spark-1",
    "spark.app.name": "Nightly ETL",
    "spark.kubernetes.driver.pod.name": "etl-driver",
    "spark.kubernetes.namespace": "demo",
    "spark.kubernetes.container.image": "acme/spark:1",
}
PYTHON = Application("python", "org.apache.spark.deploy.PythonRunner", "local:///main.py")
K8S = "spark.kubernetes."


def pod(
    conf: dict[str, str], template: dict[str, Any] | None = None, application: Application = PYTHON
) -> dict[str, Any]:
    base = Template.of(template or {}, "spark-kubernetes-driver")
    return driver.pod({**BASE, **conf}, application, base, "etl-conf", "4.1.4")


def find(found: dict[str, Any], path: str) -> Any:
    """The value at `path`; C is Spark's container."""
    value: Any = found
    for part in path.replace("C.", "spec.containers.0.").split("/"):
        for step in part.split("."):
            value = value[int(step)] if step.isdigit() else value[step]
    return value


@pytest.mark.parametrize(
    ("conf", "path", "value"),
    [
        ({}, "metadata.name", "etl-driver"),
        ({}, "metadata.namespace", "demo"),
        ({f"{K8S}driver.container.image": "d:1"}, "C.image", "d:1"),
        ({f"{K8S}container.image": "s:{{SPARK_VERSION}}"}, "C.image", "s:4.1.4"),
        ({}, "C.imagePullPolicy", "IfNotPresent"),
        ({f"{K8S}container.image.pullPolicy": "Always"}, "C.imagePullPolicy", "Always"),
        (
            {f"{K8S}container.image.pullSecrets": "a, b"},
            "spec.imagePullSecrets",
            [{"name": "a"}, {"name": "b"}],
        ),
        ({f"{K8S}authenticate.driver.serviceAccountName": "etl"}, "spec.serviceAccountName", "etl"),
        ({f"{K8S}scheduler.name": "volcano"}, "spec.schedulerName", "volcano"),
        (
            {f"{K8S}scheduler.name": "volcano", f"{K8S}driver.scheduler.name": "yunikorn"},
            "spec.schedulerName",
            "yunikorn",
        ),
        (
            {f"{K8S}node.selector.a": "1", f"{K8S}driver.node.selector.b": "2"},
            "spec.nodeSelector",
            {"a": "1", "b": "2"},
        ),
        ({f"{K8S}driver.annotation.x.y/z": "id {{APP_ID}}"}, "metadata.annotations", {"x.y/z": "id spark-1"}),
        (
            {f"{K8S}driver.label.team": "{{APP_ID}}{{EXECUTOR_ID}}"},
            "metadata.labels",
            {
                "team": "spark-1",
                "spark-app-selector": "spark-1",
                "spark-app-name": "nightly-etl",
                "spark-role": "driver",
                "spark-version": "4.1.4",
            },
        ),
        (
            {"spark.driver.cores": "2", "spark.driver.memory": "2g", f"{K8S}driver.limit.cores": "3"},
            "C.resources",
            {"requests": {"cpu": "2", "memory": "2867Mi"}, "limits": {"cpu": "3", "memory": "2867Mi"}},
        ),
        (
            {"spark.driver.resource.gpu.amount": "1", "spark.driver.resource.gpu.vendor": "nvidia.com"},
            "C.resources.limits",
            {"memory": "1433Mi", "nvidia.com/gpu": "1"},
        ),
        (
            {"spark.driver.port": "1", "spark.driver.blockManager.port": "2", "spark.ui.port": "3"}
            | {"spark.connect.grpc.binding.port": "4"},
            "C.ports",
            [
                {"name": "driver-rpc-port", "containerPort": 1, "protocol": "TCP"},
                {"name": "blockmanager", "containerPort": 2, "protocol": "TCP"},
                {"name": "spark-ui", "containerPort": 3, "protocol": "TCP"},
                {"name": "spark-connect", "containerPort": 4, "protocol": "TCP"},
            ],
        ),
    ],
)
def test_settings_of_the_pod(conf: dict[str, str], path: str, value: Any) -> None:
    assert find(pod(conf), path) == value


@pytest.mark.parametrize(
    ("conf", "name", "value"),
    [
        ({}, "SPARK_USER", "spark"),
        ({}, "SPARK_APPLICATION_ID", "spark-1"),
        (
            {},
            "SPARK_DRIVER_BIND_ADDRESS",
            {"fieldRef": {"apiVersion": "v1", "fieldPath": "status.podIP"}},
        ),
        ({}, "SPARK_CONF_DIR", "/opt/spark/conf"),
        ({}, "SPARK_LOCAL_DIRS", "/var/data/spark"),
        ({f"{K8S}driverEnv.A": "b"}, "A", "b"),
        ({f"{K8S}driver.secretKeyRef.P": "db:pass"}, "P", {"secretKeyRef": {"name": "db", "key": "pass"}}),
        ({"spark.pyspark.python": "py"}, "PYSPARK_PYTHON", "py"),
        ({"spark.pyspark.python": "py"}, "PYSPARK_DRIVER_PYTHON", "py"),
        ({"spark.pyspark.python": "a", "spark.pyspark.driver.python": "b"}, "PYSPARK_DRIVER_PYTHON", "b"),
        ({f"{K8S}hadoop.configMapName": "h"}, "HADOOP_CONF_DIR", "/opt/hadoop/conf"),
        (
            {f"{K8S}kerberos.tokenSecret.name": "t", f"{K8S}kerberos.tokenSecret.itemKey": "k"},
            "HADOOP_TOKEN_FILE_LOCATION",
            "/mnt/secrets/hadoop-credentials/k",
        ),
        ({"spark.local.dir": "/a,/b"}, "SPARK_LOCAL_DIRS", "/a,/b"),
    ],
)
def test_environment(conf: dict[str, str], name: str, value: Any) -> None:
    found = {e["name"]: e.get("value", e.get("valueFrom")) for e in find(pod(conf), "C.env")}
    assert found[name] == value


@pytest.mark.parametrize(
    ("conf", "path", "source"),
    [
        ({}, "/var/data/spark", {"emptyDir": {}}),
        ({f"{K8S}local.dirs.tmpfs": "true"}, "/var/data/spark", {"emptyDir": {"medium": "Memory"}}),
        ({"spark.local.dir": "/a,/b"}, "/b", {"emptyDir": {}}),
        ({f"{K8S}driver.secrets.db": "/etc/db"}, "/etc/db", {"secret": {"secretName": "db"}}),
        ({f"{K8S}hadoop.configMapName": "h"}, "/opt/hadoop/conf", {"configMap": {"name": "h"}}),
        ({f"{K8S}kerberos.krb5.configMapName": "k"}, "/etc/krb5.conf", {"configMap": {"name": "k"}}),
        (
            {f"{K8S}driver.volumes.emptyDir.x.mount.path": "/x"},
            "/x",
            {"emptyDir": {"medium": ""}},
        ),
    ],
)
def test_mounts(conf: dict[str, str], path: str, source: dict[str, Any]) -> None:
    found = pod(conf)
    names = {mount["mountPath"]: mount["name"] for mount in find(found, "C.volumeMounts")}
    volumes = {volume["name"]: volume for volume in found["spec"]["volumes"]}
    assert volumes[names[path]] == {"name": names[path], **source}


def test_volumes_named_as_local_directories_are_the_scratch_space() -> None:
    start = f"{K8S}driver.volumes.emptyDir.spark-local-dir-1."
    found = pod({f"{start}mount.path": "/fast", f"{start}options.sizeLimit": "5Gi"})
    assert {"name": "SPARK_LOCAL_DIRS", "value": "/fast"} in find(found, "C.env")
    assert [v["name"] for v in found["spec"]["volumes"] if v["name"].startswith("spark-local-dir")] == [
        "spark-local-dir-1"
    ]
    mount = {"name": "spark-local-dir-a", "mountPath": "/mine"}
    template = {"spec": {"containers": [{"volumeMounts": [mount]}]}}
    assert {"name": "SPARK_LOCAL_DIRS", "value": "/mine"} in find(pod({}, template), "C.env")


def test_settings_lie_over_the_template_and_lists_stand_behind_it() -> None:
    template = {
        "metadata": {"labels": {"a": "template", "b": "template"}},
        "spec": {
            "nodeSelector": {"a": "template", "b": "template"},
            "imagePullSecrets": [{"name": "template"}],
            "containers": [
                {
                    "image": "template",
                    "resources": {
                        "limits": {"cpu": "9", "memory": "9Gi"},
                        "requests": {"ephemeral-storage": "1Gi"},
                    },
                    "env": [{"name": "A", "value": "template"}],
                    "ports": [{"name": "debug", "containerPort": 5005}],
                }
            ],
        },
    }
    conf = {
        f"{K8S}driver.label.a": "conf",
        f"{K8S}node.selector.a": "conf",
        f"{K8S}container.image.pullSecrets": "conf",
        f"{K8S}driverEnv.A": "conf",
    }
    found = pod(conf, template)
    assert {k: found["metadata"]["labels"][k] for k in "ab"} == {"a": "conf", "b": "template"}
    assert found["spec"]["nodeSelector"] == {"a": "conf", "b": "template"}
    assert [secret["name"] for secret in found["spec"]["imagePullSecrets"]] == ["template", "conf"]
    assert find(found, "C.image") == "acme/spark:1"
    assert find(found, "C.ports.0.name") == "debug"
    assert [e["value"] for e in find(found, "C.env") if e["name"] == "A"] == ["template", "conf"]
    assert find(found, "C.resources") == {
        "requests": {"ephemeral-storage": "1Gi", "cpu": "1", "memory": "1433Mi"},
        "limits": {"cpu": "9", "memory": "1433Mi"},
    }


@pytest.mark.parametrize(
    ("conf", "says"),
    [
        ({f"{K8S}driver.secretKeyRef.P": "db"}, "secretKeyRef.P 'db': write SECRET:KEY"),
        ({f"{K8S}driver.secretKeyRef.P": "a:b:c"}, "write SECRET:KEY"),
        ({"spark.ui.port": "http"}, "spark.ui.port 'http' is no port"),
        ({"spark.driver.port": "0"}, "spark.driver.port '0' is no port"),
        ({f"{K8S}container.image": ""}, "container.image is missing"),
    ],
)
def test_what_is_wrong_is_named(conf: dict[str, str], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        pod(conf)


@pytest.mark.parametrize(
    ("name", "label"),
    [
        ("etl", "etl"),
        ("Nightly ETL: flights & weather (v2)", "nightly-etl-flights-weather-v2"),
        ("-a--b-", "a-b"),
        ("x" * 80, "x" * 63),
        ("y" * 62 + "--z", "y" * 62),
    ],
)
def test_the_label_with_the_applications_name(name: str, label: str) -> None:
    assert app_name_label(name) == label
