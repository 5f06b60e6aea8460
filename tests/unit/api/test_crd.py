from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from emberlake.api.crd import definition
from emberlake.api.v1alpha1 import KINDS
from emberlake.api.v1alpha1.common import Resource

GENERATED = Path(__file__).parents[3] / "charts/emberlake/files/crds"


def nodes(schema: dict[str, Any], path: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    yield path, schema
    for name, child in schema.get("properties", {}).items():
        yield from nodes(child, f"{path}.{name}")
    for inner in ("items", "additionalProperties"):
        if isinstance(schema.get(inner), dict):
            yield from nodes(schema[inner], f"{path}[]")


def schema_of(resource: type[Resource]) -> dict[str, Any]:
    found: dict[str, Any] = definition(resource)["spec"]["versions"][0]["schema"]["openAPIV3Schema"]
    return found


@pytest.mark.parametrize("resource", KINDS, ids=lambda r: r.kind)
def test_the_schema_is_structural(resource: type[Resource]) -> None:
    for path, node in nodes(schema_of(resource)):
        assert "type" in node, path
        assert not {"$ref", "$defs", "anyOf", "allOf", "title", "const"} & set(node), path


@pytest.mark.parametrize("resource", KINDS, ids=lambda r: r.kind)
def test_every_field_of_spec_is_bounded_and_explained(resource: type[Resource]) -> None:
    for path, node in nodes(schema_of(resource)["properties"]["spec"]):
        if node["type"] == "string" and "enum" not in node:
            assert "maxLength" in node, path
        if node["type"] == "array":
            assert "maxItems" in node, path
        if isinstance(node.get("additionalProperties"), dict):
            assert "maxProperties" in node, path
        if not path.endswith("[]"):
            assert node.get("description"), path


@pytest.mark.parametrize("resource", KINDS, ids=lambda r: r.kind)
def test_the_definition_stays_below_100_kilobytes(resource: type[Resource]) -> None:
    assert len(yaml.safe_dump(definition(resource))) < 100_000


@pytest.mark.parametrize("resource", KINDS, ids=lambda r: r.kind)
def test_the_chart_holds_what_the_models_say(resource: type[Resource]) -> None:
    generated = yaml.safe_load((GENERATED / f"{resource.plural}.emberlake.dev.yaml").read_text())
    assert generated == definition(resource), "run: make generate"
