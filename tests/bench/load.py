"""Writes the TPC-H tables to Iceberg with Trino's tpch connector, in a Trino pod of the bench's own."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import trino
from demo import kube, pipeline
from demo.show import stage

TABLES = ("region", "nation", "supplier", "customer", "part", "partsupp", "orders", "lineitem")
NAME = "bench-tpch-loader"
# The specification's names and exact decimals.
CONNECTOR = "connector.name=tpch\ntpch.column-naming=STANDARD\ntpch.double-type-mapping=DECIMAL\n"


def schema(scale: float) -> str:
    """Name of the schema for a scale factor."""
    return f"tpch_sf{scale:g}".replace(".", "_")


def load(scale: float) -> None:
    """Make the schema and its tables, unless they are there already."""
    with trino_with_tpch() as port:
        cursor = trino.dbapi.connect(host="127.0.0.1", port=port, user="bench").cursor()

        def run(sql: str) -> list[list[Any]]:
            found: list[list[Any]] = cursor.execute(sql).fetchall()
            return found

        target = f"lake.{schema(scale)}"
        run(f"CREATE SCHEMA IF NOT EXISTS {target}")
        present = {row[0] for row in run(f"SHOW TABLES FROM {target}")}
        for table in TABLES:
            if table not in present:
                with stage(f"{target}.{table}"):
                    run(f'CREATE TABLE {target}.{table} AS SELECT * FROM tpch."sf{scale:g}".{table}')


@contextmanager
def trino_with_tpch() -> Iterator[int]:
    """A local port to a Trino like the Warehouse's that has the tpch connector too."""
    kube.kubectl(
        "apply", "-f", "-", stdin=json.dumps({"apiVersion": "v1", "kind": "List", "items": _objects()})
    )
    try:
        kube.kubectl(
            "wait", f"pod/{NAME}", "-n", pipeline.NAMESPACE, "--for=condition=Ready", "--timeout=300s"
        )
        with kube.forward(f"pod/{NAME}", pipeline.NAMESPACE, 8080) as port:
            yield port
    finally:
        kube.kubectl("delete", f"pod/{NAME}", f"configmap/{NAME}", "-n", pipeline.NAMESPACE)


def _objects() -> list[dict[str, Any]]:
    pod = kube.get("deployment", "wh-coordinator", pipeline.NAMESPACE)["spec"]["template"]["spec"]
    (etc,) = (volume for volume in pod["volumes"] if volume["name"] == "etc")
    catalog = {"name": NAME, "items": [{"key": "tpch.properties", "path": "catalog/tpch.properties"}]}
    etc["projected"]["sources"].append({"configMap": catalog})
    meta = {"name": NAME, "namespace": pipeline.NAMESPACE}
    return [
        {"apiVersion": "v1", "kind": "ConfigMap", "metadata": meta, "data": {"tpch.properties": CONNECTOR}},
        {"apiVersion": "v1", "kind": "Pod", "metadata": meta, "spec": {**pod, "restartPolicy": "Never"}},
    ]
