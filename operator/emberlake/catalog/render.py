"""Every engine's configuration, rendered from one Catalog. Pure; the only place that knows these settings.

Each setting was run against Spark 4.1, Iceberg 1.11, Hive metastore 3.1 and Trino 476. No secret value ever
stands in what is rendered: engines read credentials from environment variables filled from the named Secret.
"""

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any
from xml.sax.saxutils import escape

from emberlake.api.v1alpha1.catalog import CatalogSpec
from emberlake.core import properties

NamedCatalog = tuple[str, CatalogSpec]

EVENT_LOGS = "event-logs"
FALLBACK_STORAGE = "spark-fallback/"
ENVIRONMENT_CREDENTIALS = "software.amazon.awssdk.auth.credentials.EnvironmentVariableCredentialsProvider"
DEFAULT_CREDENTIALS = "software.amazon.awssdk.auth.credentials.DefaultCredentialsProvider"
S3_FILE_IO = "org.apache.iceberg.aws.s3.S3FileIO"
_KEYS = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")
# Trino and Spark have a catalog of this name already.
RESERVED_NAMES = ("system", "spark_catalog")


def sql_name(name: str, spec: CatalogSpec) -> str:
    """The catalog's name in SQL: `spec.sqlName`, by default the object's name with - as _.

    Raises:
        ValueError: the name is none that both Spark and Trino take; says which to set.
    """
    found = spec.sql_name or name.replace("-", "_")
    if not re.fullmatch(r"[a-z][a-z0-9_]*", found):
        raise ValueError(
            f"{found!r} is no name for a catalog in SQL: set spec.sqlName to one that matches [a-z][a-z0-9_]*"
        )
    if found.endswith("_hive") or found in RESERVED_NAMES:
        raise ValueError(f"{found!r} is taken by Trino or Spark: set spec.sqlName to another name")
    return found


def hive_name(name: str, spec: CatalogSpec) -> str:
    """Name of the paired Trino catalog that shows the Hive tables (CSV, JSON, Parquet).

    Raises:
        ValueError: as `sql_name`.
    """
    return f"{sql_name(name, spec)}_hive"


def delta_name(name: str, spec: CatalogSpec) -> str:
    """Name of the Trino catalog that reads Delta tables; the other two lead to it.

    Raises:
        ValueError: as `sql_name`.
    """
    return f"{sql_name(name, spec)}_delta"


def stored(uri: str) -> str:
    """`uri` as it is stored in tables: always s3://, so that every engine reads it."""
    return re.sub(r"^s3a://", "s3://", uri)


def warehouse(spec: CatalogSpec) -> str:
    """Where new tables go, s3:// without a slash at the end."""
    return stored(spec.warehouse).rstrip("/")


def system(spec: CatalogSpec) -> str:
    """Prefix of the platform's own objects, s3:// with a slash at the end."""
    return stored(spec.system).rstrip("/") + "/"


def event_log_dir(spec: CatalogSpec) -> str:
    """Where Spark writes event logs; s3a:// because the history server opens it through Hadoop."""
    return _hadoop_path(spec) + EVENT_LOGS


def fallback_storage(spec: CatalogSpec) -> str:
    """Where executors that are taken away leave blocks that no other has room for."""
    return _hadoop_path(spec) + FALLBACK_STORAGE


def _hadoop_path(spec: CatalogSpec) -> str:
    return re.sub(r"^s3://", "s3a://", system(spec))


def spark_conf(catalogs: Sequence[NamedCatalog]) -> dict[str, str]:
    """Spark configuration for these catalogs, each an object name and its spec.

    The first is the default: its metastore holds what `database.table` means, its bucket gets the event log.
    All are reached with one set of credentials, those in the pod's environment (`credentials_env` of the
    first).

    Raises:
        ValueError: as `sql_name`, or two catalogs have one SQL name.
    """
    if not catalogs:
        return {}
    (_, first), names = catalogs[0], _distinct_names(catalogs)
    conf = {
        "spark.sql.extensions": "org.apache.iceberg.spark.extensions.IcebergSparkSessionExtensions",
        # Iceberg 1.11 loses spark.sql's args where Spark 4.1 binds them by default (apache/iceberg#16625).
        "spark.sql.legacy.parameterSubstitution.constantsOnly": "true",
        "spark.sql.catalogImplementation": "hive",
        "spark.sql.warehouse.dir": warehouse(first),
        "spark.sql.session.timeZone": "UTC",
        "spark.sql.catalog.spark_catalog": "org.apache.iceberg.spark.SparkSessionCatalog",
        "spark.sql.catalog.spark_catalog.type": "hive",
        **_iceberg_io("spark.sql.catalog.spark_catalog", first),
        "spark.hadoop.hive.metastore.uris": ",".join(first.metastore.uris),
        "spark.eventLog.enabled": "true",
        "spark.eventLog.dir": event_log_dir(first),
        "spark.eventLog.compress": "true",
        "spark.eventLog.rolling.enabled": "true",
    }
    for name, (_, spec) in zip(names, catalogs, strict=True):
        prefix = f"spark.sql.catalog.{name}"
        conf |= {
            prefix: "org.apache.iceberg.spark.SparkCatalog",
            f"{prefix}.type": "hive",
            f"{prefix}.uri": ",".join(spec.metastore.uris),
            f"{prefix}.warehouse": warehouse(spec),
            **_iceberg_io(prefix, spec),
        }
    conf |= {f"spark.hadoop.{key}": value for key, value in _hadoop(first).items()}
    for _, spec in catalogs[1:]:
        conf |= _other_buckets(spec, first)
    return conf


def _distinct_names(catalogs: Sequence[NamedCatalog]) -> list[str]:
    names = [sql_name(*catalog) for catalog in catalogs]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise ValueError(f"catalogs share the SQL name {twice[0]!r}: set spec.sqlName of one of them")
    return names


def _iceberg_io(prefix: str, spec: CatalogSpec) -> dict[str, str]:
    endpoint = {f"{prefix}.s3.endpoint": spec.s3.endpoint} if spec.s3.endpoint else {}
    return {
        f"{prefix}.io-impl": S3_FILE_IO,
        **endpoint,
        f"{prefix}.s3.path-style-access": _bool(spec.s3.path_style),
        f"{prefix}.client.region": spec.s3.region,
    }


def _hadoop(spec: CatalogSpec) -> dict[str, str]:
    """Hadoop's S3 client, also for s3:// locations."""
    return {
        **_s3a("fs.s3a", spec),
        "fs.s3a.connection.ssl.enabled": _bool(not (spec.s3.endpoint or "").startswith("http://")),
        "fs.s3a.aws.credentials.provider": (
            ENVIRONMENT_CREDENTIALS if spec.s3.credentials else DEFAULT_CREDENTIALS
        ),
        "fs.s3.impl": "org.apache.hadoop.fs.s3a.S3AFileSystem",
        "fs.AbstractFileSystem.s3.impl": "org.apache.hadoop.fs.s3a.S3A",
    }


def _s3a(prefix: str, spec: CatalogSpec) -> dict[str, str]:
    return {
        **({f"{prefix}.endpoint": spec.s3.endpoint} if spec.s3.endpoint else {}),
        f"{prefix}.endpoint.region": spec.s3.region,
        f"{prefix}.path.style.access": _bool(spec.s3.path_style),
    }


def _other_buckets(spec: CatalogSpec, first: CatalogSpec) -> dict[str, str]:
    """Bucket-wise settings for a further catalog that is reached another way than the first."""
    if spec.s3 == first.s3:
        return {}
    taken = _buckets(first)
    conf: dict[str, str] = {}
    for bucket in sorted(_buckets(spec) - taken):
        conf |= {f"spark.hadoop.{key}": value for key, value in _s3a(f"fs.s3a.bucket.{bucket}", spec).items()}
    return conf


def _buckets(spec: CatalogSpec) -> set[str]:
    return {stored(uri).removeprefix("s3://").split("/", 1)[0] for uri in (spec.warehouse, spec.system)}


def credentials_env(spec: CatalogSpec) -> list[dict[str, Any]]:
    """Environment entries (Kubernetes EnvVar) with the credentials and region of the object store.

    Without named credentials there is only the region: the SDK's default chain finds the pod's identity.
    """
    region = {"name": "AWS_REGION", "value": spec.s3.region}
    if not spec.s3.credentials:
        return [region]
    secret = spec.s3.credentials.secret_name
    token = _secret_env("AWS_SESSION_TOKEN", "AWS_SESSION_TOKEN", secret)
    token["valueFrom"]["secretKeyRef"]["optional"] = True
    return [*(_secret_env(key, key, secret) for key in _KEYS), token, region]


def trino_env(name: str, spec: CatalogSpec) -> list[dict[str, Any]]:
    """Environment entries that the catalog's Trino files refer to; Trino takes no session token.

    Raises:
        ValueError: as `sql_name`.
    """
    if not spec.s3.credentials:
        return []
    secret = spec.s3.credentials.secret_name
    return [_secret_env(_trino_variable(name, spec, key), key, secret) for key in _KEYS]


def _trino_variable(name: str, spec: CatalogSpec, key: str) -> str:
    """One name per catalog: a Trino pod serves several catalogs at once."""
    return f"{sql_name(name, spec).upper()}_{key}"


def _secret_env(variable: str, key: str, secret: str) -> dict[str, Any]:
    return {"name": variable, "valueFrom": {"secretKeyRef": {"name": secret, "key": key}}}


def trino_catalogs(name: str, spec: CatalogSpec) -> dict[str, str]:
    """The Trino catalogs of a Catalog, by file name: Iceberg tables, Hive tables, and Delta tables.

    They redirect to each other, so that a table is found under each name.

    Raises:
        ValueError: as `sql_name`.
    """
    iceberg, hive, delta = sql_name(name, spec), hive_name(name, spec), delta_name(name, spec)
    return {
        f"{iceberg}.properties": properties.render(
            {
                "connector.name": "iceberg",
                "iceberg.catalog.type": "hive_metastore",
                "iceberg.hive-catalog-name": hive,
                **_trino_io(name, spec),
            }
        ),
        f"{hive}.properties": properties.render(
            {
                "connector.name": "hive",
                "hive.iceberg-catalog-name": iceberg,
                "hive.delta-lake-catalog-name": delta,
                "hive.security": "allow-all",
                "hive.storage-format": "PARQUET",
                "hive.non-managed-table-writes-enabled": "true",
                # Spark writes microseconds and finds columns by name: read them the same way.
                "hive.timestamp-precision": "MICROSECONDS",
                "hive.orc.use-column-names": "true",
                "hive.parquet.use-column-names": "true",
                **_trino_io(name, spec),
            }
        ),
        f"{delta}.properties": properties.render(
            {
                "connector.name": "delta_lake",
                "delta.hive-catalog-name": hive,
                # Commits belong to the table's own writers, which agree among themselves on how to make them.
                "delta.security": "read_only",
                # A table that is written anew in its place has other commits of the same versions.
                "delta.metadata.cache-ttl": "0s",
                "delta.metadata.live-files.cache-ttl": "0s",
                **_trino_io(name, spec),
            }
        ),
    }


def _trino_io(name: str, spec: CatalogSpec) -> dict[str, str]:
    endpoint = {"s3.endpoint": spec.s3.endpoint} if spec.s3.endpoint else {}
    settings = ("s3.aws-access-key", "s3.aws-secret-key")
    keys = {
        setting: f"${{ENV:{_trino_variable(name, spec, key)}}}"
        for setting, key in zip(settings, _KEYS, strict=True)
    }
    return {
        "hive.metastore.uri": ",".join(spec.metastore.uris),
        # A drop of 10,000 partitions takes longer than the 10 s that Trino waits before it asks again.
        "hive.metastore.thrift.client.read-timeout": "5m",
        "fs.native-s3.enabled": "true",
        **endpoint,
        "s3.region": spec.s3.region,
        "s3.path-style-access": _bool(spec.s3.path_style),
        **(keys if spec.s3.credentials else {}),
    }


def sail_env(catalogs: Sequence[NamedCatalog]) -> dict[str, str]:
    """Environment by which a Sail server finds what Spark finds under the same names: `spark_conf` says how.

    Keys of the object store come from `credentials_env` of the first catalog.

    Raises:
        ValueError: as `spark_conf`, or catalogs lie in different object stores, of which Sail knows one.
    """
    names = _distinct_names(catalogs)
    found = [_sail_catalog("spark_catalog", catalogs[0][1] if catalogs else None)]
    found += [_sail_catalog(name, spec) for name, (_, spec) in zip(names, catalogs, strict=True)]
    return {
        "SAIL_CATALOG__LIST": f"[{', '.join(found)}]",
        "SAIL_CATALOG__DEFAULT_CATALOG": "spark_catalog",
        **(_sail_store(catalogs) if catalogs else {}),
    }


def _sail_catalog(name: str, spec: CatalogSpec | None) -> str:
    if spec is None:
        return f'{{name="{name}", type="memory", initial_database=["default"]}}'
    addresses = ", ".join(json.dumps(uri.removeprefix("thrift://")) for uri in spec.metastore.uris)
    return f'{{name="{name}", type="hms", uris=[{addresses}]}}'


def _sail_store(catalogs: Sequence[NamedCatalog]) -> dict[str, str]:
    (first_name, first), *others = catalogs
    for name, spec in others:
        if spec.s3 != first.s3:
            raise ValueError(
                f"catalogs {first_name!r} and {name!r} have different spec.s3, and Sail reaches one object"
                " store: name catalogs of one, or set spec.engine: Spark"
            )
    s3 = first.s3
    # Sail's client makes hosts that begin with the bucket's name for AWS alone
    hosted = not s3.path_style and not s3.endpoint
    return {
        **({"AWS_ENDPOINT": s3.endpoint} if s3.endpoint else {}),
        "AWS_ALLOW_HTTP": _bool((s3.endpoint or "").startswith("http://")),
        "AWS_VIRTUAL_HOSTED_STYLE_REQUEST": _bool(hosted),
    }


def sail_catalogs(catalogs: Sequence[NamedCatalog]) -> list[dict[str, Any]]:
    """The "catalogs" of the configuration of a pod that runs Sail; `endpoint` is None for AWS itself.

    Raises:
        ValueError: as `sql_name`.
    """
    return [
        {
            "sqlName": sql_name(name, spec),
            "metastoreUris": list(spec.metastore.uris),
            "warehouse": warehouse(spec),
            "s3": _s3_settings(spec),
        }
        for name, spec in catalogs
    ]


def crawler_config(name: str, spec: CatalogSpec) -> dict[str, Any]:
    """The "catalog" object of a crawl pod's configuration; `endpoint` is None for AWS itself."""
    return {
        "name": name,
        "trinoCatalog": hive_name(name, spec),
        "metastoreUris": list(spec.metastore.uris),
        "warehouse": warehouse(spec),
        "system": system(spec),
        "s3": _s3_settings(spec),
    }


def _s3_settings(spec: CatalogSpec) -> dict[str, Any]:
    return {"endpoint": spec.s3.endpoint, "region": spec.s3.region, "pathStyle": spec.s3.path_style}


def core_site(spec: CatalogSpec) -> str:
    """Hadoop's core-site.xml."""
    return _xml(_hadoop(spec))


def hive_site(spec: CatalogSpec) -> str:
    """A metastore client's hive-site.xml."""
    return _xml(
        {
            "hive.metastore.uris": ",".join(spec.metastore.uris),
            "hive.metastore.warehouse.dir": warehouse(spec),
        }
    )


def published(name: str, spec: CatalogSpec) -> dict[str, str]:
    """Every file of a Catalog by name, for people who bring their own engines.

    Raises:
        ValueError: as `sql_name`.
    """
    return {
        "spark-defaults.conf": properties.render(spark_conf([(name, spec)])),
        "core-site.xml": core_site(spec),
        "hive-site.xml": hive_site(spec),
        "crawler.json": json.dumps(crawler_config(name, spec), indent=2) + "\n",
        **trino_catalogs(name, spec),
    }


def _xml(values: Mapping[str, str]) -> str:
    lines = [
        f"  <property><name>{escape(key)}</name><value>{escape(value)}</value></property>"
        for key, value in values.items()
    ]
    return "\n".join(['<?xml version="1.0"?>', "<configuration>", *lines, "</configuration>", ""])


def _bool(value: bool) -> str:
    return "true" if value else "false"
