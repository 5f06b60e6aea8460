"""Sizes and durations as users write them, read into MiB and seconds (DESIGN: Units)."""

import re

MEMORY_PATTERN = r"^[1-9][0-9]*(Ki|Mi|Gi|Ti|k|m|g|t|M|G|T)$"
CPU_PATTERN = r"^([1-9][0-9]*m|[1-9][0-9]*(\.[0-9]{1,3})?|0\.[0-9]{1,3})$"
DURATION_PATTERN = r"^[1-9][0-9]*(s|m|h|d)$"

_BYTES: dict[str, int] = {
    **{unit: 1024**power for power, unit in enumerate(("Ki", "Mi", "Gi", "Ti"), start=1)},
    **{unit: 1024**power for power, unit in enumerate("kmgt", start=1)},
    **{unit: 1000**power for power, unit in enumerate("MGT", start=2)},
}
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


def memory_mib(text: str) -> int:
    """Whole MiB of a memory size, rounded down.

    `Ki Mi Gi Ti` and Spark's `k m g t` are binary, `M G T` decimal.

    Raises:
        ValueError: for any other unit, a fraction, or less than one MiB.
    """
    match = re.fullmatch(r"([1-9][0-9]*)(Ki|Mi|Gi|Ti|k|m|g|t|M|G|T)", text)
    if not match:
        raise ValueError(f"memory {text!r}: write a whole number with Mi, Gi or Ti, for example 2Gi")
    mib: int = int(match[1]) * _BYTES[match[2]] // 1024**2
    if mib < 1:
        raise ValueError(f"memory {text!r} is below 1Mi")
    return mib


def cpu_millis(text: str) -> int:
    """Thousandths of a CPU of a Kubernetes CPU quantity (`250m`, `1`, `0.5`).

    Raises:
        ValueError: for anything else.
    """
    if not re.fullmatch(CPU_PATTERN, text):
        raise ValueError(f"cpu {text!r}: write for example 250m, 1 or 0.5")
    if text.endswith("m"):
        return int(text[:-1])
    return round(float(text) * 1000)


def duration_seconds(text: str) -> int:
    """Seconds of a duration such as `90s`, `15m`, `2h` or `7d`.

    Raises:
        ValueError: for anything else.
    """
    match = re.fullmatch(r"([1-9][0-9]*)([smhd])", text)
    if not match:
        raise ValueError(f"duration {text!r}: write for example 90s, 15m or 2h")
    return int(match[1]) * _SECONDS[match[2]]
