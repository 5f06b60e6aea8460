"""Which files are looked at: some of each leaf folder, evenly spread. Pure."""

from collections.abc import Sequence
from typing import TypeVar

from emberlake.crawler.grouping.tree import Node, path_roots
from emberlake.crawler.listing.store import StoredObject

MAX_FILES = 10_000
SHAPES_A_DATASET = 16
MAX_SHAPES = 10_000
T = TypeVar("T")


def spread(items: Sequence[T], most: int) -> list[T]:
    """At most `most` of `items`, evenly spread, the first and the last among them."""
    if len(items) <= most:
        return list(items)
    if most == 1:
        return [items[0]]
    return [items[round(index * (len(items) - 1) / (most - 1))] for index in range(most)]


def sample(folders: Sequence[Sequence[StoredObject]], size: int | None) -> list[Sequence[StoredObject]]:
    """At most `size` files of each of `folders`; without a size all, or with more than `MAX_FILES` of them
    as many of each folder as make that number, at least one.
    """
    if size is None and sum(map(len, folders)) <= MAX_FILES:
        return list(folders)
    most = size or max(1, MAX_FILES // len(folders))
    return [spread(files, most) for files in folders]


def folders_to_sample(nodes: Sequence[Node]) -> dict[str, StoredObject]:
    """A file of each folder that grouping should know the shape of, by the folder's prefix.

    Where paths tell a dataset (`key=value`, dates) some of its folders are enough; plain folders are all
    compared. The largest file stands for its folder: a stray README is seldom the largest.
    """
    chosen = [
        node
        for leaves in path_roots(nodes).values()
        for node in spread([leaf for leaf in leaves if leaf.files], SHAPES_A_DATASET)
    ]
    return {node.prefix: max(node.files, key=_size) for node in spread(chosen, MAX_SHAPES)}


def _size(item: StoredObject) -> int:
    return item.size
