"""Memory, however a user says it: pods ask for what Spark's documented rules give."""

from typing import Any, Literal

from hypothesis import given
from hypothesis import strategies as st

from emberlake.api.v1alpha1.sparkjob import SparkJobSpec
from emberlake.sparkjob.application import application
from emberlake.sparkjob.build import Attempt, children
from emberlake.sparkjob.conf import effective, plain
from emberlake.sparkjob.resources import size
from unit.sparkjob.fixtures import SETTINGS, owner
from unit.sparkjob.submit.compare import view_of_ours
from unit.sparkjob.submit.rules import pod_memory
from unit.sparkjob.submit.translate import submission

ATTEMPT = Attempt(1, 1)
# Kubernetes-like units of the fields, and Spark's of the settings.
FIELD_SIZES = st.builds("{}{}".format, st.integers(2, 9999), st.sampled_from(("Mi", "m", "M"))) | st.builds(
    "{}{}".format, st.integers(1, 64), st.sampled_from(("Gi", "g", "G"))
)
SETTING_SIZES = st.builds(
    "{}{}".format, st.integers(1, 99999), st.sampled_from(("", "m", "M", "mb"))
) | st.builds("{}{}".format, st.integers(1, 64), st.sampled_from(("g", "G", "gb")))
FACTORS = (
    st.decimals(min_value="0.0001", max_value="3", places=4).map(str).filter(lambda text: float(text) > 0)
)
BASES: dict[str, dict[str, Any]] = {
    "Python": {"mainApplicationFile": "local:///opt/main.py"},
    "Java": {"mainApplicationFile": "local:///opt/main.jar", "mainClass": "com.acme.Main"},
    "R": {"mainApplicationFile": "local:///opt/main.R"},
}
SETTINGS_OF_MEMORY = {
    f"spark.{role}.{name}": values
    for role in ("driver", "executor")
    for name, values in (
        ("memory", SETTING_SIZES),
        ("memoryOverhead", SETTING_SIZES),
        ("minMemoryOverhead", SETTING_SIZES),
        ("memoryOverheadFactor", FACTORS),
    )
} | {"spark.kubernetes.memoryOverheadFactor": FACTORS, "spark.executor.pyspark.memory": SETTING_SIZES}
POD = {"memory": FIELD_SIZES, "memoryOverhead": FIELD_SIZES}
SPECS = st.sampled_from(sorted(BASES)).flatmap(
    lambda language: st.fixed_dictionaries(
        {
            "type": st.just(language),
            "sparkConf": st.fixed_dictionaries({}, optional=SETTINGS_OF_MEMORY),
            "driver": st.fixed_dictionaries({}, optional=POD),
            "executor": st.fixed_dictionaries(
                {}, optional={**POD, "offHeap": FIELD_SIZES, "pythonMemory": FIELD_SIZES}
            ),
            **{name: st.just(value) for name, value in BASES[language].items()},
        },
        optional={"memoryOverheadFactor": FACTORS},
    )
)


@given(SPECS)
def test_pods_ask_for_the_memory_that_spark_documents(document: dict[str, Any]) -> None:
    spec = SparkJobSpec.model_validate(document)
    conf = plain(effective(owner(), spec, [], SETTINGS, ATTEMPT))
    view = view_of_ours(children(owner(), spec, [], SETTINGS, ATTEMPT), "4.1.4")
    roles: tuple[Literal["driver", "executor"], ...] = ("driver", "executor")
    for role in roles:
        expected = pod_memory(submission(document).conf, role, spec.type)
        limits = [c["resources"]["limits"]["memory"] for c in view[role]["spec"]["containers"]]
        assert limits == [f"{expected}Mi"], role
        assert size(conf, role, application(spec).language).memory_mib == expected, role
