"""What a run came to, in a form that two runs can be compared in. Pure."""

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from faults.kinds import PLURALS
from faults.upstream import Object

State = dict[str, str]
Counts = dict[str, tuple[int, int]]

_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[.\d]*Z")
_UID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_APPLICATION = re.compile(r"spark-[0-9a-f]{32}")
_NODE = re.compile(r"faults-no-such-node-[0-9a-f]{8}")
_PORT = re.compile(r"127\.0\.0\.1:\d+")
# How long something took: a fault makes it longer.
_SPANS = ("suspendedSeconds",)
_UNREAD = ("resourceVersion", "managedFields", "uid", "generateName")
# Made by Kubernetes in every namespace.
_FOREIGN = "kube-root-ca.crt"


@dataclass(frozen=True)
class Masks:
    """Fields that differ between runs without any fault."""

    paths: frozenset[str]

    def hide(self, state: State) -> State:
        """The state without them."""
        return {path: value for path, value in state.items() if path not in self.paths}


def learn(states: Sequence[State]) -> Masks:
    """The fields in which runs of the same script differ."""
    paths = {path for state in states for path in state}
    first = states[0]
    return Masks(frozenset(p for p in paths if any(s.get(p) != first.get(p) for s in states)))


def state_of(objects: Iterable[Object], namespace: str) -> State:
    """All fields of all objects by their path; what is chance has a word in its place."""
    found: State = {}
    listed = [obj for obj in objects if obj["metadata"]["name"] != _FOREIGN]
    words = _words(listed, namespace)
    seen: Counter[str] = Counter()
    for obj in sorted(listed, key=_age):
        name = stable_name(obj)
        seen[name] += 1
        meta = {key: value for key, value in obj["metadata"].items() if key not in _UNREAD}
        meta["name"] = name
        for path, value in _flat({**obj, "metadata": meta}, f"{name}[{seen[name]}]"):
            if not path.endswith(_SPANS):
                found[path] = _plain(value, words)
    return found


def counts_of(history: Iterable[tuple[str, Object]]) -> Counts:
    """How often each object was created and deleted: pairs of ADDED or DELETED and the object."""
    created: Counter[str] = Counter()
    deleted: Counter[str] = Counter()
    for event, obj in history:
        if obj["metadata"]["name"] == _FOREIGN:
            continue
        if event == "ADDED":
            created[stable_name(obj)] += 1
        elif event == "DELETED":
            deleted[stable_name(obj)] += 1
    return {name: (created[name], deleted[name]) for name in sorted({*created, *deleted})}


def stable_name(obj: Object) -> str:
    """`plural/name`, without what Kubernetes made up."""
    meta = obj["metadata"]
    name = meta.get("generateName", meta["name"])
    if template := (meta.get("labels") or {}).get("pod-template-hash"):
        name = name.replace(template, "HASH")
    return f"{PLURALS.get(obj['kind'], obj['kind'])}/{name}"


def _age(obj: Object) -> tuple[str, str]:
    return obj["metadata"]["creationTimestamp"], obj["metadata"]["name"]


def _words(objects: Sequence[Object], namespace: str) -> dict[str, str]:
    """Texts of chance and what stands for them."""
    words = {namespace: "NAMESPACE"}
    for obj in objects:
        words[obj["metadata"]["uid"]] = f"UID({stable_name(obj)})"
        if "generateName" in obj["metadata"]:
            words[obj["metadata"]["name"]] = stable_name(obj)
        if template := (obj["metadata"].get("labels") or {}).get("pod-template-hash"):
            words[template] = "HASH"
    return words


def _plain(value: Any, words: Mapping[str, str]) -> str:
    text = json.dumps(value)
    for word, instead in words.items():
        text = text.replace(word, instead)
    for pattern, instead in (
        (_TIME, "TIME"),
        (_UID, "UID"),
        (_APPLICATION, "APPLICATION"),
        (_PORT, "ENGINE"),
        (_NODE, "NODE"),
    ):
        text = pattern.sub(instead, text)
    return text


def _flat(value: Any, path: str) -> Iterator[tuple[str, Any]]:
    if isinstance(value, Mapping) and value:
        for key in value:
            yield from _flat(value[key], f"{path}.{key}")
    elif isinstance(value, list) and value:
        for index, item in enumerate(value):
            yield from _flat(item, f"{path}.{index}")
    else:
        yield path, value
