"""Values for the fields of a spec: ones that its schema allows, and ones that it forbids."""

import copy
import re
from typing import Any

from hypothesis import strategies as st

from emberlake.api.quantity import CPU_PATTERN, DURATION_PATTERN, MEMORY_PATTERN
from faults.walks.kubernetes import PASSED, junk, passed
from faults.walks.schema import ITEM, VALUE, Schema, is_open

# Values that mean something, or lie at an edge, by the pattern of their type; the first is a plain one.
_BY_PATTERN: dict[str, tuple[str, ...]] = {
    MEMORY_PATTERN: ("2Gi", "1k", "1Mi", "512Mi", "1g", "2G", "16Gi", "9t", "99999999999999Ti"),
    CPU_PATTERN: ("250m", "1m", "0.5", "1", "0.000", "64", "999999999999.999", "999999999999999m"),
    DURATION_PATTERN: ("15m", "1s", "90s", "2h", "7d", "999999999999999s", "999999999999999d"),
    r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?$": ("keys", "0", "x" * 63),
    r"^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$": ("nvidia.com", "a..b"),
    r"^[a-z][a-z0-9_]*$": ("raw", "system", "spark_catalog", "default", "x" * 63),
    r"^[a-z0-9_]*$": ("raw_", ""),
    r"^s3a?://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](/.*)?$": (
        "s3://lake/raw/",
        "s3a://lake/",
        "s3://lake",
        "s3://lake//",
    ),
    r"^thrift://[A-Za-z0-9.-]+:[0-9]{1,5}$": ("thrift://127.0.0.1:9", "thrift://-:0", "thrift://a..b:99999"),
    r"^https?://[A-Za-z0-9.-]+(:[0-9]{1,5})?$": ("http://127.0.0.1:9", "https://-", "http://x:99999"),
    r"^https?://[^,\s]+$": ("https://repo.example.com/maven", "http://{", "https://["),
    r"^[^:,\s]+:[^:,\s]+:[^:,\s]+$": ("com.acme:rules:1.2", "*:*:*"),
    r"^[^:,\s]+:[^:,\s]+$": ("com.acme:rules", "*:*"),
    r"^\S+(\s+\S+){4}$": ("*/5 * * * *",),
    r"^(s3a?|local|https?|file|hdfs|gs|abfss?|ftp)://?.+$": (
        "s3://lake/jobs/a.py",
        "local:///opt/a.py",
        "file:/a,b",
    ),
    r"^[A-Za-z0-9][^\n]*$": ("requests==2.32", "a @ file:///etc", "b; python_version < '3'"),
    r"^(0?\.[0-9]{1,4}|[1-9][0-9]?(\.[0-9]{1,4})?)$": ("0.2", "0.0", ".0000", "99.9999"),
    r"^/.*$": ("/data", "/"),
    r"^[A-Za-z0-9][A-Za-z0-9_.-]*$": ("nginx-access", "0", "x.y_z"),
    r"^(binary|boolean|date|decimal\([0-9]{1,2},[0-9]{1,2}\)|double|float|bigint|int|smallint"
    r"|tinyint|string|timestamp)$": ("int", "decimal(10,2)", "decimal(99,99)", "timestamp"),
    r"^[^\s<>/]+$": ("row", "ns:row", "\u00e9", "&"),
    r"^\$.*$": ("$", "$[*]", "$.items[*]", "$..", "$["),
}
# The same by the last name in the path: references to what is there and to what is not, and the like.
_BY_NAME = {
    "catalog": ("lake", "prod", "no-such"),
    "catalogs": ("lake", "prod", "no-such", "lake"),
    "release": ("ember-1.0", "ember-0.1", ""),
    "cron": ("*/5 * * * *", "15 4 * * 1", "0 0 30 2 *", "61 * * * *", "a b c d e", "@ @ @ @ @"),
    "timeZone": ("UTC", "Europe/Berlin", "Mars/Olympus", "../../etc/passwd", "", "/etc/localtime"),
    "serviceAccountName": ("emberlake-driver", "no-such"),
    "priorityClassName": ("system-node-critical", "no-such"),
    "mountPath": ("/data", "/", "/a:b", "/opt/spark/conf", "/etc/../etc", "/data/", "//data"),
    "path": ("/data", "/", "/a:b", "/opt/spark/conf"),
    "host": ("ui.example.com", "no host", "*.example.com", ""),
    "image": ("acme/etl:1", "", " ", "a b", "{{SPARK_VERSION}}"),
    "sparkConf": ("", "true", "1", "0", "-1", "1g", "x", "a,b", "${env:HOME}", "line\nbreak"),
}
_KEYS = {
    "sparkConf": (
        "spark.executor.instances",
        "spark.executor.cores",
        "spark.driver.memory",
        "spark.driver.port",
        "spark.ui.port",
        "spark.dynamicAllocation.enabled",
        "spark.dynamicAllocation.maxExecutors",
        "spark.kubernetes.driver.label.a b",
        "spark.kubernetes.executor.label.team",
        "spark.kubernetes.driver.volumes.hostPath.h.mount.path",
        "spark.kubernetes.executor.volumes.nfs",
        "spark.kubernetes.driver.secrets.keys",
        "spark.kubernetes.driver.secretKeyRef.A",
        "spark.kubernetes.driverEnv.A",
        "spark.executorEnv.A B",
        "spark.memory.offHeap.enabled",
        "spark.executor.resource.gpu.amount",
        "spark.driver.memoryOverheadFactor",
        "spark.local.dir",
        "spark.kubernetes.local.dirs.tmpfs",
        "spark.master",
        "spark.app.name",
        "spark.kubernetes.container.image",
        "spark.kubernetes.driver.podTemplateFile",
        "",
    ),
    "labels": ("team", "example.com/team", "a b", "", "emberlake.dev/name", "spark-role", "/", "a/b/c"),
    "annotations": ("note", "example.com/note", "a b", "", "a/b/c"),
    "nodeSelector": ("disk", "a b", "kubernetes.io/arch"),
    "parameters": ("day", "a-b", ""),
}
_EXTRA = 3


def valid(node: Schema, path: tuple[str, ...]) -> st.SearchStrategy[Any]:
    """Values that the schema `node` at `path` allows."""
    if is_open(node):
        return _open(node, path)
    if node["type"] == "object":
        return _object(node, path) if "properties" in node else _map(node, path)
    return _BY_TYPE[node["type"]](node, path)


def name_of(path: tuple[str, ...]) -> str:
    """The last name in a path."""
    return next((step for step in reversed(path) if step not in {ITEM, VALUE}), "")


def _text(node: Schema, path: tuple[str, ...]) -> st.SearchStrategy[str]:
    if "enum" in node:
        return st.sampled_from(node["enum"])
    least, most = node.get("minLength", 0), node.get("maxLength", 64)
    pattern = node.get("pattern")
    known = (*_BY_NAME.get(name_of(path), ()), *(_BY_PATTERN[pattern] if pattern else ()))
    options = [text for text in known if least <= len(text) <= most and _matches(pattern, text)]
    found = [st.sampled_from(options)] if options else []
    letters = st.characters(min_codepoint=32, max_codepoint=126)
    if pattern:
        drawn = st.from_regex(pattern, fullmatch=True, alphabet=letters)
        found.append(drawn.filter(lambda text: least <= len(text) <= most))
    else:
        letters |= st.sampled_from("\n\té中\x7f")
        found += [st.text(letters, min_size=least, max_size=min(most, 12)), st.just("x" * most)]
    return st.one_of(found)


def _matches(pattern: str | None, text: str) -> bool:
    return pattern is None or re.search(pattern, text) is not None


def _list(node: Schema, path: tuple[str, ...]) -> st.SearchStrategy[list[Any]]:
    least = node.get("minItems", 0)
    keys = node.get("x-kubernetes-list-map-keys")
    unique = (lambda item: tuple(item.get(key) for key in keys)) if keys else None
    return st.lists(
        valid(node["items"], (*path, ITEM)),
        min_size=least,
        max_size=max(least, min(_EXTRA, node.get("maxItems", _EXTRA))),
        unique_by=unique,
    )


def _object(node: Schema, path: tuple[str, ...]) -> st.SearchStrategy[dict[str, Any]]:
    required, optional = (
        node.get("required", []),
        sorted(set(node["properties"]) - set(node.get("required", []))),
    )

    @st.composite
    def draw(draw: st.DrawFn) -> dict[str, Any]:
        chosen = draw(st.lists(st.sampled_from(optional), max_size=_EXTRA, unique=True)) if optional else []
        return {name: draw(valid(node["properties"][name], (*path, name))) for name in (*required, *chosen)}

    return draw()


def _map(node: Schema, path: tuple[str, ...]) -> st.SearchStrategy[dict[str, Any]]:
    keys = st.sampled_from(_KEYS.get(name_of(path), ("a.key", "", "a b")))
    return st.dictionaries(keys, valid(node["additionalProperties"], (*path, VALUE)), max_size=_EXTRA)


def _open(node: Schema, path: tuple[str, ...]) -> st.SearchStrategy[dict[str, Any]]:
    """An object of Kubernetes' own, or any other; the fields that Emberlake knows are as it wants them."""
    known = passed(PASSED[name_of(path)])
    odd = st.dictionaries(
        st.sampled_from(("value", "valueFrom", "spec", "metadata", "secret")), junk, max_size=2
    )
    properties = node.get("properties", {})
    own = st.fixed_dictionaries(
        {name: valid(properties[name], (*path, name)) for name in node.get("required", [])}
    )
    return st.tuples(known | odd, own).map(lambda pair: {**pair[0], **pair[1]})


def plain(node: Schema) -> Any:
    """The smallest value that `node` allows, with its defaults."""
    if "default" in node:
        return copy.deepcopy(node["default"])
    if node["type"] == "object":
        return {name: plain(node["properties"][name]) for name in node.get("required", [])}
    if node["type"] == "array":
        return [plain(node["items"]) for _ in range(node.get("minItems", 0))]
    if node["type"] == "string":
        return _plain_text(node)
    return node.get("minimum", 0) if node["type"] in ("integer", "number") else False


def _plain_text(node: Schema) -> str:
    if "pattern" in node:
        return _BY_PATTERN[node["pattern"]][0]
    return str(node["enum"][0]) if "enum" in node else "a"


def _number(node: Schema, _: tuple[str, ...]) -> st.SearchStrategy[int]:
    return st.integers(node.get("minimum", -(2**31)), node.get("maximum", 2**31 - 1))


def _fraction(node: Schema, _: tuple[str, ...]) -> st.SearchStrategy[float]:
    return st.floats(node.get("minimum", -1e6), node.get("maximum", 1e6))


def _switch(_: Schema, __: tuple[str, ...]) -> st.SearchStrategy[bool]:
    return st.booleans()


_BY_TYPE = {"string": _text, "integer": _number, "number": _fraction, "boolean": _switch, "array": _list}
