"""YAML in and out: keys that stand twice are refused, text that looks like a number is quoted."""

import re
from typing import Any

import yaml

from emberlake.cli.errors import UsageError


class _StrictLoader(yaml.SafeLoader):
    """Refuses what plain YAML would silently drop."""


def _mapping(loader: _StrictLoader, node: yaml.MappingNode) -> dict[Any, Any]:
    seen: set[str] = set()
    for key in (key for key, _ in node.value if isinstance(key, yaml.ScalarNode)):
        if key.value in seen:
            raise yaml.constructor.ConstructorError(
                problem=f"key {key.value!r} stands twice", problem_mark=key.start_mark
            )
        seen.add(key.value)
    loader.flatten_mapping(node)
    return loader.construct_mapping(node, deep=True)


_StrictLoader.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, _mapping)


def _scalar(loader: _StrictLoader, node: yaml.ScalarNode) -> Any:
    return loader.construct_scalar(node)


# Times stay the text that they are, as in JSON.
_StrictLoader.add_constructor("tag:yaml.org,2002:timestamp", _scalar)


def load_documents(text: str, source: str) -> list[dict[str, Any]]:
    """The objects of a YAML or JSON text; a List gives its items.

    Raises:
        UsageError: names `source` and the line when the text is no YAML, or holds something else.
    """
    try:
        documents = [found for found in yaml.load_all(text, Loader=_StrictLoader) if found is not None]
    except yaml.YAMLError as error:
        raise UsageError(f"{source}: {_reason(error)}") from error
    items = [item for found in documents for item in _items(found)]
    if not items or not all(isinstance(item, dict) for item in items):
        raise UsageError(f"{source} holds no Kubernetes object: write apiVersion, kind, metadata and spec")
    return items


def _items(document: Any) -> list[Any]:
    if isinstance(document, dict) and str(document.get("kind", "")).endswith("List"):
        return list(document.get("items") or [])
    return [document]


def _reason(error: yaml.YAMLError) -> str:
    mark = getattr(error, "problem_mark", None)
    where = f"line {mark.line + 1}: " if mark else ""
    return where + str(getattr(error, "problem", None) or error)


class _Dumper(yaml.SafeDumper):
    """Writes as people do."""

    def ignore_aliases(self, _data: Any) -> bool:
        """Write things that stand twice twice."""
        return True


# Line breaks of Unicode: plain and block text would turn them into blanks.
_BREAKS = re.compile("[\x85\u2028\u2029]")


def _text(dumper: _Dumper, value: str) -> yaml.ScalarNode:
    style = '"' if _is_number(value) or _BREAKS.search(value) else "|" if "\n" in value else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", value, style=style)


def _is_number(text: str) -> bool:
    """Whether some reader takes the text for a number: PyYAML leaves 1e3 bare, Go reads it as 1000."""
    try:
        float(text)
    except ValueError:
        return False
    return True


_Dumper.add_representer(str, _text)


def dump(document: Any) -> str:
    """Block YAML in the document's own order; text of several lines as a literal block."""
    text: str = yaml.dump(
        document, Dumper=_Dumper, sort_keys=False, default_flow_style=False, allow_unicode=True, width=110
    )
    return text
