"""Values of Kubernetes' own types, from the OpenAPI document that the API server publishes."""

import functools
import json
from typing import Any

from demo import kube
from hypothesis import strategies as st

_DEPTH = 6
_NUMBERS = st.integers(-1, 70000)
_WORDS = (
    "",
    "a",
    "data",
    "spark-kubernetes-driver",
    "ClusterFirst",
    "Always",
    "/data",
    "no such thing",
    "1Gi",
)
# What Emberlake passes on, by the last step of its path in a spec.
PASSED = {
    "template": "PodTemplateSpec",
    "env": "EnvVar",
    "envFrom": "EnvFromSource",
    "volumes": "Volume",
    "volumeMounts": "VolumeMount",
    "tolerations": "Toleration",
    "affinity": "Affinity",
}

junk = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 3) | st.sampled_from(_WORDS),
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.dictionaries(st.sampled_from(("name", "spec", "value", "metadata")), inner, max_size=2)
    ),
    max_leaves=4,
)


@functools.cache
def _types() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(kube.kubectl("get", "--raw", "/openapi/v3/api/v1"))["components"][
        "schemas"
    ]
    return found


def passed(name: str) -> st.SearchStrategy[Any]:
    """Mostly well-typed values of a core/v1 type, small ones; not all make sense together."""
    return _reference(f"io.k8s.api.core.v1.{name}", 0)


@functools.cache
def _reference(name: str, depth: int) -> st.SearchStrategy[Any]:
    return st.deferred(lambda: _value(_types()[name], depth))


def _value(node: dict[str, Any], depth: int) -> st.SearchStrategy[Any]:
    for option in (node, *node.get("allOf", ())):
        if "$ref" in option:
            return _reference(option["$ref"].rsplit("/", 1)[-1], depth)
    if options := node.get("oneOf"):
        return st.one_of([_value(option, depth) for option in options])
    if node.get("type") == "array":
        return st.lists(_value(node["items"], depth + 1), max_size=2 if depth < _DEPTH else 0)
    leaf = _leaf(node)
    return _object(node, depth) if leaf is None else leaf


def _leaf(node: dict[str, Any]) -> st.SearchStrategy[Any] | None:
    if node.get("type") == "string":
        return st.sampled_from((*node["enum"], "Other") if "enum" in node else _WORDS)
    return {
        "integer": st.integers(-1, 70000),
        "number": st.integers(-1, 70000),
        "boolean": st.booleans(),
    }.get(node.get("type", "object"))


def _object(node: dict[str, Any], depth: int) -> st.SearchStrategy[Any]:
    properties, required = node.get("properties", {}), node.get("required", [])
    if not properties:
        return st.dictionaries(
            st.sampled_from(("a", "emberlake.dev/name", "b c")), st.sampled_from(_WORDS), max_size=2
        )

    @st.composite
    def draw(draw: st.DrawFn) -> dict[str, Any]:
        optional = [name for name in properties if name not in required]
        chosen = draw(st.lists(st.sampled_from(optional), max_size=3, unique=True)) if optional else []
        if depth >= _DEPTH:
            chosen = []
        return {name: draw(_value(properties[name], depth + 1)) for name in (*required, *chosen)}

    return draw()
