"""What a text of SQL does: reads, changes the session, writes a table, or something that is refused.

A text passes when its first word begins a statement that cannot write. That is safe because Sail's grammar
(crates/sail-sql-parser/src/ast/statement.rs) lets nothing but a query begin with these words, and takes one
statement at a time. Whether a query gives Spark's results is decided elsewhere.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

from emberlake.sail.refusal import Refusal, RefusedError
from emberlake.sail.sqllex import Kind, Token, tokens
from emberlake.sail.sqlwrite import WriteStatement, create_as, insert

QUERY_WORDS = frozenset({"SELECT", "WITH", "VALUES", "TABLE", "FROM"})
_DESCRIBING = frozenset({"SHOW", "DESCRIBE", "DESC", "USE"})
_EXPLAIN_FORMATS = frozenset({"EXTENDED", "CODEGEN", "COST", "FORMATTED"})
# in no query do these words follow each other; where they do, a statement hides in the text
_WRITING_PAIRS = {
    "INSERT": frozenset({"INTO", "OVERWRITE"}),
    "MERGE": frozenset({"INTO", "WITH"}),
    "DELETE": frozenset({"FROM"}),
    "CREATE": frozenset(
        {"TABLE", "OR", "EXTERNAL", "TEMPORARY", "TEMP", "GLOBAL", "VIEW", "DATABASE", "SCHEMA"}
    ),
    "REPLACE": frozenset({"TABLE"}),
    "DROP": frozenset({"TABLE", "VIEW", "DATABASE", "SCHEMA", "NAMESPACE"}),
    "ALTER": frozenset({"TABLE", "VIEW", "DATABASE", "SCHEMA", "NAMESPACE"}),
    "TRUNCATE": frozenset({"TABLE"}),
    "LOAD": frozenset({"DATA"}),
    "EXECUTE": frozenset({"IMMEDIATE"}),
}


@dataclass(frozen=True, slots=True)
class Query:
    """A text that reads. `text` is the query in it, `feature` how it is asked for."""

    text: str
    feature: str = "sql.query"


@dataclass(frozen=True, slots=True)
class SessionStatement:
    """A text that tells of tables, or changes the session only: SHOW, DESCRIBE, USE."""

    feature: str


@dataclass(frozen=True, slots=True)
class EnsureDatabase:
    """CREATE DATABASE IF NOT EXISTS without anything more: nothing where there is one."""

    name: tuple[str, ...]


Statement = EnsureDatabase | Query | SessionStatement | WriteStatement | Refusal


def called(text: str) -> frozenset[str]:
    """The lower-case names before parentheses: the functions of the text, and some that are none.

    With them `>>>:int`, of an operator that sqlglot cannot read.
    """
    found = tokens(text)
    names = {
        one.name.lower()
        for one, two in pairwise(found)
        if two.text == "(" and one.kind in {Kind.WORD, Kind.QUOTED}
    }
    if ">>>" in "".join(token.text if token.kind is Kind.MARK else " " for token in found):
        names.add(">>>:int")
    return frozenset(names)


def statement(text: str) -> Statement:
    """What the text does. Never raises: what cannot be understood is a Refusal."""
    try:
        return _statement(text, _one(tokens(text)))
    except RefusedError as error:
        return error.refusal


def _one(found: tuple[Token, ...]) -> tuple[Token, ...]:
    """The tokens without the semicolons at the end."""
    while found and found[-1].text == ";":
        found = found[:-1]
    if not found:
        raise RefusedError("sql.empty", "the text has no statement")
    if any(token.text == ";" for token in found):
        raise RefusedError(
            "sql.several-statements", "a text with several statements, or a script BEGIN ... END"
        )
    return found


def _statement(text: str, found: tuple[Token, ...]) -> Statement:
    first = found[0].word
    if found[0].text == "(" or first in QUERY_WORDS:
        return _query(text, found)
    if first == "INSERT":
        return _write(insert(text, found, prefix=""))
    if first in {"CREATE", "REPLACE"}:
        return _created(text, found)
    if first == "EXPLAIN":
        return _explained(text, found)
    if first in _DESCRIBING:
        _no_statement_inside(found[1:])
        return SessionStatement(f"sql.{'describe' if first == 'DESC' else first.lower()}")
    raise RefusedError(
        f"sql.{(first or 'unknown').lower()}", f"{first or found[0].text} is not run on this engine"
    )


def _created(text: str, found: tuple[Token, ...]) -> Statement:
    if view := _view_query(found):
        return Query(text[found[view].start : found[-1].end], "sql.create-temporary-view")
    if found[0].word == "CREATE" and found[1:2] and found[1].word in {"DATABASE", "NAMESPACE", "SCHEMA"}:
        return _database(found)
    return _write(create_as(text, found))


def _database(found: tuple[Token, ...]) -> EnsureDatabase:
    words, name = [token.word for token in found[2:5]], found[5:]
    names, dots = name[::2], name[1::2]
    if (
        words != ["IF", "NOT", "EXISTS"]
        or len(name) % 2 == 0
        or any(token.kind not in {Kind.WORD, Kind.QUOTED} for token in names)
        or any(token.text != "." for token in dots)
    ):
        raise RefusedError("sql.create-database", "of CREATE DATABASE only IF NOT EXISTS and a name")
    return EnsureDatabase(tuple(token.name for token in names))


def _query(text: str, found: tuple[Token, ...]) -> Statement:
    if found[0].word == "WITH":
        main = _behind_ctes(found)
        if found[main].word == "INSERT":
            _no_statement_inside(found[:main])
            return _write(insert(text, found[main:], prefix=text[found[0].start : found[main].start]))
        if found[main].text != "(" and found[main].word not in QUERY_WORDS:
            raise RefusedError(f"sql.{found[main].word.lower() or 'unknown'}", f"WITH ... {found[main].text}")
    _no_statement_inside(found)
    return Query(text[found[0].start : found[-1].end])


def _write(write: WriteStatement) -> WriteStatement:
    """The write, if what it writes is a query and nothing else."""
    inner = tokens(write.query)
    if not inner or (inner[0].text != "(" and inner[0].word not in QUERY_WORDS):
        raise RefusedError(
            "sql.write", f"the rows to write must come from a query, not from {write.query[:40]!r}"
        )
    if inner[0].word == "WITH" and inner[min(_behind_ctes(inner), len(inner) - 1)].word not in {
        *QUERY_WORDS,
        "",
    }:
        raise RefusedError("sql.write", "the rows to write must come from a query behind WITH")
    _no_statement_inside(inner)
    return write


def _explained(text: str, found: tuple[Token, ...]) -> Statement:
    """EXPLAIN of a query is a query. EXPLAIN ANALYZE is Sail's alone, and runs what stands behind it."""
    at = 1
    while at < len(found) and found[at].word in _EXPLAIN_FORMATS:
        at += 1
    inner = _statement(text, found[at:]) if at < len(found) else None
    if not isinstance(inner, Query) or inner.feature != "sql.query":
        raise RefusedError("sql.explain", "EXPLAIN of anything but a query")
    return Query(inner.text, "sql.explain")


def _view_query(found: tuple[Token, ...]) -> int:
    """Where the query of CREATE [OR REPLACE] TEMPORARY VIEW name AS query begins; 0 if it is none."""
    words = [token.word for token in found[:6]]
    if words[0] != "CREATE":
        return 0
    at = 3 if words[1:3] == ["OR", "REPLACE"] else 1
    if words[at : at + 1] not in (["TEMP"], ["TEMPORARY"]) or words[at + 1 : at + 2] != ["VIEW"]:
        return 0
    if len(found) < at + 5 or found[at + 3].word != "AS":
        raise RefusedError(
            "sql.create-temporary-view", "only CREATE [OR REPLACE] TEMPORARY VIEW name AS query"
        )
    rest = found[at + 4 :]
    if rest[0].text != "(" and rest[0].word not in QUERY_WORDS:
        raise RefusedError("sql.create-temporary-view", f"a view of {rest[0].text}")
    if rest[0].word == "WITH":
        _behind_ctes(rest)
    _no_statement_inside(rest)
    return at + 4


def _behind_ctes(found: tuple[Token, ...]) -> int:
    """The place of the word behind WITH [RECURSIVE] name [(columns)] [AS] (query), ..."""
    at = 2 if len(found) > 1 and found[1].word == "RECURSIVE" else 1
    while True:
        at += 1  # the name
        if _text(found, at) == "(" and _text(found, _closed(found, at)) in {"AS", "as", "As", "aS", "("}:
            at = _closed(found, at)  # the names of its columns
        if at < len(found) and found[at].word == "AS":
            at += 1
        if _text(found, at) != "(":
            raise RefusedError("sql.with", "a WITH clause that is not name AS (query), ...")
        at = _closed(found, at)
        if _text(found, at) != ",":
            break
        at += 1
    if at >= len(found):
        raise RefusedError("sql.with", "nothing stands behind the WITH clause")
    return at


def _text(found: tuple[Token, ...], at: int) -> str:
    return found[at].text if at < len(found) else ""


def _closed(found: tuple[Token, ...], at: int) -> int:
    """The place behind the parenthesis that closes the one at `at`."""
    depth = 0
    for place in range(at, len(found)):
        if found[place].kind is Kind.MARK:
            depth += {"(": 1, ")": -1}.get(found[place].text, 0)
        if depth == 0:
            return place + 1
    raise RefusedError("sql.parentheses", "a parenthesis is not closed")


def _no_statement_inside(found: tuple[Token, ...]) -> None:
    for one, two in pairwise(found):
        if two.word in _WRITING_PAIRS.get(one.word, ()):
            raise RefusedError(
                f"sql.{one.word.lower()}",
                f"{one.word} {two.word} inside another statement is not run on this engine",
            )
