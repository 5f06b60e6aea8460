"""`python -m compat.shown`: records what Spark prints for `show()`, and the gateway before Sail has to."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from compat.__main__ import options
from compat.comparison import BUILD, Comparison

FILE = Path(__file__).parents[1] / "unit/sail/shown.jsonl"
# those that every version of Java writes alike: Java 19 mended the others
_DOUBLES = (
    *("0.0", "-0.0", "1", "-1", "1.5", "0.1", "0.001", "0.00099999", "1e-7", "123456.789", "9999999", "1e7"),
    *("12345678.9", "1e10", "1.7976931348623157e308", "5e-324", "2.2250738585072014e-308", "1.4e-45", "4.35"),
    *("0.30000000000000004", "100", "1e100", "3e-5", "-2.5e-9", "NaN", "Infinity", "-Infinity", "16777216"),
)
_TYPES = (
    (
        "TRUE",
        "FALSE",
        "CAST(NULL AS BOOLEAN)",
        "CAST(1 AS TINYINT)",
        "CAST(-2 AS SMALLINT)",
        "3",
        "4L",
        "NULL",
    ),
    (
        "1.10",
        "CAST(1 AS DECIMAL(38, 18))",
        "-0.000001",
        "CAST(100000000000000000000 AS DECIMAL(25, 0))",
        "0.00",
    ),
    (
        "''",
        "'a b'",
        "CAST(NULL AS STRING)",
        "'NULL'",
        "'null'",
        "'ä'",
        "'中文'",
        "'全角ａ'",
        "'😀'",
        "'e\u0301'",
    ),
    ("'a\\nb'", "'a\\tb'", "'a\\rb'", "'back\\\\slash'", "'q\"'", "'|'", "'+-'"),
    tuple(f"'a{chr(sign)}b'" for sign in (7, 8, 11, 12, 27)),
    ("X''", "X'01'", "X'00FF10'", "CAST('text' AS BINARY)", "CAST(NULL AS BINARY)"),
    ("DATE'1970-01-01'", "DATE'0001-01-01'", "DATE'9999-12-31'", "CAST(NULL AS DATE)"),
    tuple(f"TIMESTAMP'2020-01-02 03:04:05{part}'" for part in ("", ".6", ".000001", ".120", "+02:00")),
    ("TIMESTAMP'0001-01-01 00:00:00'", "TIMESTAMP'1969-12-31 23:59:59.999999'"),
    ("TIMESTAMP_NTZ'2020-02-29 00:00:00.12'", "CAST(NULL AS TIMESTAMP)"),
    ("array(1, NULL, 3)", "array()", "array('a', NULL, '')", "array(array(1.5D), array())", "array(1.50)"),
    ("array(X'01')", "array(CAST(1 AS FLOAT))", "array(struct(1, 'a'), NULL)"),
    ("map('a', 1, 'b', NULL)", "map()", "map(1, array('x'))", "map('k', map('l', 2.5D))"),
    ("named_struct('a', 1, 'b', NULL)", "struct('x', 2.5D, DATE'2020-01-01')", "struct(struct(NULL, TRUE))"),
    ("struct(array(TIMESTAMP'2020-01-02 03:04:05.5'), map('a', FALSE))",),
)
_LONG = (
    *("repeat('x', 19)", "repeat('x', 20)", "repeat('x', 21)", "repeat('x', 30)"),
    *("repeat('中', 12)", "repeat('😀', 11)"),
)
_LAYOUTS = (
    ("SELECT id, id * 1000L AS b FROM range(25)", {}),
    ("SELECT id FROM range(20)", {}),
    ("SELECT id FROM range(21)", {}),
    ("SELECT id FROM range(3)", {"rows": 1}),
    ("SELECT id FROM range(3)", {"rows": 0}),
    ("SELECT id FROM range(3)", {"rows": -1}),
    ("SELECT id FROM range(3)", {"rows": 2, "vertical": True}),
    ("SELECT id FROM range(3)", {"rows": 0, "vertical": True}),
    ("SELECT id, 'a' AS b FROM range(0)", {}),
    ("SELECT id, 'a' AS b FROM range(0)", {"vertical": True}),
    ("SELECT id AS `中文`, 'x' AS a, id AS `tab\there` FROM range(2)", {}),
    (
        "SELECT id AS `中文`, 'x' AS a, id AS `a name that is longer than twenty` FROM range(11)",
        {"vertical": True},
    ),
    ("SELECT id AS `a name that is longer than twenty`, 'y' AS b FROM range(1)", {}),
    ("SELECT id AS `a name that is longer than twenty`, 'y' AS b FROM range(1)", {"truncate": 5}),
    ("SELECT 'abcdef' AS a, '😀😀' AS b FROM range(1)", {"truncate": 3}),
    ("SELECT 'abcdef' AS a, '😀😀' AS b FROM range(1)", {"truncate": 1}),
    ("SELECT 'abcdef' AS a, '中文中文' AS b FROM range(1)", {"truncate": 4}),
    ("SELECT 'abcdef' AS a, 1 AS b", {"truncate": 0}),
    ("SELECT 'abcdef' AS a, 1 AS b", {"truncate": -1}),
)


@dataclass(frozen=True)
class Shown:
    """A query and the arguments of `show()`."""

    query: str
    rows: int = 20
    truncate: int = 20
    vertical: bool = False


def cases() -> Iterator[Shown]:
    """All that is recorded."""
    for values in _TYPES:
        for truncate in (20, 0):
            yield Shown(_selected(values), truncate=truncate)
    for kind in ("DOUBLE", "FLOAT"):
        yield Shown(_selected(f"CAST('{it}' AS {kind})" for it in _DOUBLES), truncate=0, vertical=True)
    yield Shown(_selected(_LONG))
    yield Shown(_selected(_LONG), truncate=0)
    yield Shown(_selected(_LONG), vertical=True)
    yield from (Shown(query, **arguments) for query, arguments in _LAYOUTS)


def _selected(values: Iterable[str]) -> str:
    return "SELECT " + ", ".join(f"{value} AS c{i}" for i, value in enumerate(values))


def read() -> Iterator[tuple[Shown, str]]:
    """Each case and what Spark printed."""
    for line in FILE.read_text(encoding="utf-8").splitlines():
        entry: dict[str, Any] = json.loads(line)
        yield Shown(**entry["case"]), entry["spark"]


def write(both: Comparison) -> None:
    """Ask Spark."""
    wanted = {json.dumps(asdict(case)): asdict(case) for case in cases()}
    said = both.spark.ask({"shown": wanted}, 120)
    lines = [
        json.dumps({"case": case, "spark": said[key]}, ensure_ascii=False) for key, case in wanted.items()
    ]
    FILE.write_text("\n".join(lines) + "\n", encoding="utf-8")


def main() -> None:
    """Record all."""
    BUILD.mkdir(parents=True, exist_ok=True)
    both = Comparison(options())
    try:
        write(both)
    finally:
        both.stop()


if __name__ == "__main__":
    main()
