"""What becomes of a request of Spark Connect: it passes, it is refused, or the gateway writes. Pure.

Refused on both engines is what gives other results than Spark and what Sail cannot do. `Auto` takes only what
was compared and found the same; all else goes on with Spark.
"""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import ModuleType

from pyspark.sql.connect.proto import base_pb2

from emberlake.sail import tablewrite
from emberlake.sail.refusal import Refusal, RefusedError
from emberlake.sail.relations import Uses, uses
from emberlake.sail.rules import ARITHMETIC, Rules, check_finding, check_names, check_variants
from emberlake.sail.settings import refused as setting_refused
from emberlake.sail.sqltext import EnsureDatabase, Query, SessionStatement, called, statement
from emberlake.sail.sqlwrite import WriteStatement
from emberlake.sail.tablewrite import TableWrite
from emberlake.sail.verified import Verdict
from emberlake.sail.wire import Edit, Node, rebuilt, setting

# Spark's longest array
_MOST_SHOWN = 2**31 - 17
Edits = Mapping[int, Edit]
# commands that change nothing but the session
_SESSION_COMMANDS = frozenset(
    {
        "create_dataframe_view",
        "get_resources_command",
        "register_function",
        "register_table_function",
        "remove_cached_remote_relation_command",
    }
)


@dataclass(frozen=True, slots=True)
class Pass:
    """The request goes on. `registers`: the name of a function that it gives the session.

    `later`: it has no rows yet; the request for them is judged. `edits`: messages that are replaced.
    """

    registers: str = ""
    later: bool = False
    edits: Edits = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Show:
    """The gateway makes the text of `show()`. `rows`: at most so many; `truncate`: length of a cell, or 0.

    `edits`: those that the relation has and the request has not.
    """

    relation: bytes
    rows: int
    truncate: int
    vertical: bool
    edits: Edits = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Write:
    """The gateway carries out the write; `by_sql` tells which answer the script waits for."""

    write: TableWrite
    by_sql: bool


_ASKING = frozenset({"get", "get_option", "get_with_default", "get_all", "is_modifiable"})
# what the client looks at for its own work
_ASKED_BY_CLIENT = (
    *("spark.connect.", "spark.python.sql.", "spark.sql.artifact.", "spark.sql.connect."),
    *("spark.sql.execution.", "spark.sql.pyspark.", "spark.sql.repl.", "spark.sql.session."),
    *("spark.sql.stackTracesInDataFrameContext", "spark.sql.timestampType"),
)
# what the client asks for by itself, or has no result
_ANALYSES = frozenset(
    {"schema", "ddl_parse", "json_to_ddl", "persist", "unpersist", "is_streaming", "spark_version"}
)
_STATEMENTS = {"sql.create-temporary-view": "sql.temp-view"}


@dataclass(frozen=True, slots=True)
class Nothing:
    """There is nothing to do: the request is answered at once."""


@dataclass(frozen=True, slots=True)
class Ensure:
    """There is nothing to do if the database exists."""

    database: tuple[str, ...]


PASS, NOTHING = Pass(), Nothing()


Decision = Pass | Nothing | Ensure | Show | Write


def execute(request: bytes, rules: Rules) -> Decision | Refusal:
    """For ExecutePlan."""
    try:
        return _execute(Node(base_pb2.ExecutePlanRequest.DESCRIPTOR, memoryview(request)), rules)
    except RefusedError as error:
        return error.refusal


def analyze(request: bytes, rules: Rules) -> Pass | Refusal:
    """For AnalyzePlan: a plan that would write is refused here too."""
    try:
        return _analyze(Node(base_pb2.AnalyzePlanRequest.DESCRIPTOR, memoryview(request)), rules)
    except RefusedError as error:
        return error.refusal


def _analyze(request: Node, rules: Rules) -> Pass:
    if (kind := request.which("analyze")) not in _ANALYSES:
        check_finding(f"analyze.{kind}", rules.verified.feature(f"analyze.{kind}"), rules)
    return Pass(edits=_check(uses(request), rules))


def config(request: bytes, rules: Rules) -> Pass | Refusal:
    """For Config: what is set passes only where Sail does what it says, and with Auto little may be asked."""
    try:
        operation = Node(base_pb2.ConfigRequest.DESCRIPTOR, memoryview(request)).child("operation")
        if operation:
            _check_settings(operation, rules)
    except RefusedError as error:
        return error.refusal
    return PASS


def _check_settings(operation: Node, rules: Rules) -> None:
    kind = operation.which("op_type")
    body = operation.child(kind) if kind else None
    if body is None:
        return
    pairs = [node for name, node in body.children() if name == "pairs"]
    if kind == "set":
        for pair in pairs:
            key = pair.text("key")
            if why := setting_refused(key, pair.text("value")):
                raise RefusedError(f"conf.{key}", f"{key} is set in the program: {why}")
    elif kind in _ASKING and rules.engine == "Auto":
        asked = [*body.texts("keys"), *(pair.text("key") for pair in pairs)] if kind != "get_all" else ["all"]
        for key in asked:
            if not key.startswith(_ASKED_BY_CLIENT):
                raise RefusedError(f"conf.read:{key}", f"the program asks for {key}, which is Spark's own")


def _execute(request: Node, rules: Rules) -> Decision:
    plan = request.child("plan")
    kind = plan.which("op_type") if plan else ""
    if plan is None or kind not in {"root", "command"}:
        raise RefusedError(f"plan.{kind or 'none'}", "a plan that is neither a relation nor a command")
    if show := _show(plan, rules):
        return show
    command = plan.child("command")
    if command is None or kind == "root":
        return Pass(edits=_check(uses(plan), rules))
    return _command(command, rules)


def _show(plan: Node, rules: Rules) -> Show | None:
    root = plan.child("root")
    asked = root.child("show_string") if root else None
    relation = asked.child("input") if asked else None
    if asked is None or relation is None:
        return None
    rows = min(max(0, asked.number("num_rows")), _MOST_SHOWN)
    edits = _check(uses(relation), rules)
    vertical = bool(asked.number("vertical"))
    return Show(rebuilt(relation, edits), rows, asked.number("truncate"), vertical, edits)


def _command(command: Node, rules: Rules) -> Pass | Nothing | Ensure | Write:
    kind = command.which("command_type")
    body = command.child(kind) if kind else None
    if body is None:
        raise RefusedError("command.none", "a command that the protocol leaves open")
    if kind == "sql_command":
        return _sql_command(body, rules)
    if kind in {"write_operation", "write_operation_v2"}:
        write = tablewrite.of_v1(body) if kind == "write_operation" else tablewrite.of_v2(body)
        return Write(_mended(write, body, rules), by_sql=False)
    if kind == "ml_command" and body.which("command") == "clean_cache":
        # the client's last call of a session; there is no cache, and Sail knows no such command
        return NOTHING
    if kind not in _SESSION_COMMANDS:
        raise RefusedError(f"command.{kind}", f"{kind.replace('_', ' ')} is not run on this engine")
    edits = _check(uses(body), rules)
    name = (
        body.text("function_name").lower() if kind in {"register_function", "register_table_function"} else ""
    )
    if name in rules.verified.functions:
        raise RefusedError("udf.shadows", f"a function of the program has the name of Spark's {name}")
    return Pass(name, edits=edits)


def _mended(write: TableWrite, body: Node, rules: Rules) -> TableWrite:
    """The write with the rows that Spark would write."""
    source = body.child("input")
    return replace(write, relation=rebuilt(source, _check(uses(source), rules))) if source else write


def _sql_command(command: Node, rules: Rules) -> Pass | Nothing | Ensure | Write:
    source = command.child("input")
    sql = source.child("sql") if source else None
    if source is None or sql is None or source.which("rel_type") != "sql":
        # SQL with DataFrames as arguments, or of an old client
        edits = _check(uses(command), rules)
        if command.text("sql"):
            raise RefusedError("sql.old-client", "a statement in the form of Spark 3")
        return Pass(edits=edits)
    found = statement(sql.text("query"))
    if isinstance(found, EnsureDatabase):
        return Ensure(found.name)
    if isinstance(found, Query) and found.feature == "sql.query":
        _check(uses(command), replace(rules, columns=None))
        return Pass(later=True)
    if not isinstance(found, WriteStatement):
        return Pass(edits=_check(uses(command), rules))
    asked = uses(command)
    asked.queries = []
    query = _check_query(found.query, sql, rules)
    _check(asked, rules)
    return Write(tablewrite.of_statement(replace(found, query=query), sql), by_sql=True)


def _check(found: Uses, rules: Rules) -> Edits:
    """What is replaced in the plan. Raises RefusedError for the first thing in it that may not pass."""
    edits: dict[int, Edit] = {}
    for sql in found.queries:
        text = sql.text("query")
        if (query := _check_query(text, sql, rules)) != text:
            edits[sql.at] = setting(sql.kind, "query", query)
    for text in found.expressions:
        _check_names(text, rules)
    check_variants(found, rules)
    check_names(found.functions - ARITHMETIC, found.features, rules)
    if rules.columns is None:
        return edits
    mended: Edits = shaping().check_plan(found.relations, edits, rules, rules.columns)
    return mended


def shaping() -> ModuleType:
    """The judgement by types. It loads the parser of SQL, for which a script at its start need not wait."""
    return importlib.import_module("emberlake.sail.shaping")


def _check_names(text: str, rules: Rules) -> None:
    """Refuse a function that is known to give other results, by its name alone."""
    for name in sorted(called(text) - rules.own - ARITHMETIC):
        finding = rules.verified.function(name)
        if finding.verdict is Verdict.DIFFERS:
            check_finding(name, finding, rules)


def _check_query(text: str, sql: Node, rules: Rules) -> str:
    """The text as it goes on. `sql`: the message that it stands in, whose arguments hold for it."""
    _check_names(text, rules)
    found = statement(text)
    if isinstance(found, Refusal):
        raise RefusedError(found.feature, found.message)
    if isinstance(found, WriteStatement | EnsureDatabase):
        raise RefusedError("sql.write", "a statement that writes, where a query is read")
    if isinstance(found, SessionStatement):
        check_finding(found.feature, rules.verified.feature(found.feature), rules)
        return text
    if found.feature != "sql.query":
        feature = _STATEMENTS.get(found.feature, found.feature)
        check_finding(feature, rules.verified.feature(feature), rules)
    if rules.columns is None:
        return text
    columns, query = rules.columns, found.text
    names = lambda: columns.names(tablewrite.reading(query, sql))  # noqa: E731
    before, _, behind = text.rpartition(query)
    return f"{before}{shaping().check_query(query, rules, columns, names)}{behind}"
