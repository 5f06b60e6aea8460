"""How much CPU and memory a Spark pod asks for: one calculator for pods, quota, queues and cost. Pure.

Reads the effective configuration. Rules: Spark 4.1, "Running on Kubernetes", spark.{driver,executor}.memory,
.memoryOverhead, .memoryOverheadFactor, .minMemoryOverhead and spark.memory.offHeap.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from emberlake.api.quantity import cpu_millis
from emberlake.sparkjob.sparkconf import Conf, is_true

Language = Literal["java", "python", "r"]
Role = Literal["driver", "executor"]
ROLES: tuple[Role, Role] = ("driver", "executor")

JVM_FACTOR = "0.1"
OTHER_FACTOR = "0.4"
FACTOR = "spark.kubernetes.memoryOverheadFactor"
_MEMORY = "1g"
_MINIMUM_OVERHEAD = "384m"
_MIB = 1024**2
_BYTES: dict[str, int] = {"b": 1} | {
    unit + suffix: 1024**power for power, unit in enumerate("kmgtp", start=1) for suffix in ("", "b")
}


@dataclass(frozen=True)
class Size:
    """What a pod asks for: CPU as Kubernetes quantities, memory in MiB (request and limit are the same)."""

    cpu_request: str
    memory_mib: int
    cpu_limit: str | None = None
    extended: Mapping[str, str] = field(default_factory=dict)

    @property
    def cpu_millis(self) -> int:
        """The CPU request in thousandths of a CPU."""
        return cpu_millis(self.cpu_request)


def size(conf: Conf, role: Role, language: Language) -> Size:
    """The size of a driver or of one executor.

    Raises:
        ValueError: a setting is none that Spark reads; names it.
    """
    return Size(
        cpu_request=_cpu(conf, f"spark.kubernetes.{role}.request.cores")
        or _cpu(conf, f"spark.{role}.cores")
        or "1",
        cpu_limit=_cpu(conf, f"spark.kubernetes.{role}.limit.cores"),
        memory_mib=_memory(conf, role, language),
        extended=_extended(conf, role),
    )


def _cpu(conf: Conf, key: str) -> str | None:
    text = conf.get(key)
    try:
        cpu_millis(text or "1")
    except ValueError as error:
        raise ValueError(f"{key}: {error}") from None
    return text


def overhead_factor(conf: Conf, language: Language) -> str:
    """The share of the heap for what lives beside it, as spark-submit hands it on to the executors."""
    return conf.get(FACTOR, JVM_FACTOR if language == "java" else OTHER_FACTOR)


def mib(text: str, key: str, unit: str = "m") -> int:
    """Whole MiB of a Spark memory size, rounded down: `512m`, `2g`, or a number of `unit`.

    Raises:
        ValueError: names `key` and the value.
    """
    match = re.fullmatch(r"([0-9]+)([a-z]*)", text.strip().lower())
    if not match or (match[2] or unit) not in _BYTES:
        raise ValueError(f"{key} {text!r} is no memory size: write for example 512m or 2g")
    return int(match[1]) * _BYTES[match[2] or unit] // _MIB


def _memory(conf: Conf, role: Role, language: Language) -> int:
    heap = _mib(conf, f"spark.{role}.memory", _MEMORY)
    total = heap + _overhead(conf, role, language, heap)
    if role == "executor":
        total += _off_heap(conf) + _python(conf, language)
    return total


def _overhead(conf: Conf, role: Role, language: Language, heap: int) -> int:
    key = f"spark.{role}.memoryOverhead"
    if key in conf:
        return mib(conf[key], key)
    factor = _factor(conf, role, language)
    return max(int(factor * heap), _mib(conf, f"spark.{role}.minMemoryOverhead", _MINIMUM_OVERHEAD))


def _factor(conf: Conf, role: Role, language: Language) -> float:
    key = f"spark.{role}.memoryOverheadFactor"
    text = conf.get(key, overhead_factor(conf, language))
    if not re.fullmatch(r"[0-9]{0,3}\.?[0-9]+", text) or not float(text):
        named = key if key in conf else FACTOR
        raise ValueError(f"{named} {text!r} is no number above 0: write for example 0.2")
    return float(text)


def _off_heap(conf: Conf) -> int:
    if not is_true(conf, "spark.memory.offHeap.enabled"):
        return 0
    key = "spark.memory.offHeap.size"
    found = mib(conf.get(key, "0"), key, unit="b")
    if not found:
        raise ValueError(f"spark.memory.offHeap.enabled needs {key} of at least 1m")
    return found


def _python(conf: Conf, language: Language) -> int:
    return _mib(conf, "spark.executor.pyspark.memory", "0") if language == "python" else 0


def _extended(conf: Conf, role: Role) -> dict[str, str]:
    """Extended resources such as nvidia.com/gpu, by Spark's resource requests."""
    start = f"spark.{role}.resource."
    names = dict.fromkeys(key.removeprefix(start).split(".")[0] for key in conf if key.startswith(start))
    found = {}
    for name in names:
        amount, vendor = conf.get(f"{start}{name}.amount", "0"), conf.get(f"{start}{name}.vendor")
        if amount == "0":
            continue
        if not vendor:
            raise ValueError(f"{start}{name}.amount needs {start}{name}.vendor too, for example nvidia.com")
        found[f"{vendor}/{name}"] = amount
    return found


def _mib(conf: Conf, key: str, default: str) -> int:
    return mib(conf.get(key, default), key)
