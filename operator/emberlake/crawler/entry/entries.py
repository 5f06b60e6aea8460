"""Entries of the journal: what stood in the metastore before a write. Pure."""

import gzip
from dataclasses import dataclass, field
from typing import Any

from pydantic import TypeAdapter

from emberlake.clients.hive import HivePartition, HiveTable


@dataclass(frozen=True)
class Before:
    """A partition as it was; `definition` is None where there was none."""

    values: tuple[str, ...]
    definition: HivePartition | None = None


@dataclass(frozen=True)
class Entry:
    """What one write changes in table `name`: its definition (None: there was none) where `defined`, and
    partitions.
    """

    name: str
    defined: bool = False
    definition: HiveTable | None = None
    partitions: tuple[Before, ...] = field(default=())


_ENTRY = TypeAdapter(Entry)
_RAW: Any = {"definition": {"raw"}, "partitions": {"__all__": {"definition": {"raw"}}}}


def encode(entry: Entry) -> bytes:
    """Compressed JSON; what `HiveTable` does not model is left out."""
    return gzip.compress(_ENTRY.dump_json(entry, exclude=_RAW), mtime=0)


def decode(body: bytes) -> Entry:
    """The entry of `encode`."""
    return _ENTRY.validate_json(gzip.decompress(body))
