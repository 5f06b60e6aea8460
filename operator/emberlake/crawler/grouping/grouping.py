"""Which folders are one table: partitions are joined from the leaves up, by their names and by what their
files look like. Pure and stateless: the same folders make the same tables, whatever was there before.
"""

from collections import Counter
from collections.abc import Mapping, Sequence

from emberlake.crawler.classify.formats import UNKNOWN
from emberlake.crawler.config import Grouping
from emberlake.crawler.grouping.shape import Shape, largest_cluster
from emberlake.crawler.grouping.tree import PLAIN, Keys, Node

MAX_CLUSTERS = 5
MAX_SHAPES = 8


def join(nodes: Sequence[Node], shapes: Mapping[str, Shape], grouping: Grouping) -> None:
    """Fill `keys`, `joined`, `shapes` and `contradiction` of `nodes`, which come parents first.

    `shapes`: a sampled file of each folder, by prefix; a folder that is not there was not sampled and
    counts as like the others.
    """
    # Glue counts the bucket as level 1; a target below the table level is itself the table
    level = max(grouping.table_level or 0, nodes[0].prefix.count("/") + 1)
    for node in reversed(nodes):
        if node.files:
            shape = shapes.get(node.prefix)
            node.keys, node.shapes = (), frozenset((shape,) if shape else ())
        if grouping.table_level is None:
            members = _members(node, grouping, top=node is nodes[0])
            _forget_guesses(node, members)
        else:
            members = _below_level(node) if node.prefix.count("/") + 1 >= level else []
        if members:
            _adopt(node, members)


def _below_level(node: Node) -> list[Node]:
    """All folders below a table that the table level says to be one."""
    whole = [child for child in node.children if child.keys is not None]
    if len(set(map(_keys, whole))) > 1:
        node.contradiction = _contradiction(whole)
    return whole


def _members(node: Node, grouping: Grouping, *, top: bool) -> list[Node]:
    """The children of `node` that are its partitions; empty when each is a table of its own.

    Plain folders right below a target (`top`) are tables, however alike: that is what targets are made of.
    """
    by_path = [child for child in node.children if child.kind != PLAIN]
    known = [child for child in by_path if not is_unknown(child)] or by_path
    if known:
        return _by_path(node, known, grouping)
    plain = [child for child in node.children if not is_unknown(child)]
    if len(plain) < 2 or (top and grouping.policy == "Similar"):
        return []
    return _by_likeness(node, plain, grouping)


def is_unknown(node: Node) -> bool:
    """Whether the folder holds nothing but files of no format: a stray one among its siblings."""
    return bool(node.shapes) and all(shape.format == UNKNOWN for shape in node.shapes)


def _by_path(node: Node, children: list[Node], grouping: Grouping) -> list[Node]:
    """`key=value` and date folders: those with the most common keys, and of them those that are alike."""
    fitting = _with_usual_keys(children)
    whole = [child for child in children if child.keys is not None]
    if 2 * len(fitting) <= len(whole):
        node.contradiction = _contradiction(whole) if whole else ""
        return whole
    alike = _alike(fitting, grouping, grown=True)
    return alike if 2 * len(alike) > len(fitting) else []


def _by_likeness(node: Node, children: list[Node], grouping: Grouping) -> list[Node]:
    """Plain folders: partitions when nearly all of them are alike, and the folder above is no table of its
    own.
    """
    fitting = _with_usual_keys(children)
    alike = _alike([child for child in fitting if child.shapes], grouping, grown=False)
    share = grouping.threshold * sum(bool(child.shapes) or child.keys is None for child in children)
    if len(alike) < 2 or len(alike) <= share:
        return []
    own_table = node.files and not is_unknown(node) and len(node.files) >= len(alike)
    return [] if own_table else alike + [child for child in fitting if not child.shapes]


def _with_usual_keys(children: list[Node]) -> list[Node]:
    """Those of `children` whose datasets have the most common partition keys.

    A plain folder that holds nothing but one other tells nothing alone: `eu/store1` is a partition of two
    levels if a sibling has `us/store1` and `us/store2`.
    """
    usual = Counter(_keys(child) for child in children if child.keys is not None).most_common(1)
    if not usual:
        return []
    keys = usual[0][0]
    for child in children:
        if child.keys is None and len(child.children) == 1 and _keys(child.children[0]) == keys[1:]:
            _adopt(child, child.children)
    return [child for child in children if child.keys is not None and _keys(child) == keys]


def _forget_guesses(node: Node, members: list[Node]) -> None:
    """Undo what `_with_usual_keys` took for a partition of two levels where it did not become one."""
    guessed = [each for each in node.children if len(each.joined) == 1 and each.joined[0].kind == PLAIN]
    kept = set(map(id, members)) if guessed else set[int]()
    for child in guessed:
        if id(child) not in kept:
            child.keys, child.joined, child.shapes = None, (), frozenset()


def _keys(node: Node) -> Keys:
    """Partition keys of the folder's dataset as seen from the folder above."""
    return (node.key, *(node.keys or ()))


def _alike(children: list[Node], grouping: Grouping, *, grown: bool) -> list[Node]:
    """The most of `children` that are alike; none when they fall apart into more than `MAX_CLUSTERS`."""
    shapes = [child.shapes for child in children]
    if grouping.policy == "Compatible":
        grown, shapes = True, [frozenset(Shape(shape.format) for shape in folder) for folder in shapes]
    members, clusters = largest_cluster(shapes, grouping.threshold, grown=grown)
    return [children[index] for index in members] if clusters <= MAX_CLUSTERS else []


def _contradiction(children: list[Node]) -> str:
    """What is wrong with partitions that have different keys."""
    first = children[0]
    other = next((child for child in children if _keys(child) != _keys(first)), first)
    return (
        f"{first.prefix} has the partition keys {_told(first)} but {other.prefix} has {_told(other)}; lay "
        "all files of a table out alike, or exclude one kind"
    )


def _told(node: Node) -> str:
    return ", ".join(key or "(no name)" for key in _keys(node))


def _adopt(node: Node, members: Sequence[Node]) -> None:
    """Make `members` the partitions of `node`."""
    node.keys, node.joined = _keys(members[0]), members
    found = dict.fromkeys(shape for member in members for shape in sorted(member.shapes, key=str))
    node.shapes = frozenset(list(found)[:MAX_SHAPES])
