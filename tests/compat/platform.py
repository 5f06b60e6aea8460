"""The metastore and the object store of the installed platform, for the tables that both engines read."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from demo import kube, pipeline

WAREHOUSE = "s3://lake/warehouse"


@dataclass(frozen=True)
class Platform:
    """What the engines are told of it: settings for Spark, environment for Spark and for Sail."""

    conf: dict[str, str]
    keys: dict[str, str]
    sail: dict[str, str]
    name: str = "lake-"


NO_PLATFORM = Platform({}, {}, {}, name="")


@contextmanager
def connected(jars: list[Path]) -> Iterator[Platform]:
    """Port-forwards to both; `jars` are what Spark needs of Iceberg and of S3."""
    keys = kube.secret("lake-s3", pipeline.NAMESPACE)
    with (
        kube.forward("svc/emberlake-metastore", pipeline.SYSTEM, 9083) as metastore,
        kube.forward("svc/emberlake-s3", pipeline.SYSTEM, 7070) as store,
    ):
        uri, endpoint = f"127.0.0.1:{metastore}", f"http://127.0.0.1:{store}"
        yield Platform(_conf(jars, uri, endpoint), {**keys, "AWS_REGION": "us-east-1"}, _sail(uri, endpoint))


def _conf(jars: list[Path], uri: str, endpoint: str) -> dict[str, str]:
    catalog = "spark.sql.catalog.lake"
    return {
        "spark.jars": ",".join(map(str, jars)),
        "spark.sql.extensions": "org.apache.iceberg.spark.extensions.IcebergSparkSessionExtensions",
        catalog: "org.apache.iceberg.spark.SparkCatalog",
        f"{catalog}.type": "hive",
        f"{catalog}.uri": f"thrift://{uri}",
        f"{catalog}.warehouse": WAREHOUSE,
        f"{catalog}.io-impl": "org.apache.iceberg.aws.s3.S3FileIO",
        f"{catalog}.s3.endpoint": endpoint,
        f"{catalog}.s3.path-style-access": "true",
        f"{catalog}.client.region": "us-east-1",
    }


def _sail(uri: str, endpoint: str) -> dict[str, str]:
    listed = '{name="spark_catalog", type="memory", initial_database=["default"]}'
    return {
        "SAIL_CATALOG__LIST": f'[{listed}, {{name="lake", type="hms", uris=["{uri}"]}}]',
        "SAIL_CATALOG__DEFAULT_CATALOG": "spark_catalog",
        "AWS_ENDPOINT": endpoint,
        "AWS_ALLOW_HTTP": "true",
        "AWS_VIRTUAL_HOSTED_STYLE_REQUEST": "false",
    }
