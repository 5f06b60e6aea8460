"""Kinds of types, by which verdicts are told apart. Pure."""

import re
from collections.abc import Sequence

_NAMES = {"byte": "tinyint", "short": "smallint", "integer": "int", "long": "bigint"}
# functions that give one of their arguments, and how many conditions stand before these
_CONDITIONS = {"case": 1, "when": 1, "if": 1, "nvl2": 1} | dict.fromkeys(
    ("coalesce", "nvl", "ifnull", "array"), 0
)
# not in Iceberg tables, or rarely: they come about by a cast, a literal or a function of the program alone
RARE = frozenset({"void", "tinyint", "smallint", "interval", "decimal38", "time", "variant", "unknown"})


def kind(sql_type: str | None) -> str:
    """`decimal(10,2)` -> `decimal`, `array<int>` -> `array`, `interval day to second` -> `interval`."""
    if sql_type is None:
        return "unknown"
    if sql_type.startswith("decimal(38"):
        return "decimal38"
    word = re.split(r"[(<]", sql_type)[0]
    return "interval" if word.startswith("interval") else _NAMES.get(word, word)


def signature(name: str, sql_types: Sequence[str | None]) -> str:
    """The kinds of arguments in their order, one for all where they are the same: `int`, `date,int`.

    `mixed` where a function gives one of its arguments, and these are of several kinds.
    """
    kinds = [kind(it) for it in sql_types]
    if name in _CONDITIONS and len(set(kinds[_CONDITIONS[name] :]) - {"void"}) > 1:
        return "mixed"
    return kinds[0] if len(set(kinds)) == 1 else ",".join(kinds)


def rare(signature: str) -> bool:
    """Whether a rare kind is in it."""
    return not RARE.isdisjoint(signature.split(","))
