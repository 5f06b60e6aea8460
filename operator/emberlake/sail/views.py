"""Temporary views that get another meaning.

A DataFrame of Spark's own driver keeps the view that it was made with. In Spark Connect it has the name alone
and finds whatever has it when its rows are asked for: `spark.table("v")` made before `v` is replaced reads
the new one. Which of the two a script means cannot be seen from its plans.
"""

from __future__ import annotations

import threading

from pyspark.sql.connect.proto import base_pb2

from emberlake.sail.refusal import Refusal
from emberlake.sail.sqllex import tokens
from emberlake.sail.wire import Node

_EXECUTE = base_pb2.ExecutePlanRequest.DESCRIPTOR
_BEFORE_VIEW = frozenset({"CREATE", "OR", "REPLACE", "GLOBAL", "TEMP", "TEMPORARY"})


class Views:
    """The names that temporary views of a script have had, dropped or not."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._known: set[tuple[str, str]] = set()

    def again(self, request: bytes) -> Refusal | None:
        """Why a script does not go on that gives a view's name to another view; None where it does not."""
        asked = Node(_EXECUTE, memoryview(request))
        name = defined(asked)
        view = asked.text("session_id"), name.lower()
        with self._lock:
            if name and view in self._known:
                return Refusal("session.view-replaced", f"the temporary view {name} is defined a second time")
            self._known.add(view)
        return None


def defined(request: Node) -> str:
    """Name of the temporary view that an ExecutePlan request defines, empty for any other request."""
    plan = request.child("plan")
    command = plan.child("command") if plan else None
    if command is None:
        return ""
    if view := command.child("create_dataframe_view"):
        return view.text("name")
    statement = command.child("sql_command")
    source = statement.child("input") if statement else None
    sql = source.child("sql") if source else None
    return _named(sql.text("query")) if sql else ""


def _named(text: str) -> str:
    found = iter(tokens(text))
    for token in found:
        if token.word == "VIEW":
            return next((after.name for after in found), "")
        if token.word not in _BEFORE_VIEW:
            break
    return ""
