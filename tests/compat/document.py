"""`verified.json` and the page of it. Pure."""

import json
from collections.abc import Iterable
from typing import Any

from compat import gatewaypage, suitepage
from compat.markdown import cell

PAGE_HEAD = """# What gives the same results on Sail as on Spark

Made by `make compat`, which runs every case of `tests/compat` on Spark {spark} and on Sail {sail} and
compares types and values, by `make compat-gateway` for what becomes of them in a job, by `make compat-lake`
for Iceberg tables of the installed platform, and by `make compat-suites` for whole queries and jobs there.
`operator/emberlake/sail/verified.json` has the same table: what differs is refused on Sail, and a job of
engine `Auto` runs on Sail only what is the same.

- **same**: all results are equal. {same} functions and operators, {same_features} features. An input for
  which only Sail has an error does not count against it: the job then fails, or goes on with Spark.
- **differs**: some input gives another value, another type or a value instead of an error. {differs}
  functions, {differs_features} features; the shortest example of each is shown.
- **fails**: Sail has an error wherever Spark has a result. {fails} functions, {fails_features} features.
- **not compared**: {untried} functions of `SHOW FUNCTIONS`. `Auto` goes on with Spark for them.

A name with a suffix has its own verdict, the name alone speaks of the rest: `round:double,int` of these types
of arguments, `case:mixed` of branches of different types, `substring:position` of a position that is not
above 0 (`tests/compat/cases/apart.txt`), `:errors` of inputs for which Spark raises an error and Sail gives a
value, `:other` of queries whose types nobody looked at. `decimal38` is a decimal of 38 digits.

Values are compared once with literals and once with columns. The sign of a zero and the last digit of a
double are noted and do not count; sums of doubles, whose order no engine promises, are compared to twelve
digits. Not compared: whether columns may be null, the texts of errors, metadata of columns; names of columns
only where they are the case. Rows have an order only where the query sorts them. The session's zone is UTC.

This is Sail by itself. Before it stands the gateway, which puts arithmetic to it so that value and type are
Spark's (`/`, `avg` and other operators with decimals, integers that overflow, `CASE`, `if` and `coalesce` of
different types, `round` of doubles) wherever the types are known to it.

Take heed of these, which no error tells of where the types of columns cannot be told: `CASE`, `if` and
`coalesce` have the type of the first branch on Sail (`CASE WHEN a = 0 THEN 0 ELSE 10 / a END` cuts the
fraction off); `nvl` and `ifnull` make strings of dates and doubles of decimals; integers that overflow wrap
around. And these in any case: a NaN in a file may be read as
another row's value, or be left out or found by a comparison where Spark does otherwise; `hour()`, `to_date()`
and others follow the zone of the column, not `spark.sql.session.timeZone`; `INTERSECT ALL` counts wrongly.
"""


def verified(
    versions: dict[str, str],
    functions: dict[str, str],
    features: dict[str, str],
    all_functions: Iterable[str],
    compared: dict[str, str],
) -> dict[str, Any]:
    """The file's content."""
    untried = sorted(set(all_functions) - {name.partition(":")[0] for name in functions})
    said = {"functions": functions, "features": features, "compared": compared}
    return {**versions, **said, "notCompared": untried}


def text(document: dict[str, Any]) -> str:
    """As it stands in the file."""
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def page(document: dict[str, Any], suites: dict[str, Any], gateway: dict[str, Any]) -> str:
    """The page's text, from the verdicts, what the suites gave and what the gateway lets pass, alone."""
    functions, features = document["functions"], document["features"]
    casts = {name: said for name, said in functions.items() if name.startswith(("cast:", "try_cast:"))}
    typed = {name: said for name, said in functions.items() if ":" in name and name not in casts}
    whole = {name: said for name, said in functions.items() if ":" not in name}
    counts = {f"{kind}": _count(whole, kind) for kind in ("same", "differs", "fails")}
    counts |= {f"{kind}_features": _count(features, kind) for kind in ("same", "differs", "fails")}
    head = PAGE_HEAD.format(
        spark=document["spark"], sail=document["sail"], untried=len(document["notCompared"]), **counts
    )
    parts = [
        head,
        gatewaypage.section(gateway),
        suitepage.section(suites),
        _section("Features", features),
        _section("Functions and operators", whole),
        _section("By the types of operands", typed),
        "## Casts\n\nFrom (rows) to (columns): `=` same, `≠` differs, `!` fails, empty: little compared.\n\n"
        + _matrix(casts, "cast") + "\n\nThe same for `try_cast`:\n\n" + _matrix(casts, "try_cast"),
        "## Not compared\n\n" + ", ".join(f"`{cell(name)}`" for name in document["notCompared"]),
    ]  # fmt: skip
    return "\n".join(part.rstrip("\n") + "\n" for part in parts)


def _count(said: dict[str, str], kind: str) -> int:
    return sum(it.partition(":")[0] == kind for it in said.values())


def _section(title: str, said: dict[str, str]) -> str:
    same = ", ".join(f"`{cell(name)}`" for name, it in said.items() if it == "same")
    rows = [(name, *it.partition(": ")[::2]) for name, it in said.items() if it != "same"]
    table = "\n".join(
        f"| `{cell(name)}` | {kind} | {cell(why)} |"
        for name, kind, why in sorted(rows, key=lambda r: (r[1], r[0]))
    )
    return f"## {title}\n\n**Same:** {same}.\n\n| | | |\n|---|---|---|\n{table}\n"


def _matrix(casts: dict[str, str], kind: str) -> str:
    pairs = [name.split(":")[1:] for name in casts]
    sources, targets = (list(dict.fromkeys(pair[place] for pair in pairs)) for place in (0, 1))
    marks = {"same": "=", "differs": "≠", "fails": "!"}

    def mark(source: str, target: str) -> str:
        return marks.get(casts.get(f"{kind}:{source}:{target}", "").partition(":")[0], "")

    rows = ["| | " + " | ".join(targets) + " |", "|---" * (len(targets) + 1) + "|"]
    rows += [
        f"| {source} | " + " | ".join(mark(source, target) for target in targets) + " |" for source in sources
    ]
    return "\n".join(rows)
