"""What two engines gave for one whole query, in a word and why. Pure.

`same`, `same: no rows`, `refused: FEATURE`, `fails: …`, `differs: …`; `unanswered: …`: Spark has an error.
"""

import re

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

from bench.engine.job import Found

# emberlake.sail.errors.unsupported
_REFUSED = re.compile(r"\[UNSUPPORTED_FEATURE\].*\(([^()]+)\)\. Set spec\.engine", re.DOTALL)


def verdict(text: str, spark: Found, sail: Found) -> str:
    """Of the query with this text."""
    if spark.error:
        return f"unanswered: {_line(spark.error)}"
    if refused := _REFUSED.search(sail.error):
        return f"refused: {refused[1]}"
    if sail.error:
        return f"fails: {_line(sail.error)}"
    if why := _types(spark, sail) or _rows(spark, sail) or _order(text, spark, sail):
        return f"differs: {why}"
    return "same" if spark.count else "same: no rows"


def _line(error: str) -> str:
    return " ".join(error.split())


def _types(spark: Found, sail: Found) -> str:
    if len(spark.types) != len(sail.types):
        return f"{len(spark.types)} columns in Spark, {len(sail.types)} in Sail"
    return next(
        (
            f"{name} is {ours} in Spark, {theirs} in Sail"
            for name, ours, theirs in zip(spark.names, spark.types, sail.types, strict=True)
            if ours != theirs
        ),
        "",
    )


def _rows(spark: Found, sail: Found) -> str:
    if spark.count != sail.count:
        return f"{spark.count} rows in Spark, {sail.count} in Sail"
    if spark.digest == sail.digest:
        return ""
    ours = [row for row in spark.rows if row not in sail.rows]
    theirs = [row for row in sail.rows if row not in spark.rows]
    return f"{ours[0]} in Spark, {theirs[0]} in Sail" if ours and theirs else "values of rows"


def _order(text: str, spark: Found, sail: Found) -> str:
    """Where the rows are equal: the first of the leading columns of ORDER BY whose values come otherwise."""
    if spark.ordered == sail.ordered:
        return ""
    moved = [at for at in leading(text, spark.names) if spark.columns[at] != sail.columns[at]]
    return f"order by {spark.names[moved[0]]}" if moved else ""


def leading(text: str, names: list[str]) -> list[int]:
    """Places of the columns by which a query sorts its rows, up to the first key that is no column of it.

    None of a text that cannot be read.
    """
    try:
        tree = sqlglot.parse_one(text, dialect="spark")
    except SqlglotError:
        return []
    selected = [column.unalias() for column in tree.selects] if isinstance(tree, exp.Query) else []
    places: list[int] = []
    for key in tree.args["order"].expressions if tree.args.get("order") else ():
        place = _place(key.this, [name.lower() for name in names], selected)
        if place is None:
            break
        places.append(place)
    return places


def _place(key: exp.Expr, names: list[str], selected: list[exp.Expr]) -> int | None:
    if isinstance(key, exp.Literal) and key.is_int:
        return int(key.this) - 1
    name = key.name.lower() if isinstance(key, exp.Column) else ""
    if names.count(name) == 1:
        return names.index(name)
    return selected.index(key) if len(selected) == len(names) and key in selected else None
