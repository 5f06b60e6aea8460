"""Temporary views that get another meaning.

A DataFrame of Spark's own driver keeps the view that it was made with. In Spark Connect it has the name alone
and finds whatever has it when its rows are asked for: `spark.table("v")` made before `v` is replaced reads
the new one. Which of the two a script means cannot be seen from its plans. And a view that a statement
defines reads in Spark what has the names in it when it is read, in Sail what had them before.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable

from pyspark.sql.connect.proto import base_pb2

from emberlake.sail.refusal import Refusal
from emberlake.sail.sqllex import Token, tokens
from emberlake.sail.wire import Node

_EXECUTE = base_pb2.ExecutePlanRequest.DESCRIPTOR
_BEFORE_VIEW = frozenset({"CREATE", "OR", "REPLACE", "GLOBAL", "TEMP", "TEMPORARY"})


class Views:
    """The temporary views that a script has had, dropped or not. `strict`: a name stands for one view."""

    def __init__(self, *, strict: bool) -> None:
        self._strict = strict
        self._lock = threading.Lock()
        # of each session and name the words of the statements that defined it
        self._known: dict[tuple[str, str], frozenset[str]] = {}

    def again(self, request: bytes) -> Refusal | None:
        """Why a script does not go on that gives a view's name to another view; None where it does."""
        asked = Node(_EXECUTE, memoryview(request))
        name, words = defined(asked)
        if not name:
            return None
        session, view = asked.text("session_id"), name.lower()
        with self._lock:
            known = self._known.get((session, view))
            if known is not None and (self._strict or self._is_read(session, view)):
                return Refusal("session.view-replaced", f"the temporary view {name} is defined a second time")
            self._known[session, view] = words | (known or frozenset())
        return None

    def _is_read(self, session: str, view: str) -> bool:
        """Whether another view may read it by its statement, which Spark looks at anew each time."""
        return any(
            view in words for (other, name), words in self._known.items() if other == session and name != view
        )


def defined(request: Node) -> tuple[str, frozenset[str]]:
    """Name of the temporary view that an ExecutePlan request defines, empty for any other request.

    Where a statement defines it, the names in that, in lower case.
    """
    plan = request.child("plan")
    command = plan.child("command") if plan else None
    if command is None:
        return "", frozenset()
    if view := command.child("create_dataframe_view"):
        return view.text("name"), frozenset()
    statement = command.child("sql_command")
    source = statement.child("input") if statement else None
    sql = source.child("sql") if source else None
    found = tokens(sql.text("query")) if sql else ()
    name = _named(found)
    return name, frozenset(token.name.lower() for token in found if name)


def _named(tokens: Iterable[Token]) -> str:
    found = iter(tokens)
    for token in found:
        if token.word == "VIEW":
            return next((after.name for after in found), "")
        if token.word not in _BEFORE_VIEW:
            break
    return ""
