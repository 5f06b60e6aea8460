"""Tables and partitions of a Hive metastore as plain data, free of Thrift."""

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class HiveColumn:
    """A column or partition key: Hive type as text, comment or None."""

    name: str
    type: str
    comment: str | None = None


@dataclass(frozen=True)
class Storage:
    """How files are read: Hive class names and the serde's parameters."""

    input_format: str
    output_format: str
    serde: str
    serde_parameters: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class HiveTable:
    """A table. `view` is the text of a view. `raw` is what the metastore sent, kept so that a change leaves
    alone what this class does not model.
    """

    database: str
    name: str
    location: str
    columns: tuple[HiveColumn, ...]
    partition_keys: tuple[HiveColumn, ...]
    storage: Storage
    parameters: dict[str, str] = field(default_factory=dict)
    table_type: str = "EXTERNAL_TABLE"
    view: str = ""
    raw: Any = field(default=None, compare=False, repr=False)


@dataclass(frozen=True)
class HivePartition:
    """A partition: `values` in the order of the table's keys."""

    values: tuple[str, ...]
    location: str
    columns: tuple[HiveColumn, ...]
    storage: Storage
    parameters: dict[str, str] = field(default_factory=dict)
    raw: Any = field(default=None, compare=False, repr=False)
