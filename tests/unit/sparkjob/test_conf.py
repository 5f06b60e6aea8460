"""Which setting wins, what follows from it, and what people are told about it."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emberlake.api.v1alpha1.catalog import CatalogSpec
from emberlake.settings import Settings
from emberlake.sparkjob.conf import effective, sources
from emberlake.sparkjob.firstexecutor import asked_for
from emberlake.sparkjob.names import Attempt
from unit.sparkjob.fixtures import CATALOG, SETTINGS, owner, spec

Catalogs = list[tuple[str, CatalogSpec]]
LAKE: Catalogs = [("lake", CATALOG)]
STORAGE = "spark.kubernetes.executor.volumes.persistentVolumeClaim.spark-local-dir-1."
SERVICE_ACCOUNT = "spark.kubernetes.authenticate.driver.serviceAccountName"
PULL_SECRETS = "spark.kubernetes.container.image.pullSecrets"


def settings(**defaults: Any) -> Settings:
    document = SETTINGS.model_dump(by_alias=True)
    return Settings.model_validate({**document, "defaults": {**document["defaults"], **defaults}})


def conf(
    catalogs: Catalogs = LAKE, given_settings: Settings = SETTINGS, **fields: Any
) -> dict[str, tuple[str, str]]:
    """Value and source of each setting; driver and executor say nothing unless `fields` do."""
    wanted = spec(**{"driver": {}, "executor": {}, "catalogs": [name for name, _ in catalogs], **fields})
    found = effective(owner(), wanted, catalogs, given_settings, Attempt(1, 1))
    return {key: (setting.value, setting.source) for key, setting in found.items()}


def values(**fields: Any) -> dict[str, str]:
    return {key: value for key, (value, _) in conf(**fields).items()}


def test_the_later_layer_wins() -> None:
    key = "spark.sql.session.timeZone"
    operator = settings(sparkConf={key: "a"})
    assert conf([], operator)[key] == ("a", "operator default")
    assert conf(LAKE, operator)[key] == ("UTC", "Catalog lake")
    assert conf(LAKE, operator, sparkConf={key: "b"})[key] == ("b", "spec.sparkConf")

    key = "spark.executor.memory"
    assert conf([], settings(sparkConf={key: "3g"}))[key] == ("3g", "operator default")
    both = {"sparkConf": {key: "4g"}, "executor": {"memory": "5Gi"}}
    assert conf(**both)[key] == ("5120m", "spec.executor.memory")

    key = "spark.kubernetes.executor.useDriverPodIP"
    assert conf(sparkConf={key: "false"})[key] == ("true", "operator")

    key = "spark.kubernetes.memoryOverheadFactor"
    assert conf()[key] == ("0.4", "operator")
    assert conf(sparkConf={key: "0.3"})[key] == ("0.3", "spec.sparkConf")

    key = "spark.hadoop.fs.s3a.threads.max"
    assert conf(hadoopConf={"fs.s3a.threads.max": "9"})[key] == ("9", "spec.hadoopConf")


def test_a_release_brings_settings_and_the_operator_wins_over_them() -> None:
    document = SETTINGS.model_dump(by_alias=True)
    document["releases"]["ember-1.0"]["sparkConf"] = {"a": "release", "b": "release"}
    document["defaults"]["sparkConf"] = {"b": "operator"}
    found = values(given_settings=Settings.model_validate(document))
    assert (found["a"], found["b"]) == ("release", "operator")


def test_nothing_set_leaves_the_word_to_spark() -> None:
    found = conf([])
    assert not [key for key in found if key.startswith(("spark.driver.memory", "spark.executor.memory"))]
    assert "spark.driver.cores" not in found
    assert "spark.kubernetes.driver.request.cores" not in found
    assert not [key for key in found if key.startswith("spark.sql")]
    assert {source for _, source in found.values()} == {
        "operator",
        "operator default",
        "default for spec.monitoring.prometheus",
    }


def test_each_catalog_is_named_where_its_settings_come_from() -> None:
    prod = CATALOG.model_copy(update={"warehouse": "s3://prod/warehouse", "system": "s3://prod/_emberlake/"})
    found = conf([("lake", CATALOG), ("prod", prod)])
    assert found["spark.sql.catalog.lake.warehouse"] == ("s3://lake/warehouse", "Catalog lake")
    assert found["spark.sql.catalog.prod.warehouse"] == ("s3://prod/warehouse", "Catalog prod")
    assert found["spark.hadoop.hive.metastore.uris"][1] == "Catalog lake"


def test_sources_can_be_read_by_a_program() -> None:
    found = effective(owner(), spec(sparkConf={"a": "b"}), [], SETTINGS, Attempt(1, 1))
    read = json.loads(sources(found))
    assert read["a"] == "spec.sparkConf"
    assert read["spark.app.id"] == "operator"
    assert read.keys() == found.keys()


FIELDS: list[tuple[dict[str, Any], dict[str, str]]] = [
    ({"image": "acme/spark:1"}, {"spark.kubernetes.container.image": "acme/spark:1"}),
    ({"imagePullPolicy": "Always"}, {"spark.kubernetes.container.image.pullPolicy": "Always"}),
    ({"serviceAccountName": "etl"}, {SERVICE_ACCOUNT: "etl"}),
    (
        {"memoryOverheadFactor": "0.2"},
        {"spark.driver.memoryOverheadFactor": "0.2", "spark.executor.memoryOverheadFactor": "0.2"},
    ),
    ({"ui": {"enabled": False}}, {"spark.ui.enabled": "false"}),
    ({"monitoring": {"prometheus": False}}, {"spark.ui.prometheus.enabled": "false"}),
    (
        {
            "deps": {
                "jars": ["s3://b/a.jar", "local:///b.jar"],
                "files": ["s3://b/f"],
                "pyFiles": ["s3://b/p.zip"],
            }
        },
        {
            "spark.jars": "s3://b/a.jar,local:///b.jar",
            "spark.files": "s3://b/f",
            "spark.submit.pyFiles": "s3://b/p.zip",
        },
    ),
    (
        {
            "deps": {
                "archives": ["s3://b/env.tar.gz#env"],
                "packages": ["g:a:1", "g:b:2"],
                "excludePackages": ["g:c"],
                "repositories": ["https://repo.example.com/maven"],
            }
        },
        {
            "spark.archives": "s3://b/env.tar.gz#env",
            "spark.jars.packages": "g:a:1,g:b:2",
            "spark.jars.excludes": "g:c",
            "spark.jars.repositories": "https://repo.example.com/maven",
            "spark.jars.ivy": "/tmp/.ivy2",
        },
    ),
    (
        {"executor": {"instances": 3, "offHeap": "1Gi", "pythonMemory": "512Mi"}},
        {
            "spark.executor.instances": "3",
            "spark.memory.offHeap.enabled": "true",
            "spark.memory.offHeap.size": "1024m",
            "spark.executor.pyspark.memory": "512m",
        },
    ),
    (
        {"dynamicAllocation": {"minExecutors": 1, "maxExecutors": 9, "shuffleTrackingTimeout": "15m"}},
        {
            "spark.dynamicAllocation.enabled": "true",
            "spark.dynamicAllocation.shuffleTracking.enabled": "true",
            "spark.dynamicAllocation.minExecutors": "1",
            "spark.dynamicAllocation.maxExecutors": "9",
            "spark.dynamicAllocation.executorIdleTimeout": "60s",
            "spark.dynamicAllocation.shuffleTracking.timeout": "15m",
        },
    ),
    (
        {"executor": {"localStorage": {"size": "10Gi", "storageClassName": "fast"}}},
        {
            f"{STORAGE}options.claimName": "OnDemand",
            f"{STORAGE}options.storageClass": "fast",
            f"{STORAGE}options.sizeLimit": "10240Mi",
            f"{STORAGE}mount.path": "/var/data/spark-local/executor-local",
            "spark.kubernetes.driver.ownPersistentVolumeClaim": "true",
            "spark.kubernetes.driver.reusePersistentVolumeClaim": "true",
            "spark.kubernetes.driver.waitToReusePersistentVolumeClaim": "true",
        },
    ),
    ({"type": "R", "mainApplicationFile": "local:///a.R"}, {"spark.kubernetes.resource.type": "r"}),
    (
        {
            "type": "Java",
            "mainClass": "M",
            "mainApplicationFile": "s3://b/m.jar",
            "deps": {"jars": ["s3://b/a.jar"]},
        },
        {"spark.kubernetes.resource.type": "java", "spark.jars": "s3://b/a.jar,s3://b/m.jar"},
    ),
]


@pytest.mark.parametrize(("fields", "wanted"), FIELDS)
def test_fields_become_settings(fields: dict[str, Any], wanted: dict[str, str]) -> None:
    found = values(**fields)
    assert {key: found.get(key) for key in wanted} == wanted


POD_FIELDS: list[tuple[dict[str, Any], str, str]] = [
    ({"cores": 2}, "spark.{role}.cores", "2"),
    ({"coreRequest": "250m"}, "spark.kubernetes.{role}.request.cores", "250m"),
    ({"coreLimit": "3"}, "spark.kubernetes.{role}.limit.cores", "3"),
    ({"memory": "2Gi"}, "spark.{role}.memory", "2048m"),
    ({"memoryOverhead": "1G"}, "spark.{role}.memoryOverhead", "953m"),
    ({"javaOptions": "-Da=b -XX:+UseZGC"}, "spark.{role}.extraJavaOptions", "-Da=b -XX:+UseZGC"),
    ({"schedulerName": "volcano"}, "spark.kubernetes.{role}.scheduler.name", "volcano"),
    ({"labels": {"a.b/c": "d"}}, "spark.kubernetes.{role}.label.a.b/c", "d"),
    ({"annotations": {"a.b/c": "d e"}}, "spark.kubernetes.{role}.annotation.a.b/c", "d e"),
    ({"nodeSelector": {"disk": "ssd"}}, "spark.kubernetes.{role}.node.selector.disk", "ssd"),
    ({"secrets": [{"name": "db", "path": "/etc/db"}]}, "spark.kubernetes.{role}.secrets.db", "/etc/db"),
    ({"gpu": {"quantity": 2}}, "spark.{role}.resource.gpu.amount", "2"),
    ({"gpu": {"quantity": 2, "vendor": "amd.com"}}, "spark.{role}.resource.gpu.vendor", "amd.com"),
    (
        {"env": [{"name": "P", "valueFrom": {"secretKeyRef": {"name": "db", "key": "p"}}}]},
        "spark.kubernetes.{role}.secretKeyRef.P",
        "db:p",
    ),
]


@pytest.mark.parametrize("role", ["driver", "executor"])
@pytest.mark.parametrize(("fields", "key", "value"), POD_FIELDS)
def test_fields_of_both_pods_become_settings(role: str, fields: dict[str, Any], key: str, value: str) -> None:
    found = conf(**{role: fields})
    (field,) = fields
    assert found[key.format(role=role)] == (value, f"spec.{role}.{field}")


def test_plain_environment_becomes_settings() -> None:
    env = [{"name": "A", "value": "1"}, {"name": "EMPTY"}]
    found = values(driver={"env": env}, executor={"env": env})
    for prefix in ("spark.kubernetes.driverEnv.", "spark.executorEnv."):
        assert (found[f"{prefix}A"], found[f"{prefix}EMPTY"]) == ("1", "")


@pytest.mark.parametrize(
    ("env", "kept"),
    [
        ([{"name": "A", "value": "field"}], {"spark.kubernetes.driverEnv.A": "field"}),
        (
            [{"name": "A", "valueFrom": {"secretKeyRef": {"name": "s", "key": "k"}}}],
            {"spark.kubernetes.driver.secretKeyRef.A": "s:k"},
        ),
        ([{"name": "A", "valueFrom": {"fieldRef": {"fieldPath": "spec.nodeName"}}}], {}),
        ([{"name": "B", "value": "1"}, {"name": "A", "value": "$(B)"}], {}),
        (
            [
                {"name": "A", "valueFrom": {"secretKeyRef": {"name": "s", "key": "k"}}},
                {"name": "URL", "value": "http://$(A)@host"},
            ],
            {},
        ),
    ],
)
def test_a_variable_of_the_spec_leaves_no_setting_that_would_win_over_it(
    env: list[dict[str, Any]], kept: dict[str, str]
) -> None:
    older = {"spark.kubernetes.driverEnv.A": "conf", "spark.kubernetes.driver.secretKeyRef.A": "conf:conf"}
    found = values(driver={"env": env}, sparkConf=older)
    assert {key: found[key] for key in older if key in found} == kept


def test_pull_secrets_stand_beside_the_operators() -> None:
    operator = settings(imagePullSecrets=["platform"])
    assert values(given_settings=operator)[PULL_SECRETS] == "platform"
    assert values(given_settings=operator, imagePullSecrets=["team"])[PULL_SECRETS] == "platform,team"


def test_a_template_names_the_account_unless_a_setting_does() -> None:
    template = {"template": {"spec": {"serviceAccountName": "mine"}}}
    assert conf(driver=template)[SERVICE_ACCOUNT] == ("mine", "spec.driver.template")
    by_setting = conf(driver=template, sparkConf={SERVICE_ACCOUNT: "conf"})
    assert by_setting[SERVICE_ACCOUNT] == ("conf", "spec.sparkConf")


@pytest.mark.parametrize(
    ("fields", "instances", "failures"),
    [
        ({}, "1", "10"),
        ({"executor": {"instances": 40}}, "40", "80"),
        ({"sparkConf": {"spark.executor.instances": "6"}}, "6", "12"),
        ({"dynamicAllocation": {"maxExecutors": 30}}, None, "60"),
        ({"sparkConf": {"spark.dynamicAllocation.enabled": "true"}}, None, None),
        ({"sparkConf": {"spark.executor.maxNumFailures": "3"}}, "1", "3"),
    ],
)
def test_executors_that_fail_again_and_again_end_the_job(
    fields: dict[str, Any], instances: str | None, failures: str | None
) -> None:
    found = values(**fields)
    assert found.get("spark.executor.instances") == instances
    assert found.get("spark.executor.maxNumFailures") == failures


@pytest.mark.parametrize(
    ("per_core", "fields", "request_cores"),
    [
        ("1", {"cores": 2}, None),
        ("250m", {}, "250m"),
        ("0.25", {"cores": 2}, "500m"),
        ("0.25", {"cores": 2, "coreRequest": "2"}, "2"),
    ],
)
def test_the_operator_lowers_the_cpu_request_where_the_job_says_none(
    per_core: str, fields: dict[str, Any], request_cores: str | None
) -> None:
    found = values(driver=fields, executor=fields, given_settings=settings(cpuRequestPerCore=per_core))
    for role in ("driver", "executor"):
        assert found.get(f"spark.kubernetes.{role}.request.cores") == request_cores


FALLBACK = "spark.storage.decommission.fallbackStorage.path"


def test_spot_moves_blocks_and_a_setting_wins_over_that() -> None:
    operator = settings(spot={"nodeSelector": {"capacity": "spot"}})
    spot = {"executor": {"placement": "Spot"}, "given_settings": operator}
    found = conf(**spot)
    for key in ("decommission", "storage.decommission", "storage.decommission.shuffleBlocks"):
        assert found[f"spark.{key}.enabled"] == ("true", "default for spec.executor.placement Spot")
    # Spark refuses a path without a slash at its end.
    assert found[FALLBACK][0] == "s3a://lake/_emberlake/spark-fallback/"
    assert found["spark.kubernetes.executor.node.selector.capacity"][0] == "spot"
    assert conf(sparkConf={FALLBACK: "s3a://x/"}, **spot)[FALLBACK] == ("s3a://x/", "spec.sparkConf")
    assert FALLBACK not in conf([], **spot)
    assert "spark.decommission.enabled" not in conf(given_settings=operator)


def test_local_storage_takes_the_operators_storage_class() -> None:
    storage = {"executor": {"localStorage": {"size": "1Gi"}}}
    found = values(given_settings=settings(storageClassName="gp3"), **storage)
    assert found[f"{STORAGE}options.storageClass"] == "gp3"
    with pytest.raises(ValueError, match=r"executor\.localStorage\.storageClassName is not set"):
        conf(**storage)


def test_a_gpu_is_found_by_a_script_of_the_operator_unless_the_user_has_one() -> None:
    key = "spark.executor.resource.gpu.discoveryScript"
    assert values(executor={"gpu": {"quantity": 1}})[key] == "/opt/spark/gpu/executor-gpus.sh"
    assert values(executor={"gpu": {"quantity": 1}}, sparkConf={key: "/find"})[key] == "/find"
    assert key not in values()


OWNED = st.sampled_from(["spark.master", "spark.app.id", "spark.kubernetes.driver.pod.name"])
FREE = st.text("abc.", min_size=1, max_size=8).map(lambda text: f"spark.x.{text}")


@given(st.dictionaries(FREE | OWNED, st.text(max_size=20), max_size=8))
def test_every_setting_of_the_user_arrives_but_those_the_operator_owns(given_conf: dict[str, str]) -> None:
    found = conf(sparkConf=given_conf)
    for key, value in given_conf.items():
        if key.startswith("spark.x."):
            assert found[key] == (value, "spec.sparkConf")
        else:
            assert found[key][1] == "operator"


LOCAL = "spark.kubernetes.driver.master"


@pytest.mark.parametrize(
    ("fields", "source"),
    [
        ({"executor": {"instances": 0}}, "spec.executor.instances"),
        ({"sparkConf": {"spark.executor.instances": "0"}}, "spec.sparkConf"),
    ],
)
def test_a_job_that_asks_for_no_executors_runs_its_tasks_in_the_driver(
    fields: dict[str, Any], source: str
) -> None:
    """executor.instances 0 was taken by the API, and spark-submit refused it in the driver."""
    found = conf(**fields)
    assert found[LOCAL] == ("local[1,4]", source)
    assert "spark.executor.instances" not in found
    assert found["spark.master"][0].startswith("k8s://")
    assert not asked_for(values(**fields))
    tasks = {"driver": {"cores": 3}, "sparkConf": {"spark.task.maxFailures": "2"}}
    assert values(executor={"instances": 0}, **tasks)[LOCAL] == "local[3,2]"


def test_dynamic_allocation_that_begins_with_none_keeps_its_executors() -> None:
    found = values(executor={"instances": 0}, dynamicAllocation={"maxExecutors": 2})
    assert LOCAL not in found
    assert found["spark.executor.instances"] == "0"


def test_a_collector_of_the_job_replaces_the_default_one() -> None:
    key = "spark.executor.defaultJavaOptions"
    operator = settings(sparkConf={key: "-XX:+UseParallelGC -Xss4m"})
    assert conf([], operator)[key] == ("-XX:+UseParallelGC -Xss4m", "operator default")
    chosen = {"spark.executor.extraJavaOptions": "-Da=b -XX:+UseG1GC"}
    assert conf([], operator, sparkConf=chosen)[key] == ("-Xss4m", "operator default")
    assert conf([], operator, executor={"javaOptions": "-XX:+UseZGC"})[key] == ("-Xss4m", "operator default")
    assert conf([], operator, driver={"javaOptions": "-XX:+UseZGC"})[key][0].startswith("-XX:+UseParallelGC")
    assert conf([], operator, sparkConf={key: "-XX:+UseSerialGC"})[key] == (
        "-XX:+UseSerialGC",
        "spec.sparkConf",
    )
