"""CustomResourceDefinitions from the models: structural schemas as apiextensions/v1 wants them.

Pydantic emits references, nullable unions and titles, which structural schemas forbid
(KEP-1693 and the apiextensions validation); here references are inlined and unions with null collapsed.
"""

import sys
from pathlib import Path
from typing import Any

import yaml

from emberlake.api import GROUP, VERSION
from emberlake.api.v1alpha1 import KINDS
from emberlake.api.v1alpha1.common import Model, Resource, Rule

_DROPPED = ("title", "additionalProperties", "$defs")
NAME_RULE = Rule(
    rule="self.metadata.name.size() <= 50",
    message="metadata.name must be at most 50 characters: the names of pods are made from it",
)


def definition(resource: type[Resource]) -> dict[str, Any]:
    """The CustomResourceDefinition of a kind, as a manifest."""
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"{resource.plural}.{GROUP}"},
        "spec": {
            "group": GROUP,
            "scope": "Namespaced",
            "names": _names(resource),
            "versions": [_version(resource)],
        },
    }


def _names(resource: type[Resource]) -> dict[str, Any]:
    singular = resource.kind.lower()
    found: dict[str, Any] = {
        "kind": resource.kind,
        "listKind": f"{resource.kind}List",
        "plural": resource.plural,
        "singular": singular,
        "categories": ["emberlake"],
    }
    # The API server drops an empty list, which would be a difference for ever in GitOps tools.
    return found if resource.short_name == singular else {**found, "shortNames": [resource.short_name]}


def _version(resource: type[Resource]) -> dict[str, Any]:
    subresources: dict[str, Any] = {"status": {}}
    if resource.scale:
        subresources["scale"] = {
            "specReplicasPath": resource.scale.spec_path,
            "statusReplicasPath": resource.scale.status_path,
            "labelSelectorPath": resource.scale.selector_path,
        }
    return {
        "name": VERSION,
        "served": True,
        "storage": True,
        "schema": {"openAPIV3Schema": _root(resource)},
        "subresources": subresources,
        "additionalPrinterColumns": [
            {
                "name": column.name,
                "type": column.type,
                "jsonPath": column.path,
                **({"priority": column.priority} if column.priority else {}),
            }
            for column in resource.columns
        ],
    }


def _root(resource: type[Resource]) -> dict[str, Any]:
    return {
        "type": "object",
        "description": resource.description,
        "required": ["spec"],
        "properties": {
            "apiVersion": {"type": "string"},
            "kind": {"type": "string"},
            "metadata": {"type": "object"},
            "spec": schema(resource.spec_model),
            "status": schema(resource.status_model),
        },
        "x-kubernetes-validations": [_rule(rule) for rule in (NAME_RULE, *resource.root_rules)],
    }


def schema(model: type[Model]) -> dict[str, Any]:
    """The structural schema of a model."""
    raw = model.model_json_schema(by_alias=True)
    models = {cls.__name__: cls for cls in _subclasses(Model)}
    return _structural({**raw, "$model": model.__name__}, raw.get("$defs", {}), models)


def _subclasses(cls: type[Model]) -> list[type[Model]]:
    found = []
    for sub in cls.__subclasses__():
        found += [sub, *_subclasses(sub)]
    return found


def _structural(node: dict[str, Any], defs: dict[str, Any], models: dict[str, type[Model]]) -> dict[str, Any]:
    node = dict(node)
    if ref := node.pop("$ref", None):
        name = ref.rsplit("/", 1)[-1]
        node = {**defs[name], **node, "$model": name}
    if options := node.pop("anyOf", None):
        (option,) = [o for o in _flat(options) if o.get("type") != "null"] or [{}]
        node.pop("default", None)
        found = _structural({**option, **node}, defs, models)
        # An optional object that is left out stays out.
        if found.get("default") == {}:
            del found["default"]
        return found
    model = models.get(node.pop("$model", ""))
    if "const" in node:
        node["enum"] = [node.pop("const")]
    values = node.get("additionalProperties")
    out = {key: value for key, value in node.items() if key not in _DROPPED}
    if isinstance(values, dict):
        out["additionalProperties"] = _structural(values, defs, models)
    elif "patternProperties" in out or "propertyNames" in out:
        out.pop("propertyNames", None)
    if "properties" in out:
        out["properties"] = {
            name: _structural(child, defs, models) for name, child in out["properties"].items()
        }
    if "items" in out:
        out["items"] = _structural(out["items"], defs, models)
    out.pop("propertyNames", None)
    return _finish(out, model)


def _flat(options: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """One option per type: literals of a union become one enum."""
    enums = [option for option in options if "enum" in option or "const" in option]
    if len(enums) < 2:
        return options
    values = [value for option in enums for value in option.get("enum", [option.get("const")])]
    return [*[option for option in options if option not in enums], {"type": "string", "enum": values}]


def _finish(out: dict[str, Any], model: type[Model] | None) -> dict[str, Any]:
    if out.get("type") == "array" and "x-kubernetes-list-map-keys" in out:
        out["x-kubernetes-list-type"] = "map"
    if model and model.preserve_unknown:
        out.update({"type": "object", "x-kubernetes-preserve-unknown-fields": True})
        if not out.get("properties"):
            out.pop("properties", None)
    if model and model.cel:
        out["x-kubernetes-validations"] = [_rule(rule) for rule in model.cel]
    if (
        out.get("type") == "object"
        and "properties" in out
        and "default" not in out
        and not out.get("required")
        and (model is None or model.defaulted)
    ):
        out["default"] = {}
    if out.get("default") is None:
        out.pop("default", None)
    return out


def _rule(rule: Rule) -> dict[str, str]:
    found = {"rule": rule.rule, "message": rule.message}
    return {**found, "fieldPath": rule.field_path} if rule.field_path else found


def main(folder: str) -> None:
    """Write one YAML file per kind into `folder`."""
    for resource in KINDS:
        path = Path(folder) / f"{resource.plural}.{GROUP}.yaml"
        path.write_text(yaml.safe_dump(definition(resource), sort_keys=False, width=110))


if __name__ == "__main__":
    main(sys.argv[1])
