"""Tables that are not Iceberg's, and files that are named as tables (csv.`s3://lake/raw`).

The metastore holds tables of CSV, JSON and other files as well. Sail opens them by the same name, with a
reader of its own that knows little of a table's settings, so that each format counts as a feature for itself.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from pyspark.sql.connect.proto import base_pb2

from emberlake.sail.refusal import Refusal
from emberlake.sail.rows import Session
from emberlake.sail.sqllex import Kind, tokens
from emberlake.sail.verified import Verdict, Verified
from emberlake.sail.wire import Node

Name = tuple[str, ...]
_EXECUTE = base_pb2.ExecutePlanRequest.DESCRIPTOR
_ICEBERG = "iceberg"
# a view of the session was looked at when it was made, and what does not exist is told by the engine
_NO_FILES = frozenset({"", "temporary"})
# no name of a table has them
_OF_PATHS = frozenset("./")
# statements that read no rows
_TELLING = frozenset({"DESC", "DESCRIBE", "EXPLAIN", "RESET", "SET", "SHOW", "USE"})


class Formats:
    """Of the tables that a script has come to. Those of Iceberg are asked for once."""

    def __init__(self, engine: Literal["Sail", "Auto"], verified: Verified) -> None:
        self._engine, self._verified = engine, verified
        self._iceberg: set[tuple[tuple[str, str], Name]] = set()
        self._moved: set[tuple[tuple[str, str], Name]] = set()

    def refused(self, request: bytes, session: Session) -> Refusal | None:
        """Why a table of this request is not read on this engine; None where all are."""
        plan = Node(_EXECUTE, memoryview(request))
        names = named(plan)
        if not names:
            return None
        # a script at its start does not wait for the parser
        from emberlake.sail import columnorder  # noqa: PLC0415

        current = session.current()
        showing = columnorder.showing(plan, names_at)
        for name in sorted(names):
            if refusal := self._named(name, current, showing, session):
                return refusal
        return None

    def _named(
        self, name: Name, current: tuple[str, str], showing: set[Name], session: Session
    ) -> Refusal | None:
        if path := path_in(name):
            return self._judged(f"read.{name[0].lower()}", f"{path} is read as {name[0]}")
        if (current, name) in self._iceberg:
            return None
        found = _ICEBERG if (current, name) in self._moved else session.format(name)
        if found == _ICEBERG:
            return self._order(current, name, showing, session)
        if found in _NO_FILES:
            return None
        return self._judged(f"table.{found}", f"{'.'.join(name)} is a table of format {found}")

    def _order(
        self, current: tuple[str, str], name: Name, showing: set[Name], session: Session
    ) -> Refusal | None:
        """Why a table of Iceberg is not shown as it is; once known it is not asked for again."""
        if (current, name) not in self._moved | self._iceberg:
            moved = session.moves_columns(name)
            (self._moved if moved else self._iceberg).add((current, name))
        if (current, name) in self._iceberg or name not in showing:
            return None
        return Refusal(
            "table.iceberg:column-order",
            f"{'.'.join(name)} is partitioned by a column that is not its last, which Sail shows last:"
            " name the columns that you take (select)",
        )

    def _judged(self, feature: str, told: str) -> Refusal | None:
        finding = self._verified.feature(feature)
        if finding.verdict is Verdict.SAME or (
            self._engine == "Sail" and finding.verdict is not Verdict.DIFFERS
        ):
            return None
        return Refusal(feature, f"{told}: {finding.reason or 'that has not been compared with Spark'}")


def path_in(name: Name) -> str:
    """The path in a name of the form csv.`s3://lake/raw`; empty where it names a table."""
    return name[1] if len(name) == 2 and not _OF_PATHS.isdisjoint(name[1]) else ""


def named(plan: Node) -> set[Name]:
    """Names of tables and views in a plan and its texts of SQL, and some that are none."""
    found: set[Name] = set()
    waiting = [plan]
    while waiting:
        node = waiting.pop()
        if look := _LOOKS.get(node.kind.full_name):
            found |= look(node)
        waiting.extend(child for _, child in node.children())
    return found


def names_at(node: Node) -> set[Name]:
    """Names of tables that one message of a plan has."""
    look = _LOOKS.get(node.kind.full_name)
    return look(node) if look else set()


def _in_text(text: str) -> set[Name]:
    # a script at its start does not wait for the parser
    from sqlglot import exp  # noqa: PLC0415
    from sqlglot.errors import SqlglotError  # noqa: PLC0415

    from emberlake.sail.sqlmend import parse  # noqa: PLC0415

    if next((token.word for token in tokens(text)), "") in _TELLING:
        return set()
    try:
        trees = parse(text)
    except (SqlglotError, RecursionError):
        return dotted(text)
    if not all(isinstance(tree, exp.Query | exp.Insert | exp.Create) for tree in trees):
        return dotted(text)
    tables = (table for tree in trees if tree for table in tree.find_all(exp.Table))
    return {tuple(part.name for part in table.parts) for table in tables}


def dotted(text: str) -> set[Name]:
    """All that may be a name in a text, without the parser of SQL."""
    found: set[Name] = set()
    name: Name = ()
    dot = False
    for token in tokens(text):
        if token.kind in {Kind.WORD, Kind.QUOTED}:
            name = (*name, token.name) if dot else (token.name,)
            found.add(name)
        dot = token.text == "."
    return found


_LOOKS: dict[str, Callable[[Node], set[Name]]] = {
    "spark.connect.Read.NamedTable": lambda node: dotted(node.text("unparsed_identifier")),
    "spark.connect.SQL": lambda node: _in_text(node.text("query")),
    "spark.connect.Expression.ExpressionString": lambda node: _in_text(f"SELECT {node.text('expression')}"),
}
