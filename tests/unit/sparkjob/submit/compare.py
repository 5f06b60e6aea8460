"""What spark-submit sent and what Emberlake builds, field by field."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from kubernetes.utils.quantity import parse_quantity

from unit.sparkjob.submit.executors import executor
from unit.sparkjob.submit.normal import normal

ABSENT = "absent"
Leaves = dict[str, Any]

# By what the items of a list are told apart; items of other lists by their place.
_IDENTITY = {
    "containers": "name",
    "env": "name",
    "imagePullSecrets": "name",
    "initContainers": "name",
    "ports": "name",
    "tolerations": "key",
    "volumeMounts": "mountPath",
    "volumes": "name",
}
# What the API server fills in where nothing is said.
_API_DEFAULTS = (
    ("fieldRef.apiVersion", "v1"),
    ("mode", 420),
    ("protocol", "TCP"),
    ("readOnly", False),
    ("hostPath.type", ""),
    ("emptyDir.medium", ""),
    ("subPath", ""),
    ("subPathExpr", ""),
)
_QUANTITIES = ("cpu", "memory", "ephemeral-storage", "sizeLimit", "storage")


@dataclass(frozen=True)
class Difference:
    """One field that differs."""

    path: str
    theirs: Any
    ours: Any

    def __str__(self) -> str:
        return f"{self.path}\n    spark-submit: {self.theirs!r}\n    Emberlake:    {self.ours!r}"


def differences(theirs: Mapping[str, Any], ours: Mapping[str, Any]) -> list[Difference]:
    """Every field that differs between two views."""
    left, right = leaves(theirs), leaves(ours)
    pairs = {path: (left.get(path, ABSENT), right.get(path, ABSENT)) for path in sorted({*left, *right})}
    return [Difference(path, *pair) for path, pair in pairs.items() if pair[0] != pair[1]]


def view_of_submit(golden: Mapping[str, Any]) -> dict[str, Any]:
    """The view of a golden."""
    written = golden["written"]
    driver = next(document for document in written if document["kind"] == "Pod")
    conf = next(document for document in written if "spark.properties" in document.get("data", {}))
    claims = {d["metadata"]["name"]: d for d in written if d["kind"] == "PersistentVolumeClaim"}
    volumes = [_with_claim(volume, claims) for volume in driver["spec"]["volumes"]]
    driver = {**driver, "spec": {**driver["spec"], "volumes": volumes}}
    return _view(written, driver, conf, conf["data"]["spark.properties"], golden["executor"])


def _with_claim(volume: Mapping[str, Any], claims: Mapping[str, Mapping[str, Any]]) -> Mapping[str, Any]:
    """A volume whose claim was made with it, written as the volume of a pod that makes its own claim."""
    claim = claims.get(volume.get("persistentVolumeClaim", {}).get("claimName", ""))
    if claim is None:
        return volume
    template = {"metadata": {"labels": claim["metadata"]["labels"]}, "spec": claim["spec"]}
    return {"name": volume["name"], "ephemeral": {"volumeClaimTemplate": template}}


def view_of_ours(written: Sequence[Mapping[str, Any]], version: str) -> dict[str, Any]:
    """The view of built objects, with the names that change from attempt to attempt replaced.

    Args:
        written: in the order of creation.
        version: of Spark.
    """
    documents = normal(written)
    found = {document["kind"]: document for document in documents}
    data = found["ConfigMap"]["data"]
    properties = data["spark.properties"]
    made = executor(properties, data["pod-spec-template.yml"], version)
    return _view(documents, found["Pod"], found["ConfigMap"], properties, made)


def executor_view(first_executor: Mapping[str, Any]) -> dict[str, Any]:
    """The view of an executor as the goldens hold it."""
    pod = _pod(first_executor["pod"])
    return {**pod, "options": first_executor["options"], "claims": first_executor["claims"]}


def _view(
    written: Sequence[Mapping[str, Any]],
    driver: Mapping[str, Any],
    conf: Mapping[str, Any],
    properties: Mapping[str, str],
    first_executor: Mapping[str, Any],
) -> dict[str, Any]:
    return {
        "objects": ", ".join(document["kind"] for document in written),
        "driver": _pod(driver),
        "configMap": {
            "metadata": conf["metadata"],
            "immutable": conf["immutable"],
            "files": dict.fromkeys(conf["data"], "present"),
        },
        "properties": properties,
        "executor": executor_view(first_executor),
    }


def _pod(document: Mapping[str, Any]) -> dict[str, Any]:
    """Metadata and spec of a pod; Spark's container is called `spark` in paths, whatever its name."""
    containers = [
        {**container, "name": "spark", "ownName": container["name"]}
        if {"driver", "executor"} & set(container.get("args", []))
        else container
        for container in document["spec"]["containers"]
    ]
    return {"metadata": document["metadata"], "spec": {**document["spec"], "containers": containers}}


def leaves(document: Mapping[str, Any]) -> Leaves:
    """The single values of a document by path; empty lists and maps do not count, but `emptyDir: {}` does."""
    found = dict(_leaves(document, "", ""))
    return {path: value for path, value in found.items() if not _is_api_default(path, value)}


def _leaves(value: Any, path: str, key: str) -> Iterator[tuple[str, Any]]:
    if key == "emptyDir":
        yield path, "present"
    if isinstance(value, Mapping):
        for name, item in value.items():
            yield from _leaves(item, _joined(path, name), name)
    elif isinstance(value, list):
        for name, item in _named(key, value):
            yield from _leaves(item, f"{path}[{name}]", "")
    elif value is not None:
        yield path, _canonical(path, key, value)


def _canonical(path: str, key: str, value: Any) -> Any:
    if key in _QUANTITIES:
        return f"{parse_quantity(value).normalize():f}"  # type: ignore[no-untyped-call]
    # Spark spreads its files over all of them.
    return ",".join(sorted(value.split(","))) if path.endswith("[SPARK_LOCAL_DIRS].value") else value


def _joined(path: str, name: str) -> str:
    if not path:
        return name
    return f"{path}.{name}" if name.isidentifier() else f"{path}[{name}]"


def _named(key: str, items: list[Any]) -> Iterator[tuple[str, Any]]:
    identity = _IDENTITY.get(key)
    seen: Counter[str] = Counter()
    for index, item in enumerate(items):
        if identity is None or identity not in item:
            yield str(index), item
            continue
        name = item[identity]
        seen[name] += 1
        rest = {other: value for other, value in item.items() if other != identity}
        yield name if seen[name] == 1 else f"{name}, again", rest or "present"


def _is_api_default(path: str, value: Any) -> bool:
    return any(path.endswith(f".{key}") and value == default for key, default in _API_DEFAULTS)
