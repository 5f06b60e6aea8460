"""The examples that Spark itself gives of each function (DESCRIBE FUNCTION EXTENDED), read while it runs."""

import json
import re
from collections.abc import Iterator
from typing import Any

from compat.reading import Case

EXAMPLE = re.compile(r"^\s*> (SELECT .*?);\s*$", re.MULTILINE)


def described(spark: Any) -> str:
    """Runs in the engine: every function of SHOW FUNCTIONS -> the text of its description, as JSON."""
    names = [row[0] for row in spark.sql("SHOW FUNCTIONS").collect()]
    return json.dumps({name: _text(spark, name) for name in names})


def _text(spark: Any, name: str) -> str:
    try:
        return "\n".join(row[0] for row in spark.sql(f"DESCRIBE FUNCTION EXTENDED `{name}`").collect())
    except Exception:  # noqa: BLE001 - operators of the grammar have none
        return ""


def cases(texts: dict[str, str]) -> Iterator[Case]:
    """A query for each example."""
    for name, text in texts.items():
        for query in EXAMPLE.findall(text):
            yield Case(query, name, statements=(query,))
