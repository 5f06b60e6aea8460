"""Changes of a spec: one field at a time, to a value that its schema allows or to one that it forbids."""

import copy
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st

from faults.walks.invalid import invalid, takes_unknown
from faults.walks.schema import ITEM, KEY, VALUE, Field, Schema, fields, is_open
from faults.walks.values import plain, valid

REMOVED = "<removed>"
_UNKNOWN = "nonsense"


@dataclass(frozen=True)
class Change:
    """One field gets another value; `breaks` names the rule of the schema that the value breaks."""

    field: Field
    value: Any
    breaks: str = ""

    @property
    def told(self) -> str:
        """What a refusal has to name."""
        return f"{self.field.written}.{_UNKNOWN}" if self.breaks == "unknown" else self.field.written

    @property
    def is_open(self) -> bool:
        """Whether it reaches into what Emberlake passes on to Kubernetes."""
        return is_open(self.field.schema)

    def __repr__(self) -> str:
        text = repr(self.value)
        shown = text if len(text) < 200 else f"{text[:200]}… ({len(text)} characters)"
        return f"{self.field.written} = {shown}" + (f"  # breaks {self.breaks}" if self.breaks else "")


def allowed(root: Schema) -> st.SearchStrategy[Change]:
    """A change that the schema allows; rules across fields may still refuse it."""
    return st.one_of([_allowed(field) for field in fields(root)])


def _allowed(field: Field) -> st.SearchStrategy[Change]:
    changed = valid(field.schema, field.path).map(lambda value: Change(field, value))
    removable = not field.required and field.path[-1] not in {ITEM, VALUE}
    return changed | st.just(Change(field, REMOVED)) if removable else changed


def forbidden(root: Schema) -> st.SearchStrategy[Change]:
    """A change that the schema forbids."""
    return st.one_of([option for field in fields(root) for option in _forbidden(field)])


def _forbidden(field: Field) -> Iterator[st.SearchStrategy[Change]]:
    for rule, values in invalid(field):
        yield values.map(lambda value, rule=rule: Change(field, value, rule))
    if field.required:
        yield st.just(Change(field, REMOVED, "required"))
    if takes_unknown(field.schema):
        yield valid(field.schema, field.path).map(lambda v: Change(field, {**v, _UNKNOWN: 1}, "unknown"))


def change(root: Schema, spec: dict[str, Any], made: Change) -> dict[str, Any]:
    """A copy of `spec` with the change made; parents that are missing are made with what they must have."""
    found = copy.deepcopy(spec)
    node: Any = found
    schema = root
    *parents, last = made.field.path
    for step, following in zip(parents, made.field.path[1:], strict=True):
        schema = _below(schema, step)
        node = _enter(node, step, schema, following)
    _put(node, last, made.value)
    return found


def _below(schema: Schema, step: str) -> Schema:
    found: Schema = {
        ITEM: lambda: schema["items"],
        VALUE: lambda: schema["additionalProperties"],
    }.get(step, lambda: schema["properties"][step])()
    return found


def _enter(node: Any, step: str, schema: Schema, following: str) -> Any:
    key: Any = {ITEM: 0, VALUE: KEY}.get(step, step)
    missing = not node if step == ITEM else not isinstance(node.get(key), list | dict)
    if missing:
        fresh = [] if following == ITEM else plain(schema)
        if step == ITEM:
            node.append(fresh)
        else:
            node[key] = fresh
    return node[key]


def _put(node: Any, step: str, value: Any) -> None:
    key: Any = {ITEM: 0, VALUE: KEY}.get(step, step)
    if value == REMOVED and isinstance(value, str):
        node.pop(key, None)
    elif step == ITEM:
        node[:1] = [value]
    else:
        node[key] = value
