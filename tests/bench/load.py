"""Writes the tables of TPC-H and TPC-DS to Iceberg with Trino's connectors, in a Trino of the bench's own."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import trino
from demo import kube, pipeline
from demo.show import stage

NAME = "bench-loader"
CONNECTORS = {
    # the specification's names and exact decimals
    "tpch": "connector.name=tpch\ntpch.column-naming=STANDARD\ntpch.double-type-mapping=DECIMAL\n",
    # amounts as many keep them
    "tpch_double": "connector.name=tpch\ntpch.column-naming=STANDARD\ntpch.double-type-mapping=DOUBLE\n",
    "tpcds": "connector.name=tpcds\n",
}
# tells of the generator, no table of the specification
_NO_DATA = "dbgen_version"


def schema(suite: str, scale: float) -> str:
    """Name of the schema for one of `CONNECTORS` at a scale factor."""
    return f"{suite}_sf{scale:g}".replace(".", "_")


def load(suite: str, scale: float) -> None:
    """Make the schema and its tables, unless they are there already."""
    with loader(suite) as port:
        cursor = trino.dbapi.connect(host="127.0.0.1", port=port, user="bench").cursor()

        def run(sql: str) -> list[list[Any]]:
            found: list[list[Any]] = cursor.execute(sql).fetchall()
            return found

        source, target = f'{suite}."sf{scale:g}"', f"lake.{schema(suite, scale)}"
        run(f"CREATE SCHEMA IF NOT EXISTS {target}")
        present = {row[0] for row in run(f"SHOW TABLES FROM {target}")}
        for (table,) in run(f"SHOW TABLES FROM {source}"):
            if table not in present and table != _NO_DATA:
                columns = ", ".join(_selected(*row[:2]) for row in run(f"SHOW COLUMNS FROM {source}.{table}"))
                with stage(f"{target}.{table}"):
                    run(f"CREATE TABLE {target}.{table} AS SELECT {columns} FROM {source}.{table}")


def _selected(name: str, kind: str) -> str:
    """Iceberg has no `char`: what it pads is left away, as Spark's own data of the suite have it."""
    return f"rtrim(CAST({name} AS varchar)) AS {name}" if kind.startswith("char(") else name


@contextmanager
def loader(suite: str) -> Iterator[int]:
    """A local port to a Trino like the Warehouse's that has the connector of the suite too."""
    name = _name(suite)
    kube.kubectl(
        "apply", "-f", "-", stdin=json.dumps({"apiVersion": "v1", "kind": "List", "items": _objects(suite)})
    )
    try:
        kube.kubectl(
            "wait", f"pod/{name}", "-n", pipeline.NAMESPACE, "--for=condition=Ready", "--timeout=300s"
        )
        with kube.forward(f"pod/{name}", pipeline.NAMESPACE, 8080) as port:
            yield port
    finally:
        kube.kubectl("delete", f"pod/{name}", f"configmap/{name}", "-n", pipeline.NAMESPACE)


def _name(suite: str) -> str:
    return f"{NAME}-{suite}".replace("_", "-")


def _objects(suite: str) -> list[dict[str, Any]]:
    name = _name(suite)
    pod = kube.get("deployment", "wh-coordinator", pipeline.NAMESPACE)["spec"]["template"]["spec"]
    (etc,) = (volume for volume in pod["volumes"] if volume["name"] == "etc")
    file = f"{suite}.properties"
    catalog = {"name": name, "items": [{"key": file, "path": f"catalog/{file}"}]}
    etc["projected"]["sources"].append({"configMap": catalog})
    meta = {"name": name, "namespace": pipeline.NAMESPACE}
    data = {file: CONNECTORS[suite]}
    return [
        {"apiVersion": "v1", "kind": "ConfigMap", "metadata": meta, "data": data},
        {"apiVersion": "v1", "kind": "Pod", "metadata": meta, "spec": {**pod, "restartPolicy": "Never"}},
    ]
