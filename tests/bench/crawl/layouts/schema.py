"""Columns with values of a known type, written as CSV, JSON lines or Parquet."""

import csv
import datetime as dt
import io
import json
import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

FORMATS = ("csv", "json", "parquet")
_TEXT = """
amount balance batch born branch brand browser campaign carrier category channel city clicks code
colour comment company cost country currency delay department depth device discount distance domain
duration email event floor gender grade group height host humidity kind language latitude level
longitude margin model nation opened origin owner phone plan points position price priority product
quantity rank rating reason revenue salary score sensor severity shelf size source speed stage
status stock store street supplier target tax team temperature term title total track unit user
vendor version visits voltage volume warehouse weight width zone
"""
_NAMES = _TEXT.split()
_WORDS = ("amber", "birch", "cedar", "delta", "ember", "fjord", "grove", "haven", "inlet", "jetty")
_ARROW = {
    "bigint": pa.int64(),
    "double": pa.float64(),
    "string": pa.string(),
    "boolean": pa.bool_(),
    "date": pa.date32(),
    "timestamp": pa.timestamp("us"),
}


@dataclass(frozen=True)
class Schema:
    """Columns by name with their Hive types, in order."""

    columns: tuple[tuple[str, str], ...]

    def grown(self, chance: random.Random, most: int) -> "Schema":
        """With up to `most` more columns behind."""
        known = {name for name, _ in self.columns}
        free = [name for name in _NAMES if name not in known]
        names = chance.sample(free, chance.randint(1, most))
        return Schema(
            (*self.columns, *((name, chance.choice(["bigint", "double", "string"])) for name in names))
        )


def schema(
    chance: random.Random, entity: str, kind: str, least: int = 3, shared: Sequence[tuple[str, str]] = ()
) -> Schema:
    """The columns of a new table: an id, those `shared` with others, and at least `least` of its own.

    JSON has no dates of its own.
    """
    types = ["bigint", "double", "string", "boolean"] + ([] if kind == "json" else ["date", "timestamp"])
    free = [name for name in _NAMES if name not in dict(shared)]
    names = chance.sample(free, chance.randint(least, 8))
    return Schema(((f"{entity}_id", "bigint"), *shared, *((name, chance.choice(types)) for name in names)))


def _value(chance: random.Random, kind: str) -> Any:
    moment = dt.datetime(2013, 1, 1) + dt.timedelta(seconds=chance.randrange(10**8))  # noqa: DTZ001
    return {
        "bigint": chance.randrange(1, 10**6),
        "double": chance.randrange(1, 10**6) / 100 + 0.001,
        "string": f"{chance.choice(_WORDS)} {chance.choice(_WORDS)}",
        "boolean": chance.random() < 0.5,
        "date": moment.date(),
        "timestamp": moment,
    }[kind]


def body(chance: random.Random, columns: Schema, kind: str) -> bytes:
    """A file of some rows."""
    names = [name for name, _ in columns.columns]
    rows = [[_value(chance, kind) for _, kind in columns.columns] for _ in range(chance.randint(4, 20))]
    if kind == "csv":
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(names)
        writer.writerows([[str(v).lower() if isinstance(v, bool) else v for v in row] for row in rows])
        return text.getvalue().encode()
    if kind == "json":
        return "".join(json.dumps(dict(zip(names, row, strict=True))) + "\n" for row in rows).encode()
    arrays = [pa.array([row[i] for row in rows], _ARROW[kind]) for i, (_, kind) in enumerate(columns.columns)]
    out = io.BytesIO()
    pq.write_table(pa.table(dict(zip(names, arrays, strict=True))), out)
    return out.getvalue()
