"""How much memory Spark asks for, by its documentation: builder and goldens are held against it.

Sources: Spark 4.1 "Configuration" (spark.driver.memoryOverhead, ...OverheadFactor, ...minMemoryOverhead,
spark.memory.offHeap.*, spark.executor.pyspark.memory) and "Running on Kubernetes"
(spark.kubernetes.memoryOverheadFactor).
"""

import re
from collections.abc import Mapping
from typing import Literal

_BYTES: dict[str, int] = {unit: 1024**power for power, unit in enumerate("bkmgtp")}


def mib(text: str, unit: str = "m") -> int:
    """Whole MiB of a size as Spark reads it: binary units whatever their case, `unit` where none is given."""
    match = re.fullmatch(r"([0-9]+)([bkmgtp]?)b?", text.strip().lower())
    assert match is not None, text
    return int(match[1]) * _BYTES[match[2] or unit] // 1024**2


def pod_memory(conf: Mapping[str, str], role: Literal["driver", "executor"], language: str) -> int:
    """MiB that the pod of a role asks for.

    Args:
        conf: settings as spark-submit was given them.
        language: Java, Python or R.
    """
    heap = mib(conf.get(f"spark.{role}.memory", "1g"))
    total = heap + _overhead(conf, role, language, heap)
    if role == "executor":
        if conf.get("spark.memory.offHeap.enabled", "false") == "true":
            total += mib(conf["spark.memory.offHeap.size"], unit="b")
        if language == "Python":
            total += mib(conf.get("spark.executor.pyspark.memory", "0"))
    return total


def _overhead(conf: Mapping[str, str], role: str, language: str, heap: int) -> int:
    if f"spark.{role}.memoryOverhead" in conf:
        return mib(conf[f"spark.{role}.memoryOverhead"])
    default = "0.1" if language == "Java" else "0.4"
    for_all = conf.get("spark.kubernetes.memoryOverheadFactor", default)
    factor = float(conf.get(f"spark.{role}.memoryOverheadFactor", for_all))
    return max(int(factor * heap), mib(conf.get(f"spark.{role}.minMemoryOverhead", "384m")))
