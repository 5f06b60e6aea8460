"""The folders of a listing as a tree, and what each name is: `key=value`, part of a date, or plain. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from emberlake.crawler.grouping.names import column_name
from emberlake.crawler.grouping.partitions import date_level, hive_segment
from emberlake.crawler.grouping.shape import Shape
from emberlake.crawler.listing.store import StoredObject

Keys = tuple[str | None, ...]
HIVE, DATED, PLAIN = "hive", "dated", "plain"


@dataclass(slots=True, eq=False)
class Node:
    """A folder. `files` lie directly in it. `key` and `value` are those of a `key=value` folder; other
    folders have their name as `value`.

    Grouping fills the rest, from the leaves up: `keys` are the partition keys below the folder (None for one
    without a name) if its files and `joined` children are one dataset, else None; `shapes` are those of the
    dataset's files; `contradiction` says why its partitions cannot be one table. `member`: it was joined.
    """

    prefix: str
    kind: str = PLAIN
    key: str | None = None
    value: str = ""
    level: str = ""
    files: Sequence[StoredObject] = ()
    children: Sequence["Node"] = ()
    joined: Sequence["Node"] = ()
    keys: Keys | None = None
    shapes: frozenset[Shape] = frozenset()
    contradiction: str = ""
    member: bool = False

    def add(self, child: "Node") -> None:
        """Take in a folder below; most folders have none, and no list for them."""
        if isinstance(self.children, list):
            self.children.append(child)
        else:
            self.children = [child]


def build(top: str, folders: Mapping[str, Sequence[StoredObject]]) -> list[Node]:
    """Nodes of all `folders` under the prefix `top` and of those between, each before its children.

    `folders` come in the order of their keys, as a listing has them.
    """
    nodes, names = [Node(top)], dict[str, str]()
    path = nodes[:]
    for prefix, files in folders.items():
        while not prefix.startswith(path[-1].prefix):
            path.pop()
        while (known := len(path[-1].prefix)) < len(prefix):
            node = _made(path[-1], prefix[: prefix.index("/", known) + 1], names)
            path[-1].add(node)
            path.append(node)
            nodes.append(node)
        path[-1].files = files
    return nodes


def _made(parent: Node, prefix: str, names: dict[str, str]) -> Node:
    """A folder of `parent`; each of `names` is held once, as dates and keys come again and again."""
    name = prefix[len(parent.prefix) : -1]
    if segment := hive_segment(name):
        key, value = column_name(segment[0], "partition"), segment[1]
        return Node(prefix, HIVE, names.setdefault(key, key), names.setdefault(value, value))
    name = names.setdefault(name, name)
    if level := date_level(name, parent.level):
        return Node(prefix, DATED, None, name, level)
    return Node(prefix, PLAIN, None, name)


def path_roots(nodes: Iterable[Node]) -> dict[str, list[Node]]:
    """Folders with files by the folder above their `key=value` and date folders: a dataset as far as paths
    tell.
    """
    root_of: dict[str, str] = {}
    roots: dict[str, list[Node]] = {}
    for node in nodes:
        root_of.setdefault(node.prefix, node.prefix)
        for child in node.children:
            root_of[child.prefix] = child.prefix if child.kind == PLAIN else root_of[node.prefix]
        if node.files:
            roots.setdefault(root_of[node.prefix], []).append(node)
    return roots
