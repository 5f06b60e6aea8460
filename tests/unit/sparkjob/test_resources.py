from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emberlake.sparkjob.resources import Language, Role, mib, size
from emberlake.sparkjob.sparkconf import Conf

OFF_HEAP = {"spark.memory.offHeap.enabled": "true", "spark.memory.offHeap.size": "1g"}


@pytest.mark.parametrize(
    ("conf", "role", "language", "memory"),
    [
        # seen in pods that spark-submit made
        ({"spark.driver.memory": "2g"}, "driver", "python", 2867),
        ({"spark.driver.memory": "1500m"}, "driver", "java", 1884),
        ({"spark.driver.memory": "4g", "spark.driver.memoryOverheadFactor": "0.2"}, "driver", "python", 4915),
        ({"spark.driver.minMemoryOverhead": "600m"}, "driver", "java", 1624),
        (
            {"spark.executor.memory": "2g", "spark.executor.pyspark.memory": "512m", **OFF_HEAP},
            "executor",
            "python",
            4403,
        ),
        # the rules one by one
        ({}, "driver", "java", 1408),
        ({}, "executor", "r", 1433),
        ({"spark.driver.memory": "2048"}, "driver", "java", 2432),
        ({"spark.driver.memory": "2097152k"}, "driver", "java", 2432),
        ({"spark.driver.memory": "2GB", "spark.driver.memoryOverhead": "1g"}, "driver", "python", 3072),
        ({"spark.driver.memory": "2g", **OFF_HEAP}, "driver", "java", 2432),
        ({"spark.executor.pyspark.memory": "512m"}, "executor", "java", 1408),
        ({"spark.executor.pyspark.memory": "512m"}, "executor", "r", 1433),
        ({"spark.memory.offHeap.size": "1g"}, "executor", "java", 1408),
        (OFF_HEAP | {"spark.memory.offHeap.size": "1048576"}, "executor", "java", 1409),
        (
            {"spark.driver.memory": "8g", "spark.kubernetes.memoryOverheadFactor": "0.5"},
            "driver",
            "java",
            12288,
        ),
        (
            {"spark.driver.memory": "8g", "spark.kubernetes.memoryOverheadFactor": "0.5"}
            | {"spark.driver.memoryOverheadFactor": "0.25"},
            "driver",
            "java",
            10240,
        ),
    ],
)
def test_memory(conf: Conf, role: Role, language: Language, memory: int) -> None:
    assert size(conf, role, language).memory_mib == memory


@pytest.mark.parametrize("role", ["driver", "executor"])
def test_cpu_and_extended_resources(role: Role) -> None:
    assert size({}, role, "java").cpu_request == "1"
    assert size({f"spark.{role}.cores": "4"}, role, "java").cpu_request == "4"
    conf = {
        f"spark.{role}.cores": "4",
        f"spark.kubernetes.{role}.request.cores": "1.5",
        f"spark.kubernetes.{role}.limit.cores": "5",
        f"spark.{role}.resource.gpu.amount": "2",
        f"spark.{role}.resource.gpu.vendor": "nvidia.com",
        f"spark.{role}.resource.fpga.amount": "0",
    }
    found = size(conf, role, "java")
    assert (found.cpu_request, found.cpu_limit, found.cpu_millis) == ("1.5", "5", 1500)
    assert found.extended == {"nvidia.com/gpu": "2"}


@pytest.mark.parametrize(
    ("conf", "named"),
    [
        ({"spark.driver.memory": "2.5g"}, "spark.driver.memory '2.5g'"),
        ({"spark.driver.memory": "2Gi"}, "spark.driver.memory '2Gi'"),
        ({"spark.driver.memoryOverhead": "much"}, "spark.driver.memoryOverhead 'much'"),
        ({"spark.driver.memoryOverheadFactor": "x"}, "spark.driver.memoryOverheadFactor 'x'"),
        ({"spark.driver.memoryOverheadFactor": "0.0"}, "spark.driver.memoryOverheadFactor '0.0'"),
        ({"spark.driver.memoryOverheadFactor": "inf"}, "spark.driver.memoryOverheadFactor 'inf'"),
        ({"spark.kubernetes.memoryOverheadFactor": "x"}, "spark.kubernetes.memoryOverheadFactor 'x'"),
        ({"spark.driver.resource.gpu.amount": "1"}, "spark.driver.resource.gpu.vendor"),
        ({"spark.driver.cores": "many"}, "spark.driver.cores: cpu 'many'"),
        ({"spark.kubernetes.driver.limit.cores": "-1"}, "spark.kubernetes.driver.limit.cores: cpu '-1'"),
    ],
)
def test_a_setting_that_spark_cannot_read_is_named(conf: Conf, named: str) -> None:
    with pytest.raises(ValueError, match=named):
        size(conf, "driver", "python")


def test_off_heap_memory_needs_a_size() -> None:
    with pytest.raises(ValueError, match=r"spark.memory.offHeap.size"):
        size({"spark.memory.offHeap.enabled": "true"}, "executor", "java")


UNITS = {
    "": 2**20,
    "b": 1,
    "k": 2**10,
    "kb": 2**10,
    "m": 2**20,
    "g": 2**30,
    "GB": 2**30,
    "T": 2**40,
    "p": 2**50,
}


@given(st.integers(0, 10**9), st.sampled_from(sorted(UNITS)))
def test_sizes_are_binary_and_rounded_down(number: int, unit: str) -> None:
    assert mib(f"{number}{unit}", "key") == number * UNITS[unit] // 2**20


@given(
    heap=st.integers(1, 10**6),
    language=st.sampled_from(["java", "python", "r"]),
    role=st.sampled_from(["driver", "executor"]),
    factor=st.one_of(st.none(), st.integers(1, 300).map(lambda percent: str(percent / 100))),
    general=st.one_of(st.none(), st.integers(1, 300).map(lambda percent: str(percent / 100))),
    overhead=st.one_of(st.none(), st.integers(0, 10**5)),
    minimum=st.one_of(st.none(), st.integers(0, 10**4)),
    off_heap=st.one_of(st.none(), st.integers(1, 10**5)),
    python=st.one_of(st.none(), st.integers(0, 10**5)),
)
def test_memory_follows_sparks_rules(
    heap: int,
    language: Language,
    role: Role,
    factor: str | None,
    general: str | None,
    overhead: int | None,
    minimum: int | None,
    off_heap: int | None,
    python: int | None,
) -> None:
    given_conf: dict[str, Any] = {
        f"spark.{role}.memory": f"{heap}m",
        f"spark.{role}.memoryOverheadFactor": factor,
        "spark.kubernetes.memoryOverheadFactor": general,
        f"spark.{role}.memoryOverhead": overhead,
        f"spark.{role}.minMemoryOverhead": minimum,
        "spark.memory.offHeap.enabled": None if off_heap is None else "true",
        "spark.memory.offHeap.size": None if off_heap is None else f"{off_heap}m",
        "spark.executor.pyspark.memory": python,
    }
    conf = {key: str(value) for key, value in given_conf.items() if value is not None}

    share = float(factor or general or (0.1 if language == "java" else 0.4))
    beside = max(int(share * heap), 384 if minimum is None else minimum) if overhead is None else overhead
    executors_own = (off_heap or 0) + ((python or 0) if language == "python" else 0)
    expected = heap + beside + (executors_own if role == "executor" else 0)
    assert size(conf, role, language).memory_mib == expected
