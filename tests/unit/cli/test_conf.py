"""The effective configuration: sources, and no secrets."""

import json

import pytest

from emberlake.cli.conf import effective, redacted
from emberlake.core.properties import render

SETTINGS = {
    "spark.driver.memory": "1024m",
    "spark.app.name": "ünïcode = name",
    "spark.master": "k8s://https://h:6443",
}


def test_values_and_sources() -> None:
    sources = {"spark.driver.memory": "spec.driver.memory", "spark.master": "operator"}
    found = effective({"spark.properties": render(SETTINGS), "sources.json": json.dumps(sources)})
    assert found == {
        "spark.app.name": {"value": "ünïcode = name", "source": "unknown"},
        "spark.driver.memory": {"value": "1024m", "source": "spec.driver.memory"},
        "spark.master": {"value": "k8s://https://h:6443", "source": "operator"},
    }


@pytest.mark.parametrize(
    "key",
    [
        "spark.hadoop.fs.s3a.secret.key",
        "spark.hadoop.fs.s3a.access.key",
        "spark.hadoop.fs.s3a.session.token",
        "spark.sql.catalog.lake.s3.secret-access-key",
        "spark.ssl.keyPassword",
        "spark.hadoop.javax.jdo.option.ConnectionPassword",
        "spark.my.credential",
        "spark.authenticate.secret",
        "spark.ssl.keyStorePassphrase",
        "spark.hadoop.fs.azure.account.key.x.blob.core.windows.net",
    ],
)
def test_secrets_are_not_shown(key: str) -> None:
    assert "hunter2" not in redacted(key, "hunter2 and more")


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("spark.kubernetes.driver.secretKeyRef.AWS_SECRET_ACCESS_KEY", "lake-s3:AWS_SECRET_ACCESS_KEY"),
        ("spark.kubernetes.driver.secrets.tls", "/etc/tls"),
        ("spark.hadoop.fs.s3a.aws.credentials.provider", "com.acme.Provider"),
        ("spark.sql.shuffle.partitions", "8"),
    ],
)
def test_what_only_names_a_secret_is_shown(key: str, value: str) -> None:
    assert redacted(key, value) == value


def test_secrets_within_a_value_are_not_shown() -> None:
    shown = redacted("spark.driver.extraJavaOptions", "-Dmy.password=hunter2 -Xss4m")
    assert "hunter2" not in shown
    assert "-Xss4m" in shown
