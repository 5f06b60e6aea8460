"""Values that a schema forbids, each with the rule that it breaks."""

import re
from collections.abc import Iterator
from typing import Any

from hypothesis import strategies as st

from faults.walks.schema import ITEM, Field, Schema, is_open
from faults.walks.values import valid

Broken = tuple[str, st.SearchStrategy[Any]]
_WRONG: dict[str, tuple[Any, ...]] = {
    "string": (7, True, [], {}),
    "integer": ("1", 1.5, True, [], {}),
    "number": ("1", True, [], {}),
    "boolean": ("true", 1, []),
    "array": ("x", {}, 3),
    "object": ("x", [], 3),
}


def invalid(field: Field) -> Iterator[Broken]:
    """Every way in which the schema of `field` can be broken."""
    node = field.schema
    yield "type", st.sampled_from(_WRONG[node["type"]])
    if "enum" in node:
        yield "enum", st.sampled_from(("", "Other", node["enum"][0].lower()))
    if "minimum" in node:
        yield "minimum", st.integers(-(2**53), node["minimum"] - 1)
    if "maximum" in node:
        yield "maximum", st.integers(node["maximum"] + 1, 2**53)
    if "maxLength" in node and "enum" not in node:
        yield "maxLength", st.just("x" * (node["maxLength"] + 1))
    if node.get("minLength"):
        yield "minLength", st.just("")
    if pattern := node.get("pattern"):
        yield "pattern", _unlike(pattern)
    if node["type"] == "array":
        yield from _lists(field)
    if "maxProperties" in node:
        yield "maxProperties", st.just({f"key-{n}": "x" for n in range(node["maxProperties"] + 1)})


def _lists(field: Field) -> Iterator[Broken]:
    node = field.schema
    item = valid(node["items"], (*field.path, ITEM))
    if node.get("minItems"):
        yield "minItems", st.just([])
    if "maxItems" in node:
        yield "maxItems", item.map(lambda one: [_numbered(one, n, node) for n in range(node["maxItems"] + 1)])
    if "x-kubernetes-list-map-keys" in node:
        yield "duplicate", item.map(lambda one: [one, one])


def _numbered(item: Any, number: int, node: Schema) -> Any:
    """`item`, or in a list that is a map one with a key of its own."""
    keys = node.get("x-kubernetes-list-map-keys")
    return {**item, keys[0]: f"n-{number}"} if keys else item


def _unlike(pattern: str) -> st.SearchStrategy[str]:
    whole = re.compile(pattern.removeprefix("^").removesuffix("$"), re.ASCII)
    # What \\s means beyond these is not the same to Python and to the API server.
    letters = st.characters(min_codepoint=32, max_codepoint=126) | st.sampled_from("\n\té")
    near = st.from_regex(pattern, fullmatch=True, alphabet=letters).flatmap(
        lambda text: st.sampled_from(
            (text + "\n", " " + text, text + " ", text.upper(), text[1:], text + "é")
        )
    )
    found = near | st.text(letters, max_size=10)
    return found.filter(lambda text: len(text) < 16 and not whole.fullmatch(text))


def takes_unknown(node: Schema) -> bool:
    """Whether an unknown field in it is refused."""
    return "properties" in node and not is_open(node)
