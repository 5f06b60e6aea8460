"""Driver and executor of a SparkApplication, as those of a SparkJob. Pure.

What each field does there: kubeflow/spark-operator v2.5, internal/controller/sparkapplication/submission.go
and internal/webhook/sparkpod_defaulter.go.
"""

from collections.abc import Mapping
from copy import deepcopy
from hashlib import sha256
from typing import Any, Literal

from emberlake.cli import sparkunits
from emberlake.cli.jobs import DRIVER_CONTAINER, EXECUTOR_CONTAINER
from emberlake.cli.kubeflow.source import Source
from emberlake.cli.kubeflow.volumes import volumes
from emberlake.cli.paths import Path, dotted

Role = Literal["driver", "executor"]
Document = dict[str, Any]

_SAME = (
    "cores",
    "coreRequest",
    "coreLimit",
    "javaOptions",
    "envFrom",
    "annotations",
    "tolerations",
    "affinity",
    "schedulerName",
    "priorityClassName",
    "instances",
)
_POD_SPEC = (
    "initContainers",
    "dnsConfig",
    "terminationGracePeriodSeconds",
    "hostAliases",
    "shareProcessNamespace",
    "hostNetwork",
)
_CONTAINER = ("lifecycle", "ports")
_CONTAINERS = {"driver": DRIVER_CONTAINER, "executor": EXECUTOR_CONTAINER}
# Environment and file of Secrets that Kubeflow treats specially.
_SECRET_TYPES = {
    "GCPServiceAccount": ("GOOGLE_APPLICATION_CREDENTIALS", "key.json"),
    "HadoopDelegationToken": ("HADOOP_TOKEN_FILE_LOCATION", "hadoop.token"),
}
_HADOOP_CONF_DIR = "/etc/hadoop/conf"
_RESTRICTED = "every pod satisfies Pod Security `restricted`: not root, no added rights"
_QUEUE_LABELS = "kueue.x-k8s.io/"
# What Kubeflow's webhook adds to pods, and leaves out for a role that has a template.
_BY_WEBHOOK = (
    "env",
    "envFrom",
    "configMaps",
    "volumeMounts",
    "affinity",
    "tolerations",
    "sidecars",
    "initContainers",
)
_LOST = {
    "podName": "the operator names the driver NAME-RUN-ATTEMPT-driver",
    "kubernetesMaster": "the driver always talks to the API server of its own cluster",
    "serviceAnnotations": "there is no driver Service: executors reach the driver by its pod's address",
    "serviceLabels": "there is no driver Service: executors reach the driver by its pod's address",
    "memoryLimit": "the memory limit is always the request, memory plus overhead: raise memoryOverhead",
}


def pod(
    role: Role,
    source: Source,
    conf: dict[str, str],
    *,
    shared: Mapping[str, Any],
    hadoop_config_map: str | None,
) -> Document:
    """The role's part of the new spec; what only Spark has a setting for goes to `conf`.

    Args:
        shared: `volumes`, `nodeSelector` and `labels` of the whole application.
    """
    if "template" in source and (doubtful := [key for key in _BY_WEBHOOK if key in source]):
        source.note((), f"Kubeflow ignores {', '.join(doubtful)} beside template; a SparkJob does not")
    found: Document = {key: source.take(key) for key in _SAME if key in source}
    _memory(source, found)
    labels = {key: value for key, value in shared["labels"].items() if not key.startswith(_QUEUE_LABELS)}
    found["labels"] = {**labels, **source.take("labels", {})}
    found["nodeSelector"] = {**shared["nodeSelector"], **source.take("nodeSelector", {})}
    _conf(role, source, conf)
    env = _env(source)
    found |= _mounted(role, source, env, conf, shared["volumes"], hadoop_config_map)
    found["env"] = list(env.values())
    found["template"] = _template(role, source, found)
    for key, reason in _LOST.items():
        source.lose(key, reason)
    return {key: value for key, value in found.items() if value not in ([], {}, None)}


def _memory(source: Source, found: Document) -> None:
    for key in ("memory", "memoryOverhead"):
        if (text := source.take(key)) is None:
            continue
        try:
            found[key] = sparkunits.memory(text)
        except ValueError as error:
            source.tell((key,), str(error))


def _conf(role: Role, source: Source, conf: dict[str, str]) -> None:
    """What Kubeflow hands to spark-submit as a setting, and a SparkJob has no field for."""
    if image := source.take("image"):
        conf[f"spark.kubernetes.{role}.container.image"] = image
    if role == "executor":
        if account := source.take("serviceAccount"):
            conf["spark.kubernetes.authenticate.executor.serviceAccountName"] = account
        if (deletes := source.take("deleteOnTermination")) is not None:
            conf["spark.kubernetes.executor.deleteOnTermination"] = str(deletes).lower()


def _env(source: Source) -> dict[str, Document]:
    """Variables by name; of two the later wins, as in Kubeflow's pods."""
    given: list[tuple[Path, Document]] = [
        (("envVars", name), {"name": name, "value": value})
        for name, value in source.take("envVars", {}).items()
    ]
    for name, reference in source.entries("envSecretKeyRefs"):
        selector = {"name": reference.take("name"), "key": reference.take("key")}
        given.append((("envSecretKeyRefs", name), {"name": name, "valueFrom": {"secretKeyRef": selector}}))
    given += [(("env", index), variable) for index, variable in enumerate(source.take("env", []))]
    found: dict[str, tuple[Path, Document]] = {}
    for path, variable in given:
        if overruled := found.get(variable["name"]):
            source.tell(overruled[0], f"{dotted(path)} sets {variable['name']} too, and wins")
        found[variable["name"]] = (path, variable)
    return {name: variable for name, (_, variable) in found.items()}


def _mounted(
    role: Role,
    source: Source,
    env: dict[str, Document],
    conf: dict[str, str],
    shared: Mapping[str, Document],
    hadoop_config_map: str | None,
) -> Document:
    """Volumes and Secrets; adds the variables that point to them."""
    found_volumes, mounts = volumes(role, source, shared, conf)
    folders = [
        ("configMap", "name", item.take("name"), item.take("path")) for item in source.parts("configMaps")
    ]
    if hadoop_config_map:
        folders.append(("configMap", "name", hadoop_config_map, _HADOOP_CONF_DIR))
        _set(env, "HADOOP_CONF_DIR", _HADOOP_CONF_DIR)
    secrets: dict[str, Document] = {}
    for item in source.parts("secrets"):
        name, path = item.take("name"), item.take("path")
        if name in secrets:
            # One entry a Secret: a second folder needs a volume.
            folders.append(("secret", "secretName", name, path))
        else:
            secrets[name] = {"name": name, "path": path}
        if special := _SECRET_TYPES.get(item.take("secretType")):
            _set(env, special[0], f"{path.rstrip('/')}/{special[1]}")
    for kind, key, name, path in folders:
        volume = {"name": _volume_name(name, kind), kind: {key: name}}
        found_volumes += [] if volume in found_volumes else [volume]
        mounts.append({"name": volume["name"], "mountPath": path, "readOnly": True})
    return {"volumes": found_volumes, "volumeMounts": mounts, "secrets": list(secrets.values())}


def _set(env: dict[str, Document], name: str, value: str) -> None:
    env[name] = {"name": name, "value": value}


def _volume_name(name: str, kind: str) -> str:
    """A volume of this ConfigMap or Secret: names of volumes are shorter and have no dots."""
    suffix = "vol" if kind == "configMap" else "secret-vol"
    if len(name) <= 50 and "." not in name:
        return f"{name}-{suffix}"
    return f"{name[:40].replace('.', '-').rstrip('-')}-{sha256(name.encode()).hexdigest()[:8]}-{suffix}"


def _template(role: Role, source: Source, found: Document) -> Document:
    """The user's template, and over it the fields of a pod that a SparkJob has no field for."""
    document: Document = deepcopy(source.take("template", {}))
    spec: Document = dict(document.get("spec") or {})
    for key in _POD_SPEC:
        if (value := source.take(key)) is not None:
            spec[key] = [*(spec.get(key) or []), *value] if isinstance(value, list) else value
    if spec.get("hostNetwork"):
        spec.setdefault("dnsPolicy", "ClusterFirstWithHostNet")
        source.note(("hostNetwork",), "the operator refuses it: it breaks Pod Security `restricted`")
    if context := _security(source, "podSecurityContext"):
        spec["securityContext"] = context
    container = _container(role, source, found)
    containers: list[Document] = list(spec.get("containers") or [])
    if container:
        main = next((c for c in containers if c.get("name") == _CONTAINERS[role]), None)
        main = main or next(iter(containers), None) or {"name": _CONTAINERS[role]}
        containers = [{**main, **container}, *(c for c in containers if c is not main)]
    if sidecars := source.take("sidecars"):
        containers = [*(containers or [{"name": _CONTAINERS[role]}]), *sidecars]
    if containers:
        spec["containers"] = containers
    return {**document, "spec": spec} if spec else document


def _container(role: Role, source: Source, found: Document) -> Document:
    """Fields of Spark's own container."""
    container: Document = {key: source.take(key) for key in _CONTAINER if key in source}
    if context := _security(source, "securityContext"):
        container["securityContext"] = context
    gpu = source.part("gpu")
    name, quantity = gpu.take("name", ""), gpu.take("quantity", 0)
    vendor, _, resource = name.rpartition("/")
    if quantity > 0 and vendor and resource == "gpu":
        found["gpu"] = {"vendor": vendor, "quantity": quantity}
    elif quantity > 0 and name:
        container["resources"] = {"limits": {name: quantity}}
    elif name or quantity:
        source.tell(("gpu",), "a GPU needs a name and a quantity above 0")
    return container


def _security(source: Source, key: str) -> Document:
    """A security context without what the operator takes out of every pod."""
    context: Document = dict(source.take(key, {}))
    for field, refused in (
        ("privileged", context.get("privileged") is True),
        ("allowPrivilegeEscalation", context.get("allowPrivilegeEscalation") is True),
        ("runAsUser", context.get("runAsUser") == 0),
        ("runAsNonRoot", context.get("runAsNonRoot") is False),
        ("seccompProfile", (context.get("seccompProfile") or {}).get("type") == "Unconfined"),
    ):
        if refused:
            del context[field]
            source.tell((key, field), _RESTRICTED)
    added = (context.get("capabilities") or {}).get("add") or []
    if refused_rights := [right for right in added if right != "NET_BIND_SERVICE"]:
        source.tell((key, "capabilities", "add"), f"{', '.join(refused_rights)}: {_RESTRICTED}")
        kept = [right for right in added if right not in refused_rights]
        context["capabilities"] = {**context["capabilities"], "add": kept}
    return context
