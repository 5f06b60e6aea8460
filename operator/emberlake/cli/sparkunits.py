"""Sizes as Spark's own settings write them, read into the API's. Pure."""

import re

_SIZE = re.compile(r"([0-9]+)([a-z]*)")
# See JavaUtils.byteStringAs of Spark: every unit is binary, and its letter may be of either case.
_BINARY = {"": "m", "k": "k", "kb": "k", "m": "m", "mb": "m", "g": "g", "gb": "g", "t": "t", "tb": "t"}
_KIB = 1024


def memory(text: str) -> str:
    """Spark's `2G`, `2gb` or `2048` (MiB) as the API writes it: `2g`, `2048m`.

    Raises:
        ValueError: Spark would not read it, or it is less than 1 MiB.
    """
    match = _SIZE.fullmatch(text.strip().lower())
    if match is None or (match[2] not in _BINARY and match[2] not in ("b", "p", "pb")):
        raise ValueError(f"memory {text!r}: write a whole number with k, m, g or t, for example 2g")
    number, unit = int(match[1]), match[2]
    if unit == "b":
        number, unit = number // _KIB**2, "m"
    elif unit in ("p", "pb"):
        number, unit = number * _KIB, "t"
    else:
        unit = _BINARY[unit]
    if number < (_KIB if unit == "k" else 1):
        raise ValueError(f"memory {text!r} is less than 1m")
    return f"{number}{unit}"
