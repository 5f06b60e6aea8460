"""How much memory and CPU a Spark pod asks for. One calculator for pods, quota and queues. Pure.

Rules: Spark 4.1 "Running on Kubernetes", spark.{driver,executor}.memoryOverhead and its factor.
"""

from emberlake.api.quantity import cpu_millis, memory_mib
from emberlake.api.v1alpha1.sparkpods import PodResources

MINIMUM_OVERHEAD_MIB = 384
JVM_FACTOR = 0.1
PYTHON_FACTOR = 0.4


def overhead_factor(language: str) -> float:
    """Share of the heap that Spark adds for what lives beside it."""
    return JVM_FACTOR if language == "Java" else PYTHON_FACTOR


def pod_memory_mib(pod: PodResources, language: str) -> int:
    """Request and limit of a pod in MiB: heap plus overhead."""
    heap = memory_mib(pod.memory or "1Gi")
    if pod.memory_overhead:
        return heap + memory_mib(pod.memory_overhead)
    return heap + max(int(overhead_factor(language) * heap), MINIMUM_OVERHEAD_MIB)


def cpu_request(pod: PodResources, per_core: str) -> str:
    """CPU request: `coreRequest`, else cores times the operator's request per core.

    Args:
        per_core: a CPU quantity, `1` unless the chart lowers it.
    """
    if pod.core_request:
        return pod.core_request
    return f"{(pod.cores or 1) * cpu_millis(per_core)}m"
