"""The head of a statement that writes rows into an Iceberg table, as the gateway carries it out.

What the head may hold is written here; anything more (a clause, an option, a partition) is refused by its
name, never passed over. Grammar: SqlBaseParser.g4 of Spark 4.1, rules insertInto, createTable, replaceTable.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from emberlake.sail.refusal import RefusedError
from emberlake.sail.sqllex import Kind, Token

# a transform's function in PARTITIONED BY, and Iceberg's name of it
TRANSFORMS = {
    "year": "year",
    "years": "year",
    "month": "month",
    "months": "month",
    "day": "day",
    "days": "day",
    "date": "day",
    "hour": "hour",
    "hours": "hour",
    "date_hour": "hour",
}
SIZED_TRANSFORMS = frozenset({"bucket", "truncate"})


class Verb(enum.Enum):
    """What a statement does to its table."""

    INSERT = "insert into"
    OVERWRITE = "insert overwrite"
    CREATE = "create"
    CREATE_IF_ABSENT = "create if not exists"
    REPLACE = "replace"
    CREATE_OR_REPLACE = "create or replace"


@dataclass(frozen=True, slots=True)
class WriteStatement:
    """`query` makes the rows. `columns`: the table's columns that they go to, if the statement names them.

    `partitioning`: (column, Iceberg's transform) of a new table.
    """

    verb: Verb
    table: tuple[str, ...]
    query: str
    by_name: bool = False
    columns: tuple[str, ...] = ()
    partitioning: tuple[tuple[str, str], ...] = ()
    properties: Mapping[str, str] = field(default_factory=dict)
    comment: str | None = None
    location: str | None = None


class _Head:
    """Reads the tokens of a head one after the other."""

    def __init__(self, text: str, found: tuple[Token, ...], feature: str) -> None:
        self._text, self._found, self._at, self._feature = text, found, 0, feature

    def taken(self, *words: str) -> bool:
        """Whether the next words are these; then they are taken."""
        if tuple(token.word for token in self._found[self._at : self._at + len(words)]) != words:
            return False
        self._at += len(words)
        return True

    def mark(self, text: str) -> bool:
        """Whether the next token is this mark; then it is taken."""
        if self.peek().kind is not Kind.MARK or self.peek().text != text:
            return False
        self._at += 1
        return True

    def expect(self, mark: str) -> None:
        """Take this mark."""
        if not self.mark(mark):
            raise self.unknown()

    def peek(self) -> Token:
        """The next token."""
        if self._at >= len(self._found):
            raise RefusedError(self._feature, "the statement ends too early")
        return self._found[self._at]

    def identifier(self) -> str:
        """A name, in backquotes or a bare word."""
        token = self.peek()
        if token.kind not in {Kind.WORD, Kind.QUOTED}:
            raise self.unknown()
        self._at += 1
        return token.name

    def string(self) -> str:
        """A string without escapes."""
        token = self.peek()
        if token.kind is not Kind.STRING or "\\" in token.text:
            raise self.unknown()
        self._at += 1
        if self._at < len(self._found) and self._found[self._at].kind is Kind.STRING:
            raise self.unknown()
        return token.text[1:-1]

    def name(self) -> tuple[str, ...]:
        """A name of one to three parts."""
        parts = [self.identifier()]
        while self.mark("."):
            parts.append(self.identifier())
        if self.peek().text == "(" and parts[-1].upper() == "IDENTIFIER":
            raise RefusedError("sql.identifier-clause", "IDENTIFIER(...) as the name of the table to write")
        return tuple(parts)

    def columns(self) -> tuple[str, ...]:
        """(column, ...), if such a list stands next and not a query in parentheses."""
        first, second = self.peek(), self._found[self._at + 1 : self._at + 3]
        if first.text != "(" or len(second) < 2 or second[1].text not in {",", ")"}:
            return ()
        self.expect("(")
        names = [self.identifier()]
        while self.mark(","):
            names.append(self.identifier())
        self.expect(")")
        return tuple(names)

    def type(self) -> str:
        """A type with its parameters; anything behind it (NOT NULL, DEFAULT, COMMENT) is not known."""
        start, depth = self.peek(), 0
        if start.kind is not Kind.WORD:
            raise self.unknown()
        self._at += 1
        while depth or self.peek().text in {"(", "<"}:
            token = self.peek()
            if token.kind not in {Kind.WORD, Kind.MARK} or token.word in {"NOT", "COMMENT"}:
                raise self.unknown()
            depth += {"(": 1, "<": 1, ")": -1, ">": -1}.get(token.text, 0)
            self._at += 1
        return self._text[start.start : self._found[self._at - 1].end]

    def ended(self) -> bool:
        """Whether all is read."""
        return self._at == len(self._found)

    def rest(self) -> str:
        """The text from here to the end."""
        return self._text[self.peek().start : self._found[-1].end]

    def unknown(self) -> RefusedError:
        """The error that names what stands here."""
        return RefusedError(
            self._feature, f"{self.peek().text[:40]} in the head of this statement is not known here"
        )


def insert(text: str, found: tuple[Token, ...], prefix: str) -> WriteStatement:
    """INSERT {INTO | OVERWRITE} [TABLE] name [BY NAME | (columns)] query.

    `prefix`: a WITH clause that stood before it.
    """
    head = _Head(text, found, "sql.insert")
    head.taken("INSERT")
    overwrites = head.taken("OVERWRITE")
    if not overwrites and not head.taken("INTO"):
        raise head.unknown()
    if head.peek().word in {"DIRECTORY", "LOCAL"}:
        raise RefusedError("sql.insert-directory", "INSERT OVERWRITE DIRECTORY")
    head.taken("TABLE")
    table = head.name()
    by_name = head.taken("BY", "NAME")
    if head.peek().word in {"PARTITION", "REPLACE"}:
        raise RefusedError(f"sql.insert-{head.peek().word.lower()}", f"INSERT with {head.peek().word}")
    columns = () if by_name else head.columns()
    if prefix and head.peek().word == "WITH":
        raise RefusedError("sql.insert", "WITH before and behind INSERT")
    _no_default(found)
    verb = Verb.OVERWRITE if overwrites else Verb.INSERT
    return WriteStatement(verb, table, prefix + head.rest(), by_name or bool(columns), columns)


def _no_default(found: tuple[Token, ...]) -> None:
    for before, token, behind in zip(found, found[1:], found[2:], strict=False):
        if token.word == "DEFAULT" and before.text in {"(", ","} and behind.text in {")", ","}:
            raise RefusedError("sql.insert-default", "DEFAULT as a value to insert")


def create_as(text: str, found: tuple[Token, ...]) -> WriteStatement:
    """[CREATE] [OR REPLACE] TABLE [IF NOT EXISTS] name [(columns)] [USING iceberg] clauses [AS query].

    A table with columns and without a query is written like one of a query that has no rows.
    """
    head = _Head(text, found, f"sql.{found[0].word.lower()}")
    verb = _verb(head)
    table = head.name()
    empty = _no_rows(head) if head.mark("(") else ""
    if head.taken("USING") and head.identifier().lower() != "iceberg":
        raise RefusedError("sql.create-provider", "a new table that is not Iceberg's")
    clauses = _Clauses()
    while not (head.ended() if empty else head.taken("AS")):
        clauses.read(head)
    return WriteStatement(
        verb,
        table,
        empty or head.rest(),
        by_name=True,
        partitioning=clauses.partitioning,
        properties=clauses.properties,
        comment=clauses.comment,
        location=clauses.location,
    )


def _no_rows(head: _Head) -> str:
    """A query without rows that has the columns (name type, ...) which stand here."""
    columns: list[str] = []
    while not columns or head.mark(","):
        name = head.identifier().replace("`", "``")
        columns.append(f"CAST(NULL AS {head.type()}) AS `{name}`")
    head.expect(")")
    return f"SELECT {', '.join(columns)} WHERE false"


def _verb(head: _Head) -> Verb:
    if head.taken("REPLACE", "TABLE"):
        return Verb.REPLACE
    if head.taken("CREATE", "OR", "REPLACE", "TABLE"):
        return Verb.CREATE_OR_REPLACE
    if head.taken("CREATE", "TABLE"):
        return Verb.CREATE_IF_ABSENT if head.taken("IF", "NOT", "EXISTS") else Verb.CREATE
    raise RefusedError(
        "sql.create", "of CREATE and REPLACE only those of a table by AS query, and temporary views"
    )


@dataclass
class _Clauses:
    """The clauses between the table's name and AS, each at most once."""

    partitioning: tuple[tuple[str, str], ...] = ()
    properties: dict[str, str] = field(default_factory=dict)
    comment: str | None = None
    location: str | None = None

    def read(self, head: _Head) -> None:
        """The clause that stands next."""
        if not self.partitioning and head.taken("PARTITIONED", "BY"):
            self.partitioning = tuple(_listed(head, _partition))
        elif not self.properties and head.taken("TBLPROPERTIES"):
            self.properties = dict(_listed(head, _property))
        elif self.comment is None and head.taken("COMMENT"):
            self.comment = head.string()
        elif self.location is None and head.taken("LOCATION"):
            self.location = head.string()
        else:
            raise head.unknown()


def _listed(head: _Head, item: Callable[[_Head], tuple[str, str]]) -> list[tuple[str, str]]:
    """(item, item, ...)"""
    head.expect("(")
    items = [item(head)]
    while head.mark(","):
        items.append(item(head))
    head.expect(")")
    return items


def _partition(head: _Head) -> tuple[str, str]:
    """column, transform(column) or bucket(size, column)."""
    name = head.identifier()
    if not head.mark("("):
        return name, "identity"
    if name.lower() in SIZED_TRANSFORMS:
        size = head.identifier()
        head.expect(",")
        if not size.isdecimal():
            raise head.unknown()
        transform = f"{name.lower()}[{size}]"
    elif name.lower() in TRANSFORMS:
        transform = TRANSFORMS[name.lower()]
    else:
        raise RefusedError("sql.create", f"the partition transform {name}")
    column = head.identifier()
    head.expect(")")
    return column, transform


def _property(head: _Head) -> tuple[str, str]:
    """'key' = 'value'."""
    key = head.string()
    head.expect("=")
    return key, head.string()
