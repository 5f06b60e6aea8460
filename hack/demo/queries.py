"""What the demo asks Trino. Each query says what it shows; tests/e2e holds the answers against the truth."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import trino

ICEBERG = "lake.analytics.flights_weather"
RAW = "lake_hive.raw"


@dataclass(frozen=True)
class Query:
    """One question."""

    name: str
    title: str
    sql: str


QUERIES = (
    Query(
        "counts",
        "Rows",
        f"""
        SELECT 'flights' AS "table", count(*) AS "rows" FROM {RAW}.flights
        UNION ALL SELECT 'flights: partitions', count(*) FROM {RAW}."flights$partitions"
        UNION ALL SELECT 'weather', count(*) FROM {RAW}.weather
        UNION ALL SELECT 'flights_weather', count(*) FROM {ICEBERG}
        """,
    ),
    Query(
        "delay_by_month",
        "Mean departure delay by month, in minutes",
        f"""
        SELECT month, count(*) AS flights, sum(dep_delay) AS total, round(avg(dep_delay), 2) AS mean_delay
        FROM {ICEBERG} GROUP BY month ORDER BY month
        """,
    ),
    Query(
        "rain",
        "Rain and delay",
        f"""
        SELECT if(precip > 0, 'wet', 'dry') AS hour, count(dep_delay) AS flights,
               sum(dep_delay) AS total, round(avg(dep_delay), 3) AS mean_delay
        FROM {ICEBERG} WHERE dep_delay IS NOT NULL AND precip IS NOT NULL GROUP BY 1 ORDER BY 1
        """,
    ),
    Query(
        "wind_and_rain",
        "Wind, rain and delay by origin",
        f"""
        SELECT origin, CASE WHEN wind_speed >= 20 THEN 'strong wind' ELSE 'calm' END AS wind,
               if(precip > 0, 'wet', 'dry') AS hour, count(dep_delay) AS flights,
               round(avg(dep_delay), 1) AS mean_delay
        FROM {ICEBERG} WHERE wind_speed IS NOT NULL AND precip IS NOT NULL GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
        """,
    ),
    Query(
        "carriers",
        "A crawled CSV table joined with the Iceberg table: the five latest airlines",
        f"""
        SELECT a.name, count(f.dep_delay) AS flights, round(avg(f.dep_delay), 1) AS mean_delay
        FROM {ICEBERG} f JOIN {RAW}.airlines a ON a.carrier = f.carrier
        GROUP BY a.name ORDER BY mean_delay DESC LIMIT 5
        """,
    ),
)


@dataclass(frozen=True)
class Answer:
    """Column names and rows."""

    columns: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]


def ask(port: int, sql: str, user: str = "demo") -> Answer:
    """Run one statement through a forwarded port of the warehouse.

    Raises:
        trino.exceptions.TrinoQueryError: Trino's own message.
    """
    with trino.dbapi.connect(host="127.0.0.1", port=port, user=user, request_timeout=300) as connection:
        cursor = connection.cursor()
        rows: Sequence[Sequence[Any]] = cursor.execute(sql).fetchall()
        names = tuple(column[0] for column in cursor.description or ())
    return Answer(names, tuple(tuple(row) for row in rows))
