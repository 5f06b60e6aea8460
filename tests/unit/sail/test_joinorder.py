"""Joins in another order have the same rows, and large tables come last."""

import random
import re
import sqlite3
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyspark.sql import SparkSession

from emberlake.sail.joinorder import ordered
from emberlake.sail.sqlshape import parsed
from unit.sail.served import served

SIZES = {"sales": 10, "stock": 90, "item": 3, "days": 4, "house": 2, "tags": 0}
COLUMNS = {
    "sales": ("s_item", "s_day", "s_many"),
    "stock": ("k_item", "k_house", "k_day", "k_many"),
    "item": ("i_item", "i_name"),
    "days": ("d_day", "d_week"),
    "house": ("h_house", "h_name"),
    "tags": ("g_item", "i_name"),
}
STAR = "SELECT s_many, i_name FROM sales"
STOCK = "JOIN stock ON (s_item = k_item AND s_many > k_many)"
HOUSE = "INNER JOIN house h ON h.h_house = k_house"
ITEM = "JOIN item ON i_item = s_item"
DAYS = "JOIN days AS d ON s_day = d.d_day"


def put(text: str, sizes: Mapping[str, int | None] = SIZES) -> str:
    asked = lambda name: dict.fromkeys(COLUMNS[name[-1]]) if name[-1] in COLUMNS else None  # noqa: E731
    return ordered(text, parsed(text), asked, lambda names: [sizes[name[-1]] for name in names])


def test_a_table_with_more_rows_than_the_first_comes_behind_those_that_can_do_without() -> None:
    behind = "LEFT JOIN tags ON g_item = i_item WHERE h_name = 'x' AND d_week > 2 ORDER BY 1"
    text = f"{STAR}\n{STOCK}\n{HOUSE} -- where it lies\n{ITEM}\n  {DAYS}\n{behind}"
    assert put(text) == f"{STAR}\n{ITEM}\n{DAYS} -- where it lies\n{STOCK}\n  {HOUSE}\n{behind}"


def test_inner_queries_are_put_in_order_too() -> None:
    inner = "SELECT count(*) AS n FROM sales s"
    text = "WITH w AS ({0}) SELECT * FROM w JOIN ({0}) v ON w.n = v.n WHERE w.n > ({0})"
    assert put(text.format(f"{inner} {STOCK} {ITEM}")) == text.format(f"{inner} {ITEM} {STOCK}")


@pytest.mark.parametrize(
    "text",
    [
        # the columns of the result are in the order of the tables
        f"SELECT * FROM sales {STOCK} {ITEM}",
        f"SELECT struct(*) AS s FROM sales {STOCK} {ITEM}",
        # outer and other joins stay where they are, and so does what stands behind
        f"{STAR} LEFT {STOCK} {ITEM}",
        f"{STAR} LEFT SEMI {STOCK} {ITEM}",
        f"{STAR} JOIN stock USING (item) {ITEM}",
        f"{STAR} NATURAL JOIN stock {ITEM}",
        f"{STAR} CROSS JOIN stock {ITEM}",
        f"{STAR} {STOCK}, item",
        f"{STAR} JOIN stock {ITEM} ON s_item = k_item",
        # what these read is not known
        f"{STAR} JOIN (SELECT * FROM stock) k ON s_item = k_item {ITEM}",
        f"{STAR} JOIN stock ON s_item = (SELECT max(k_item) FROM stock) {ITEM}",
        f"{STAR} {STOCK} JOIN elsewhere ON s_item = 1 {ITEM}",
        f"WITH stock AS (SELECT 1 AS k_item, 2 AS k_many) {STAR} {STOCK} {ITEM}",
        f"{STAR} JOIN stock TABLESAMPLE (10 ROWS) ON s_item = k_item {ITEM}",
        # whose column is meant is not known
        f"{STAR} {STOCK} {ITEM} JOIN tags ON i_name = 'x'",
        f"{STAR} {STOCK} JOIN item i ON i.i_item = x.s_item",
        f"{STAR} {STOCK} JOIN item stock ON i_item = s_item",
        # each needs the one before
        f"{STAR} {STOCK} {HOUSE}",
        f"{STAR} {ITEM} {STOCK}",
    ],
)
def test_the_order_of_the_text_stays(text: str) -> None:
    assert put(text) == text


@pytest.mark.parametrize("sizes", [{"sales": None}, {"stock": None}, {"stock": 10}])
def test_without_more_rows_no_table_waits(sizes: dict[str, int | None]) -> None:
    text = f"{STAR} {STOCK} {ITEM}"
    assert put(text, SIZES | sizes) == text


def test_no_size_is_asked_where_nothing_can_move() -> None:
    assert put(f"{STAR} {STOCK} {HOUSE}", {}) == f"{STAR} {STOCK} {HOUSE}"


def test_sail_joins_tables_of_iceberg_in_this_order(sail: str, tmp_path: Path) -> None:
    text = f"{STAR} JOIN stock ON s_item = k_item {ITEM}"
    with served(sail, "Sail") as session:
        direct = SparkSession.builder.remote(f"sc://{sail}/;session_id={session.spark.session_id}").create()
        for name in ("sales", "stock", "item"):
            columns = ", ".join(f"id AS {column}" for column in COLUMNS[name])
            rows = f"SELECT {columns} FROM range({SIZES[name]})"
            direct.sql(f"CREATE TABLE {name} USING iceberg LOCATION '{tmp_path / name}' AS {rows}").collect()
        plans = [direct.sql(f"EXPLAIN {it}").collect() for it in (text, put(text))]
        assert session.spark.sql(f"EXPLAIN {text}").collect() == plans[1] != plans[0]
        assert sorted(session.spark.sql(text).collect()) == [(0, 0), (1, 1), (2, 2)]


class Query:
    """A random query over t0, t1, t2, each joined to some before it."""

    def __init__(self, chance: random.Random) -> None:
        self.names = [f"x{number}" for number in range(chance.randint(3, 6))]
        self.chance = chance
        joined = [self.joined(at) for at in range(1, len(self.names))]
        columns = ", ".join(f"{name}.{column}" for name in self.names for column in "ab")
        self.text = f"SELECT {columns} FROM t{chance.randint(0, 2)} x0{''.join(joined)}"

    def joined(self, at: int) -> str:
        own, before = self.names[at], self.names[:at]
        sides = [f"{self.chance.choice(before)}.{self.chance.choice('ab')}" for _ in range(2)]
        conditions = [f"{side} {self.chance.choice(('=', '=', '<'))} {own}.b" for side in sides]
        kind = self.chance.choice(("JOIN", "JOIN", "JOIN", "LEFT JOIN"))
        some = conditions[: self.chance.randint(1, 2)]
        return f" {kind} t{self.chance.randint(0, 2)} {own} ON {' AND '.join(some)}"


@given(st.randoms(use_true_random=False), st.tuples(*[st.integers(0, 9)] * 3))
def test_each_order_has_the_same_rows(chance: random.Random, sizes: tuple[int, ...]) -> None:
    text = Query(chance).text
    asked = lambda names: [sizes[int(name[0][1])] for name in names]  # noqa: E731
    found = ordered(text, parsed(text), lambda _: dict.fromkeys("ab"), asked)
    assert Counter(ROWS.execute(text)) == Counter(ROWS.execute(found))
    source = found.partition(" FROM ")[2]
    for name in re.finditer(r"(x\d)\.", source):
        assert re.search(rf"t\d {name[1]}\b", source[: name.start()]), found


ROWS = sqlite3.connect(":memory:")
for number in range(3):
    ROWS.execute(f"CREATE TABLE t{number}(a int, b int)")
    values = [(at % (number + 2), at % 3 or None) for at in range(4)]
    ROWS.executemany(f"INSERT INTO t{number} VALUES (?, ?)", values)
