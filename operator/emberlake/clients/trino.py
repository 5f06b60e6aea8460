"""Asks a Trino whether it answers queries, through the ordinary Python client."""

from urllib.parse import urlsplit

import requests
from trino.dbapi import connect
from trino.exceptions import Error, HttpError, TrinoConnectionError

USER = "emberlake"
SOURCE = "emberlake-operator"
# A query that stays in a queue for longer is no answer.
_QUERY_LIMIT = "15s"
# SELECT 1 needs no node: it succeeds seconds before the coordinator has joined its own cluster.
NODES = "SELECT count(*) FROM system.runtime.nodes WHERE state = 'active'"


class TrinoUnavailableError(Exception):
    """Trino gave no answer; the message says how."""


def answering(url: str, timeout: float = 5.0) -> frozenset[str]:
    """Ask for a node that takes work, then list the catalogs.

    Blocks: call it in a thread.

    Args:
        url: address such as http://wh.demo.svc:8080.
        timeout: seconds for each HTTP request; a query takes at most 15 s.

    Returns:
        the names that `SHOW CATALOGS` lists.

    Raises:
        TrinoUnavailableError: no connection, an error of the query, or no node that takes work.
    """
    target = urlsplit(url)
    connection = connect(  # type: ignore[no-untyped-call]
        host=target.hostname,
        port=target.port,
        http_scheme=target.scheme,
        user=USER,
        source=SOURCE,
        session_properties={"query_max_run_time": _QUERY_LIMIT},
        request_timeout=timeout,
        max_attempts=1,
    )
    try:
        cursor = connection.cursor()
        ((nodes,),) = cursor.execute(NODES).fetchall()
        if not nodes:
            raise TrinoUnavailableError(f"{url}: no node takes work yet")
        return frozenset(row[0] for row in cursor.execute("SHOW CATALOGS").fetchall())
    except (requests.RequestException, TrinoConnectionError) as error:
        raise TrinoUnavailableError(f"{url}: {_root(error)}") from error
    except (Error, HttpError) as error:
        raise TrinoUnavailableError(f"{url}: {error}") from error
    finally:
        connection.close()


def _root(error: BaseException) -> str:
    """The last line of a nested connection error; the outer ones repeat it with addresses of objects."""
    reason = error
    while reason.__context__ is not None:
        reason = reason.__context__
    return f"{type(reason).__name__}: {reason}".splitlines()[0][:300]
