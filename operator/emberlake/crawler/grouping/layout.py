"""From a listing to tables: which folder is a table, which folders below it are its partitions. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from emberlake.crawler.config import Grouping
from emberlake.crawler.failure import Problem
from emberlake.crawler.grouping.grouping import is_unknown, join
from emberlake.crawler.grouping.partitions import NULL_VALUE
from emberlake.crawler.grouping.sampling import sample
from emberlake.crawler.grouping.shape import Shape
from emberlake.crawler.grouping.tree import Keys, Node, build
from emberlake.crawler.listing.inventory import Joined, total_bytes
from emberlake.crawler.listing.listing import Listing
from emberlake.crawler.listing.store import StoredObject


@dataclass(frozen=True, slots=True)
class PartitionFolder:
    """One partition: its `values` in the order of the keys, its folder `prefix`, its files."""

    values: tuple[str, ...]
    prefix: str
    files: Sequence[StoredObject]

    @property
    def bytes(self) -> int:
        """Bytes of its files as stored."""
        return total_bytes(self.files)


@dataclass(frozen=True)
class Candidate:
    """A folder that may be one table: unpartitioned (`keys` empty, one partition without values) or
    partitioned. `sample_size`: files to look at in each folder, None for as many as are affordable.
    `unknown`: the files looked at so far are of no known format.
    """

    bucket: str
    prefix: str
    keys: tuple[str, ...]
    partitions: tuple[PartitionFolder, ...]
    notes: tuple[str, ...] = ()
    sample_size: int | None = None
    unknown: bool = False

    @property
    def uri(self) -> str:
        """The table's location."""
        return f"s3://{self.bucket}/{self.prefix}".rstrip("/")

    @property
    def files(self) -> Sequence[StoredObject]:
        """All files of the table, folder by folder."""
        return Joined([partition.files for partition in self.partitions])

    def sampled(self) -> "Candidate":
        """This table with the files to look at alone: some of each folder, itself where all are."""
        folders = [partition.files for partition in self.partitions]
        chosen = sample(folders, self.sample_size)
        if sum(map(len, chosen)) == sum(map(len, folders)):
            return self
        return self.only(dict(zip((partition.prefix for partition in self.partitions), chosen, strict=True)))

    def only(self, files: Mapping[str, Sequence[StoredObject]]) -> "Candidate":
        """This table with `files` alone, given by folder; folders without any are left out."""
        parts = (
            replace(partition, files=files[partition.prefix])
            for partition in self.partitions
            if partition.prefix in files
        )
        return replace(self, partitions=tuple(parts))

    @property
    def total_bytes(self) -> int:
        """Bytes of all files as stored."""
        return sum(partition.bytes for partition in self.partitions)


@dataclass
class Layout:
    """The tables of one target, and the folders that cannot be one."""

    candidates: list[Candidate] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)


def group(
    listing: Listing, shapes: Mapping[str, Shape] | None = None, grouping: Grouping | None = None
) -> Layout:
    """Group the listing's files into tables; stateless, so that excluding a stray file heals a folder at
    once. `shapes`: what a file of each folder looks like, as far as files were sampled.
    """
    layout = Layout()
    if not listing.folders:
        return layout
    for node in _roots(listing, shapes or {}, grouping or Grouping()):
        try:
            candidate = _candidate(listing, node)
            _refuse_excluded(candidate, listing.excluded_folders)
            layout.candidates.append(candidate)
        except Problem as problem:
            layout.problems.append(problem)
    return layout


def _roots(listing: Listing, shapes: Mapping[str, Shape], grouping: Grouping) -> list[Node]:
    """The folders of the tables, with those joined to them."""
    nodes = build(listing.target.location.prefix, listing.folders)
    join(nodes, shapes, grouping)
    for node in nodes:
        for child in node.joined:
            child.member = True
    return [node for node in nodes if node.keys is not None and not node.member]


def _candidate(listing: Listing, root: Node) -> Candidate:
    """The table of `root`; raises Problem when its partitions contradict each other."""
    bucket, size = listing.target.location.bucket, listing.target.sample_size
    if not root.joined:
        whole = (PartitionFolder((), root.prefix, root.files),)
        return Candidate(bucket, root.prefix, (), whole, sample_size=size, unknown=is_unknown(root))
    uri, keys = f"s3://{bucket}/{root.prefix}", _names(root.keys or ())
    if len(set(keys)) != len(keys):
        raise Problem(uri, "InconsistentPartitions", f"the partition keys {', '.join(keys)} repeat a name")
    partitions: dict[tuple[str, ...], PartitionFolder] = {}
    strays: list[StoredObject] = []
    for values, node in _below(root):
        if node.contradiction:
            raise Problem(uri, "InconsistentPartitions", node.contradiction)
        if node.joined:
            strays += node.files[:1]
        elif values in partitions:
            raise Problem(
                uri,
                "DuplicatePartition",
                f"{partitions[values].prefix} and {node.prefix} are the same partition; keep one of the two",
            )
        else:
            partitions[values] = PartitionFolder(values, node.prefix, node.files)
    return Candidate(
        bucket, root.prefix, keys, tuple(partitions.values()), _strays(strays), size, is_unknown(root)
    )


def _below(root: Node) -> Iterator[tuple[tuple[str, ...], Node]]:
    """`root` and the folders joined to it, with their partition values, in the order of their keys.

    Each is let go of behind its turn: a million of them take as much memory as their partitions.
    """
    yield (), root
    levels: list[tuple[tuple[str, ...], list[Node]]] = [((), _taken(root))]
    while levels:
        above, siblings = levels[-1]
        if not siblings:
            levels.pop()
            continue
        node = siblings.pop()
        values = (*above, node.value or NULL_VALUE)
        yield values, node
        levels.append((values, _taken(node)))


def _taken(node: Node) -> list[Node]:
    """What was joined to the folder, the first one last."""
    joined, node.joined, node.children = node.joined, (), ()
    return list(reversed(joined))


def _strays(files: list[StoredObject]) -> tuple[str, ...]:
    """A note about files beside partition folders, one of each such folder."""
    if not files:
        return ()
    note = f"StrayFiles: {len(files)} folder(s) hold files such as {files[0].key} beside partition folders"
    return (f"{note}; engines do not read them, move them into a partition",)


def _names(keys: Keys) -> tuple[str, ...]:
    """Names of partition keys; one without gets `partition_N` by its position, as in Glue."""
    return tuple(key if key is not None else f"partition_{number}" for number, key in enumerate(keys))


def _refuse_excluded(candidate: Candidate, excluded_folders: set[str]) -> None:
    """Engines read every file of a table's folder, the excluded ones too: such a table would have wrong
    rows.
    """
    for partition in candidate.partitions:
        if partition.prefix in excluded_folders:
            raise Problem(
                candidate.uri,
                "ExcludedFileInTable",
                f"s3://{candidate.bucket}/{partition.prefix} holds files of the table and excluded ones; "
                "Spark and Trino read every file of a folder, so move the excluded files away or let their "
                "names start with _",
            )
