"""SparkApplications for tests, the largest of them made from Kubeflow's own types."""

import copy
import types
from collections.abc import Iterator
from typing import Any, Union, get_args, get_origin

from kubeflow_spark_api import models
from pydantic import BaseModel

from emberlake.api.v1alpha1.sparkjob import SparkJobSpec
from emberlake.cli.kubeflow.convert import convert

Path = tuple[str | int, ...]

# Values with which a field says something, where a made-up one would be refused.
_VALUES: dict[str, Any] = {
    "apiVersion": "sparkoperator.k8s.io/v1beta2",
    "type": "Scala",
    "mode": "client",
    "imagePullPolicy": "Always",
    "imagePullSecrets": ["pull"],
    "mainApplicationFile": "local:///opt/app.jar",
    "memoryOverheadFactor": "0.2",
    "memory": "2g",
    "memoryOverhead": "512m",
    "coreRequest": "500m",
    "coreLimit": "2",
    "jars": ["s3://b/a.jar"],
    "files": ["s3://b/a.txt"],
    "pyFiles": ["s3://b/a.py"],
    "archives": ["s3://b/a.zip"],
    "packages": ["g:a:1"],
    "excludePackages": ["g:a"],
    "repositories": ["https://repo.example"],
    "serviceAccount": "runner",
    "priorityClassName": "high",
    "schedulerName": "other",
    "secretType": "HadoopDelegationToken",
    "serviceType": "NodePort",
    "protocol": "TCP",
    "path": "/mnt/path",
    "metricsProperties": "driver.sink.x.class=a.B",
    "exposeDriverMetrics": False,
    "exposeExecutorMetrics": False,
    "initialExecutors": 3,
    "minExecutors": 2,
    "maxExecutors": 9,
    "shuffleTrackingTimeout": 3000,
}
# Spark's own types where two fields of a name differ, and the parts of Kubernetes' types that say something.
_OF_MODEL: dict[str, dict[str, Any]] = {
    "SparkV1beta2GPUSpec": {"name": "nvidia.com/gpu"},
    "SparkV1beta2RestartPolicy": {"type": "OnFailure"},
    "IoK8sApiCoreV1Affinity": {"nodeAffinity": {"x": "y"}},
    "IoK8sApiCoreV1Container": {"name": "helper", "image": "helper:1"},
    "IoK8sApiCoreV1EnvFromSource": {"secretRef": {"name": "settings"}},
    "IoK8sApiCoreV1EnvVar": {"name": "LEVEL", "value": "info"},
    "IoK8sApiCoreV1HostAlias": {"ip": "10.0.0.1", "hostnames": ["store"]},
    "IoK8sApiCoreV1Lifecycle": {"preStop": {"sleep": {"seconds": 3}}},
    "IoK8sApiCoreV1PodDNSConfig": {"nameservers": ["10.0.0.2"]},
    "IoK8sApiCoreV1PodSecurityContext": {"fsGroup": 1000},
    "IoK8sApiCoreV1PodTemplateSpec": {"spec": {"nodeSelector": {"disk": "ssd"}}},
    "IoK8sApiCoreV1SecurityContext": {"runAsUser": 1000, "readOnlyRootFilesystem": True},
    "IoK8sApiCoreV1Toleration": {"key": "spot", "operator": "Exists"},
    "IoK8sApiCoreV1Volume": {"name": "data", "emptyDir": {"sizeLimit": "1Gi"}},
    "IoK8sApiCoreV1VolumeMount": {"name": "data", "mountPath": "/mnt/data"},
    "IoK8sApiNetworkingV1IngressTLS": {"hosts": ["spark.example"], "secretName": "tls"},
    "IoK8sApimachineryPkgApisMetaV1ObjectMeta": {
        "name": "spark-pi",
        "namespace": "team",
        "labels": {"team": "a"},
        "annotations": {"note": "b"},
    },
}


def maximal(kind: str = "SparkApplication") -> dict[str, Any]:
    """An object in which every field of Kubeflow's types is set."""
    model = getattr(models, f"SparkV1beta2{kind}")
    found = _object(model)
    del found["status"]
    return {**found, "kind": kind}


def _object(model: type[BaseModel]) -> dict[str, Any]:
    """Every field of a type of Spark's operator; of a type of Kubernetes what is written above."""
    name = model.__name__
    if not name.startswith("SparkV1beta2"):
        return copy.deepcopy(_OF_MODEL[name])
    found: dict[str, Any] = {}
    for field_name, field in model.model_fields.items():
        alias = field.alias or field_name
        preset = _OF_MODEL.get(name, {}).get(alias, _VALUES.get(alias))
        found[alias] = _value(field.annotation, alias) if preset is None else copy.deepcopy(preset)
    return found


def _plain(annotation: Any) -> Any:
    """The type within Optional and Annotated."""
    origin = get_origin(annotation)
    if origin in (Union, types.UnionType):
        return _plain(next(part for part in get_args(annotation) if part is not type(None)))
    if hasattr(annotation, "__metadata__"):
        return _plain(get_args(annotation)[0])
    return annotation


def _value(annotation: Any, name: str) -> Any:
    kind = _plain(annotation)
    origin, parts = get_origin(kind), get_args(kind)
    if origin is list:
        return [_value(parts[0], name)]
    if origin is dict:
        return {"some-key": _value(parts[1], name)}
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        return "1" if kind.__name__.endswith("Quantity") else _object(kind)
    return {int: 3, bool: True}.get(kind, f"x-{name.lower()}")


def leaves(document: Any, path: Path = ()) -> Iterator[Path]:
    """Paths of all plain values."""
    if isinstance(document, dict):
        for key, value in document.items():
            yield from leaves(value, (*path, key))
    elif isinstance(document, list):
        for index, value in enumerate(document):
            yield from leaves(value, (*path, index))
    else:
        yield path


def at(document: Any, path: Path) -> Any:
    """The value there."""
    for step in path:
        document = document[step]
    return document


MINIMAL: dict[str, Any] = {
    "apiVersion": "sparkoperator.k8s.io/v1beta2",
    "kind": "SparkApplication",
    "metadata": {"name": "pi"},
    "spec": {
        "type": "Python",
        "sparkVersion": "4.0.0",
        "mainApplicationFile": "local:///opt/pi.py",
        "driver": {},
        "executor": {},
    },
}


def application(**spec: Any) -> dict[str, Any]:
    """A small SparkApplication, and more of its spec."""
    return {**copy.deepcopy(MINIMAL), "spec": {**copy.deepcopy(MINIMAL["spec"]), **spec}}


def spec_of(document: dict[str, Any]) -> dict[str, Any]:
    """The converted spec, which the API's own types accept."""
    spec: dict[str, Any] = convert(document).document["spec"]
    SparkJobSpec.model_validate(spec)
    return spec


def lost(document: dict[str, Any]) -> dict[str, str]:
    """Paths and reasons of what is not carried."""
    return {each.path: each.reason for each in convert(document).lost}
