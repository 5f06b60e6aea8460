"""The structural schemas of the CRDs, and the fields that a change can be made to."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from emberlake.api.crd import schema
from emberlake.api.v1alpha1.common import Resource

Schema = dict[str, Any]
# Steps into a document: a field's name, or one of these two.
ITEM, VALUE = "[]", "{}"
KEY = "a-key"


@dataclass(frozen=True)
class Field:
    """A place in a spec."""

    path: tuple[str, ...]
    schema: Schema
    required: bool

    @property
    def written(self) -> str:
        """The path as the API server writes it, for the first item of lists and the key of maps used here."""
        text = "spec"
        for step in self.path:
            text += {ITEM: "[0]", VALUE: f".{KEY}"}.get(step, f".{step}")
        return text


def spec_schema(resource: type[Resource]) -> Schema:
    """The schema of a kind's spec, as its CRD has it."""
    return schema(resource.spec_model)


def fields(node: Schema, path: tuple[str, ...] = ()) -> Iterator[Field]:
    """Every field below `node`, parents first."""
    for name, child in node.get("properties", {}).items():
        yield Field((*path, name), child, name in node.get("required", ()))
        yield from fields(child, (*path, name))
    for step, key in ((ITEM, "items"), (VALUE, "additionalProperties")):
        if isinstance(child := node.get(key), dict):
            yield Field((*path, step), child, required=False)
            yield from fields(child, (*path, step))


def is_open(node: Schema) -> bool:
    """Whether the CRD passes the object on without knowing what may stand in it."""
    return bool(node.get("x-kubernetes-preserve-unknown-fields"))
