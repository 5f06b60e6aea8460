"""Settings and annotations that hold a secret or reach beyond the job's own pods."""

from typing import Any

import pytest

from emberlake.sparkjob.forbidden import check_ingress, check_settings
from unit.sparkjob.fixtures import spec

SECRET = "hunter2"


@pytest.mark.parametrize(
    "key",
    [
        "fs.s3a.access.key",
        "fs.s3a.secret.key",
        "fs.s3a.session.token",
        "fs.s3a.bucket.my.bucket.secret.key",
        "fs.s3a.encryption.key",
        "fs.s3.awsSecretAccessKey",
        "fs.azure.account.key.lake.dfs.core.windows.net",
        "javax.jdo.option.ConnectionPassword",
    ],
)
@pytest.mark.parametrize(
    ("field", "prefix"), [("hadoopConf", ""), ("sparkConf", "spark.hadoop."), ("sparkConf", "")]
)
def test_credentials_of_hadoop_are_refused_by_name(field: str, prefix: str, key: str) -> None:
    with pytest.raises(ValueError, match=f"^spec.{field} {prefix}{key} holds a credential") as found:
        check_settings(spec(**{field: {prefix + key: SECRET}}))
    assert "put it into a Secret" in str(found.value)
    assert SECRET not in str(found.value)


@pytest.mark.parametrize(
    "fields",
    [
        {"sparkConf": {"spark.authenticate.secret": SECRET}},
        {"sparkConf": {"spark.ssl.ui.keyStorePassword": SECRET}},
        {"sparkConf": {"spark.sql.catalog.lake.s3.secret-access-key": SECRET}},
        {"sparkConf": {"spark.executorEnv.AWS_SECRET_ACCESS_KEY": SECRET}},
        {"driver": {"env": [{"name": "AWS_SESSION_TOKEN", "value": SECRET}]}},
        {"executor": {"env": [{"name": "AWS_SECRET_ACCESS_KEY", "value": SECRET}]}},
    ],
)
def test_other_credentials_are_refused_too(fields: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="holds a credential") as found:
        check_settings(spec(**fields))
    assert SECRET not in str(found.value)


def test_what_only_sounds_like_a_credential_is_taken() -> None:
    reference = {"name": "AWS_SECRET_ACCESS_KEY", "valueFrom": {"secretKeyRef": {"name": "s", "key": "k"}}}
    settings = {
        "spark.hadoop.fs.s3a.aws.credentials.provider": "x",
        "spark.authenticate": "true",
        "spark.acme.secret.key": "not ours to judge",
    }
    check_settings(spec(driver={"env": [reference]}, sparkConf=settings))


@pytest.mark.parametrize(
    ("key", "mend"),
    [
        ("spark.kubernetes.driver.master", "the API server of its own cluster"),
        ("spark.kubernetes.context", "the API server of its own cluster"),
        ("spark.kubernetes.trust.certificates", "the API server of its own cluster"),
        ("spark.kubernetes.executor.podNamePrefix", "the operator sets it"),
        ("spark.kubernetes.driver.resourceNamePrefix", "the operator sets it"),
        ("spark.kubernetes.file.upload.path", "name its URI"),
        ("spark.kubernetes.authenticate.oauthTokenFile", "the token of spec.serviceAccountName"),
        ("spark.kubernetes.authenticate.submission.oauthToken", "the token of spec.serviceAccountName"),
        (
            "spark.kubernetes.authenticate.driver.mounted.oauthTokenFile",
            "the token of spec.serviceAccountName",
        ),
        ("spark.kubernetes.authenticate.driver.oauthToken", "the token of spec.serviceAccountName"),
        ("spark.kubernetes.allocation.pods.allocator", "a driver may make pods"),
    ],
)
def test_settings_that_reach_further_are_refused(key: str, mend: str) -> None:
    with pytest.raises(ValueError, match=f"^spec.sparkConf {key} 'x' is refused: ") as found:
        check_settings(spec(sparkConf={key: "x"}))
    assert mend in str(found.value)


def test_accounts_and_the_usual_allocator_are_no_matter_of_settings() -> None:
    accounts = {
        f"spark.kubernetes.authenticate.{role}.serviceAccountName": "a" for role in ("driver", "executor")
    }
    check_settings(spec(sparkConf={**accounts, "spark.kubernetes.allocation.pods.allocator": "direct"}))


@pytest.mark.parametrize(
    ("key", "value", "says"),
    [
        (
            "nginx.ingress.kubernetes.io/configuration-snippet",
            "x",
            "a snippet runs in the ingress controller",
        ),
        ("nginx.ingress.kubernetes.io/server-snippet", "x", "a snippet runs in the ingress controller"),
        ("nginx.ingress.kubernetes.io/auth-secret", "other/users", "an object of another namespace"),
        ("nginx.ingress.kubernetes.io/fastcgi-params-configmap", "other/c", "an object of another namespace"),
    ],
)
def test_an_ingress_gives_no_rights_of_its_controller(key: str, value: str, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        check_ingress(spec(ui={"ingress": {"host": "h", "annotations": {key: value}}}), "demo")


def test_annotations_of_the_own_namespace_are_taken() -> None:
    annotations = {
        "nginx.ingress.kubernetes.io/auth-secret": "demo/users",
        "nginx.ingress.kubernetes.io/auth-tls-secret": "users",
        "nginx.ingress.kubernetes.io/rewrite-target": "/a/b",
    }
    check_ingress(spec(ui={"ingress": {"host": "h", "annotations": annotations}}), "demo")
