"""One engine: reads requests from standard input, one JSON a line, answers each on standard output.

`{"shown": {id: {"query": "SELECT 1", "rows": 20, "truncate": 20, "vertical": false}}}` gives `{id: text}`;
`{"exprs": {id: "abs(-1)"}}`, `{"sql": {id: ["statement", ..., "query"]}}` or
`{"python": {id: {"function": "module:name"}}}` gives `{id: outcome}`.
"""

import contextlib
import importlib
import io
import json
import logging
import os
import sys
from importlib import metadata
from pathlib import Path
from typing import Any

from compat import canon

ERROR_LENGTH = 300
# what the Python clients cannot collect
TEXT_ONLY = ("interval", "variant", "geometry", "geography")


class Engine:
    """A session, and how a case runs in it."""

    def __init__(self, spark: Any, tables: list[str]) -> None:
        self.spark = spark
        for statement in tables:
            spark.sql(statement).collect()

    def answer(self, request: dict[str, Any]) -> dict[str, Any]:
        found: dict[str, Any] = {}
        found.update(self.exprs(list(request.get("exprs", {}).items())))
        for name, statements in request.get("sql", {}).items():
            found[name] = self.outcome(lambda s=statements: self.sql(s))
        for name, what in request.get("python", {}).items():
            found[name] = self.outcome(lambda f=what["function"]: self.python(f))
        found.update({name: self.shown(**what) for name, what in request.get("shown", {}).items()})
        return found

    def shown(self, query: str, rows: int, truncate: int, vertical: bool) -> str:
        """What `show()` prints."""
        out = io.StringIO()
        with contextlib.redirect_stdout(out):
            self.spark.sql(query).show(rows, truncate, vertical)
        return out.getvalue()

    def exprs(self, cases: list[tuple[str, str]]) -> dict[str, Any]:
        """As columns of one query; where that fails, of halves of it."""
        if not cases:
            return {}
        text = "SELECT " + ", ".join(f"{expr} AS c{i}" for i, (_, expr) in enumerate(cases))
        whole = self.outcome(lambda: self.spark.sql(text))
        if "error" not in whole:
            fields, row = whole["schema"]["fields"], whole["rows"][0]
            return {
                name: {
                    "schema": {"type": "struct", "fields": [{**fields[i], "name": "c0"}]},
                    "rows": [[row[i]]],
                }
                for i, (name, _) in enumerate(cases)
            }
        if len(cases) == 1:
            return {cases[0][0]: whole}
        middle = len(cases) // 2
        return {**self.exprs(cases[:middle]), **self.exprs(cases[middle:])}

    def sql(self, statements: list[str]) -> Any:
        """All but the last prepare; `conf KEY=VALUE` holds until the case ends."""
        changed = {}
        try:
            for statement in statements[:-1]:
                if statement.startswith("conf "):
                    key, _, setting = statement.removeprefix("conf ").partition("=")
                    changed[key] = self.spark.conf.get(key, None)
                    self.spark.conf.set(key, setting)
                else:
                    self.spark.sql(statement).collect()
            return collected(self.spark.sql(statements[-1]))
        finally:
            for key, before in changed.items():
                self.spark.conf.unset(key) if before is None else self.spark.conf.set(key, before)

    def python(self, function: str) -> Any:
        module, _, name = function.partition(":")
        return getattr(importlib.import_module(module), name)(self.spark)

    def outcome(self, run: Any) -> dict[str, Any]:
        try:
            return collected(run())
        except Exception as err:  # noqa: BLE001 - whatever an engine says is the outcome
            return {"error": f"{type(err).__name__}: {err}".strip()[:ERROR_LENGTH]}


def collected(result: Any) -> dict[str, Any]:
    """The outcome of a case: a data frame's schema and rows, or a plain Python value."""
    if isinstance(result, dict):
        return result
    if not hasattr(result, "schema"):
        return {"schema": None, "rows": canon.value(result)}
    schema = canon.schema(result.schema.jsonValue())
    text = [
        field["name"]
        for field in schema["fields"]
        if any(word in json.dumps(field["type"]) for word in TEXT_ONLY)
    ]
    if text:
        result = result.toDF(*(f"c{i}" for i in range(len(schema["fields"])))).selectExpr(
            *(
                f"CAST(c{i} AS STRING)" if f["name"] in text else f"c{i}"
                for i, f in enumerate(schema["fields"])
            )
        )
    return {"schema": schema, "rows": canon.rows(result.collect())}


def session(engine: str, conf: dict[str, str]) -> Any:
    """Spark in this process's JVM, or a Sail server in this process and a client of it."""
    from pyspark.sql import SparkSession  # noqa: PLC0415 - two packages of this name, chosen by PYTHONPATH

    builder = SparkSession.builder
    if engine != "spark":
        from pysail.spark import SparkConnectServer  # noqa: PLC0415 - only there

        server = SparkConnectServer("127.0.0.1", 0)
        server.start(background=True)
        host, port = server.listening_address[:2]
        spark = builder.remote(f"sc://{host}:{port}").getOrCreate()
        spark.conf.set("spark.sql.session.timeZone", "UTC")
        spark.served_by = server  # it ends when nothing refers to it
        return spark
    for key, setting in conf.items():
        builder = builder.config(key, setting)
    spark = builder.getOrCreate()
    spark.sparkContext.setLogLevel("OFF")
    return spark


def main() -> None:
    """`worker.py ENGINE SETTINGS`, SETTINGS a JSON file with `conf` and `tables`.

    ENGINE: `spark`, `sail`, or `sail-Auto` and `sail-Sail`: the cases pass the gateway of such a job.
    """
    answers = os.fdopen(os.dup(1), "w")
    logging.disable()
    os.dup2(2, 1)
    settings = json.loads(Path(sys.argv[2]).read_text(encoding="utf-8"))
    engine = Engine(session(sys.argv[1], settings["conf"]), settings["tables"])
    said = {"version": engine.spark.version if sys.argv[1] == "spark" else metadata.version("pysail")}
    with contextlib.ExitStack() as stack:
        if sys.argv[1].startswith("sail-"):
            from compat.gatewayserver import through  # noqa: PLC0415 - the program is not in Spark's Python

            direct, behind = engine.spark, sys.argv[1].removeprefix("sail-")
            engine.spark = stack.enter_context(through(direct, behind))
        print(json.dumps(said), file=answers, flush=True)
        for line in sys.stdin:
            print(json.dumps(engine.answer(json.loads(line))), file=answers, flush=True)


if __name__ == "__main__":
    main()
