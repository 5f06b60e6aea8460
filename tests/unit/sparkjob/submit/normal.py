"""Objects with tokens in place of the names that differ from attempt to attempt, and with files read."""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from copy import deepcopy
from typing import Any

import yaml

from unit.sparkjob.submit.javaproperties import load
from unit.sparkjob.submit.stub import is_first_executor

# The last of the options that Spark gives to every JVM.
_LAST_COMMON_OPTION = "--enable-native-access=ALL-UNNAMED"
_OPTION = "SPARK_JAVA_OPT_"
_FILES: Mapping[str, Callable[[str], Any]] = {
    "spark.properties": load,
    "podspec-configmap-key": yaml.safe_load,
    # Ours is JSON, which the faster reader takes too.
    "pod-spec-template.yml": lambda text: yaml.load(text, yaml.CSafeLoader),
}

Document = dict[str, Any]


def normal(written: Sequence[Mapping[str, Any]], others: Mapping[str, str] | None = None) -> list[Document]:
    """The objects that make a driver.

    Args:
        others: further texts and their tokens.
    """
    found: list[Document] = renamed(
        [_read(document) for document in written], {**(others or {}), **names(written)}
    )
    return found


def names(written: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """Names of an attempt and their tokens, longer ones first."""
    pod = next(document for document in written if document["kind"] == "Pod")
    conf = next(document for document in written if "spark.properties" in document.get("data", {}))
    return {
        conf["metadata"]["name"]: "{CONF}",
        pod["metadata"]["labels"]["spark-app-selector"]: "{APP_ID}",
        pod["metadata"]["name"].removesuffix("-driver"): "{PREFIX}",
    }


def renamed(documents: Any, tokens: Mapping[str, str]) -> Any:
    """A document with tokens in place of texts, and of random ids."""
    text = json.dumps(documents, ensure_ascii=False)
    for name, token in tokens.items():
        text = text.replace(name, token)
    text = re.sub(r"spark-exec-[0-9a-f]{16}-conf-map", "{EXECUTOR_CONF}", text)
    # The Service of an application whose name is too long for one.
    text = re.sub(r"spark-[0-9a-f]{16}-driver-svc", "spark-{UUID}-driver-svc", text)
    text = re.sub(r"spark-[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", "spark-{UUID}", text)
    return json.loads(text)


def first_executor(
    written: Sequence[Document], submitted: Sequence[Mapping[str, Any]], address: str
) -> Document:
    """Pod and claims of the first executor, normalised; its own JVM options apart.

    Args:
        written: by the driver.
        submitted: what made the driver.
        address: of the driver.
    """
    pod = next(document for document in written if is_first_executor(document))
    name = pod["metadata"]["name"].removesuffix("-exec-1")
    tokens = {address: "{POD_IP}", **names(submitted)}
    if re.search(r"-[0-9a-f]{16}$", name):
        tokens[name] = "{EXECUTORS}"
    if pod["metadata"]["name"].endswith(pod["spec"]["hostname"]):
        # What a host's name may be too long for.
        pod["spec"]["hostname"] = pod["metadata"]["name"]
    container = next(c for c in pod["spec"]["containers"] if c.get("args") == ["executor"])
    options = _take_options(container)
    _settle_local_dirs(container)
    claims = [
        document
        for document in written
        if document["kind"] == "PersistentVolumeClaim"
        and document["metadata"]["name"].startswith(f"{name}-exec-1-")
    ]
    result: Document = renamed({"pod": pod, "options": options, "claims": claims}, tokens)
    return result


def _read(document: Mapping[str, Any]) -> Document:
    found = deepcopy(dict(document))
    if "data" in found:
        data = found["data"].items()
        found["data"] = {key: _FILES[key](text) if key in _FILES else text for key, text in data}
    if found["kind"] == "Pod":
        main = next(
            container for container in found["spec"]["containers"] if "driver" in container.get("args", [])
        )
        _settle_local_dirs(main)
    return found


def _take_options(container: Document) -> list[str]:
    """Remove the variables with JVM options; those of this application alone."""
    numbered = {
        int(entry["name"].removeprefix(_OPTION)): entry["value"]
        for entry in container["env"]
        if entry["name"].startswith(_OPTION)
    }
    container["env"] = [entry for entry in container["env"] if not entry["name"].startswith(_OPTION)]
    options = [numbered[number] for number in sorted(numbered)]
    return sorted(options[options.index(_LAST_COMMON_OPTION) + 1 :])


def _settle_local_dirs(container: Document) -> None:
    """Put Spark's own local directories into the order of their paths: it shuffles them."""
    mounts = container["volumeMounts"]
    own = sorted(filter(_is_own_local_dir, mounts), key=lambda mount: str(mount["mountPath"]))
    numbered = sorted(mount["name"] for mount in own)
    places = iter([{**mount, "name": name} for mount, name in zip(own, numbered, strict=True)])
    container["volumeMounts"] = [next(places) if _is_own_local_dir(mount) else mount for mount in mounts]
    for entry in container["env"]:
        if entry["name"] == "SPARK_LOCAL_DIRS":
            entry["value"] = ",".join(sorted(entry["value"].split(",")))


def _is_own_local_dir(mount: Document) -> bool:
    return re.fullmatch(r"spark-local-dir-\d+", mount["name"]) is not None
