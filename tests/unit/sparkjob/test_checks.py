"""What is refused before anything is made, and what the user reads then."""

from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emberlake.sparkjob.build import children
from emberlake.sparkjob.names import Attempt
from emberlake.sparkjob.resources import ROLES
from unit.sparkjob.fixtures import CATALOG, SETTINGS, owner, spec

K8S = "spark.kubernetes."
SCRATCH: dict[str, Any] = {"name": "spark-local-dir-1", "emptyDir": {}}
AT_CONF = {"name": "spark-local-dir-1", "mountPath": "/opt/spark/conf"}


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"release": "ember-9"}, "spec.release 'ember-9' is not served"),
        (
            {"sparkConf": {f"{K8S}driver.podTemplateFile": "s3://b/t.yml"}},
            "driver.podTemplateFile is not supported: write the template into spec.driver.template",
        ),
        ({"sparkConf": {f"{K8S}executor.podTemplateFile": "x"}}, "into spec.executor.template"),
        ({"sparkConf": {f"{K8S}driver.pod.featureSteps": "a.B"}}, "only spark-submit can do it"),
        ({"sparkConf": {f"{K8S}kerberos.krb5.path": "/etc/krb5.conf"}}, "krb5.configMapName"),
        ({"sparkConf": {"spark.executor.memoryOverhead": "2.5g"}}, "spark.executor.memoryOverhead '2.5g'"),
        (
            {"executor": {"cores": 2, "coreLimit": "1500m"}},
            "executor.limit.cores '1500m' is below the request '2': raise executor.coreLimit",
        ),
        (
            {"driver": {"coreRequest": "1", "coreLimit": "500m"}},
            "raise driver.coreLimit or lower driver.coreRequest",
        ),
        (
            {"executor": {"labels": {"spark-exec-id": "1"}}},
            "label 'spark-exec-id' of executor.labels",
        ),
        ({"driver": {"labels": {"spark-role": "x"}}}, "label 'spark-role' of driver.labels is reserved"),
        (
            {"executor": {"labels": {"emberlake.dev/role": "driver"}}},
            "label 'emberlake.dev/role' of",
        ),
        (
            {"driver": {"volumes": [{"name": "tmp-1", "emptyDir": {}}, {"name": "tmp-1", "emptyDir": {}}]}},
            "driver: two volumes are named 'tmp-1'",
        ),
        (
            {"executor": {"volumes": [SCRATCH], "localStorage": {"size": "1Gi", "storageClassName": "fast"}}},
            "executor: two volumes are named 'spark-local-dir-1'",
        ),
        (
            {"executor": {"secrets": [{"name": "a", "path": "/s"}, {"name": "b", "path": "/s"}]}},
            "executor: two volumes are mounted at '/s'",
        ),
        (
            {"driver": {"volumes": [SCRATCH], "volumeMounts": [AT_CONF]}},
            "driver: two volumes are mounted at '/opt/spark/conf'",
        ),
        (
            {"executor": {"volumes": [SCRATCH], "volumeMounts": [AT_CONF]}},
            "executor: two volumes are mounted at '/opt/spark/conf'",
        ),
        # Spark asked for executors with such a label or volume again and again, for timeouts.executorStart.
        ({"executor": {"labels": {"a b": ""}}}, "executor.labels: 'a b' is no name as Kubernetes has it"),
        ({"executor": {"labels": {"team": "a b"}}}, "executor.labels: team has the value 'a b': write"),
        ({"executor": {"annotations": {"": "x"}}}, "executor.annotations: '' is no name"),
        ({"driver": {"nodeSelector": {"disk": "-"}}}, "driver.nodeSelector: disk has the value '-'"),
        ({"sparkConf": {f"{K8S}node.selector.a/b/c": "x"}}, "node.selector: 'a/b/c' is no name"),
        (
            {"executor": {"volumeMounts": [{"name": "data", "mountPath": "/data"}]}},
            "executor: no volume is named 'data', which is mounted at '/data': add it to executor.volumes",
        ),
        (
            {"executor": {"volumes": [{"name": "My Data", "emptyDir": {}}]}},
            "executor: a volume is named 'My Data': use at most 63",
        ),
        ({"driver": {"env": [{"name": "DEBUG", "value": True}]}}, "env DEBUG: value True is no text"),
        ({"driver": {"env": [{"name": "A", "valueFrom": ["b"]}]}}, "env A: valueFrom ['b'] is no source"),
        ({"executor": {"env": [{"name": "A", "valueFrom": {"secretKeyRef": 1}}]}}, "is no source of a value"),
        ({"driver": {"secrets": [{"name": "s" * 60, "path": "/s"}]}}, "mount it by driver.volumes"),
        ({"sparkConf": {f"{K8S}executor.volumes.csi.a.mount.path": "/a"}}, "type 'csi' is none of"),
        (
            {"executor": {"localStorage": {"size": "1Gi"}}},
            "executor.localStorage.storageClassName is not set",
        ),
        ({"sparkConf": {f"spark.x{n}": "x" * 8192 for n in range(200)}}, "a ConfigMap holds 1048576"),
    ],
)
def test_refused(fields: dict[str, Any], says: str) -> None:
    with pytest.raises(ValueError) as refusal:  # noqa: PT011
        children(owner(), spec(**fields), [("lake", CATALOG)], SETTINGS, Attempt(1, 1))
    assert says in str(refusal.value)


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize(
    ("template", "where"),
    [
        ({"spec": []}, "spec"),
        ({"spec": {"containers": "x"}}, "spec.containers"),
        ({"spec": {"containers": [{"env": {"A": "b"}}]}}, "spec.containers.0.env"),
        (
            {"spec": {"containers": [{"volumeMounts": [{"mountPath": "/x"}]}]}},
            "spec.containers.0.volumeMounts.0.name",
        ),
        ({"spec": {"volumes": [{"emptyDir": {}}]}}, "spec.volumes.0.name"),
        ({"spec": {"securityContext": {"seccompProfile": "x"}}}, "spec.securityContext.seccompProfile"),
        ({"metadata": {"labels": {"a": 1}}}, "metadata.labels.a"),
    ],
)
def test_a_template_of_the_wrong_shape_is_refused_by_its_field(
    role: str, template: dict[str, Any], where: str
) -> None:
    with pytest.raises(ValueError, match=f"^spec.{role}.template.{where}: "):
        children(owner(), spec(**{role: {"template": template}}), [], SETTINGS, Attempt(1, 1))


NULLS = {
    "metadata": None,
    "spec": {"containers": None, "volumes": None, "tolerations": None, "nodeSelector": None},
}


@pytest.mark.parametrize("template", [{}, {"metadata": None, "spec": None}, NULLS])
def test_an_empty_template_is_none(template: dict[str, Any]) -> None:
    fields = {"driver": {"template": template}, "executor": {"template": template}}
    assert children(owner(), spec(**fields), [], SETTINGS, Attempt(1, 1))


ENDS = ["", ".", "a", "a.b", "emptyDir.a.mount.path", "nfs.a.options.path", "gpu.amount", "gpu.vendor"]
STARTS = [
    *(f"{K8S}{role}.{group}." for role in ROLES for group in ("volumes", "secrets", "label")),
    *(f"spark.{role}.resource." for role in ROLES),
    *(f"{K8S}driver.secretKeyRef.", f"{K8S}driverEnv.", f"{K8S}node.selector."),
]
WHOLE = [
    *(
        f"spark.{role}.{key}"
        for role in ROLES
        for key in ("memory", "memoryOverhead", "memoryOverheadFactor")
    ),
    *("spark.driver.cores", "spark.executor.instances", "spark.ui.port", "spark.local.dir", "spark.jars"),
    *("spark.memory.offHeap.enabled", "spark.memory.offHeap.size", "spark.dynamicAllocation.maxExecutors"),
    f"{K8S}container.image.pullSecrets",
]
KEYS = st.builds(str.__add__, st.sampled_from(STARTS), st.sampled_from(ENDS)) | st.sampled_from(WHOLE)
VALUES = st.sampled_from(["", "0", "1", "true", "/a", "a:b", "nan", "inf", "1g", ",", "\u00b2"]) | st.text(
    max_size=4
)


@given(st.dictionaries(KEYS, VALUES, max_size=6))
def test_whatever_settings_say_there_are_pods_or_a_reason(conf: dict[str, str]) -> None:
    with suppress(ValueError):
        children(owner(), spec(driver={}, executor={}, sparkConf=conf), [], SETTINGS, Attempt(1, 1))
