"""What cells mean that the engines read as text only: dates and times in other orders, decimal commas,
digits in groups, yes and no. Pure.

A meaning holds for a column if it holds for every one of its values; day and month are told apart by the
values above 12, and left open where there is none.
"""

import datetime as dt
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache

from emberlake.crawler.decide.types import BIGINT, BOOLEAN, DATE, DOUBLE, TIMESTAMP, HiveType

MAX_LENGTH = 40
OR = " or "
COMMA, GROUPED = "decimal comma", "grouped digits"
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_FULL = (
    "january", "february", "march", "april", "may", "june", "july", "august", "september", "october",
    "november", "december",
)  # fmt: skip
_NUMERIC = re.compile(r"(\d{1,4})([-/.])(\d{1,2})\2(\d{1,4})")
_NAMED = re.compile(r"(\d{1,2})([- /.])([a-z]{3,9})\.?\2(\d{4}|\d{2})")
_NAMED_FIRST = re.compile(r"([a-z]{3,9})\.? (\d{1,2})(,?) (\d{4})")
_CLOCK = re.compile(
    r"(\d{1,2}):([0-5]\d)(?::([0-5]\d)(?:([.,])(\d{1,9}))?)?(?:( ?)([ap]m))?"
    r"(?:( ?)(z|utc|[-+]\d{2}(:?)\d{2}))?"
)
_COMPACT = re.compile(r"(\d{4})(\d{2})(\d{2})")
_COMMA = re.compile(r"[-+]?(?:\d{1,3}(?:[. ]\d{3})+|\d+)?,\d+")
_GROUPED = re.compile(r"[-+]?\d{1,3}(?:,\d{3})+(\.\d+)?")
_THREE = re.compile(r"[-+]?\d{1,3}(?:,\d{3})+")
_NUMERIC_DAY = re.compile(r"d{1,2}[-/.]M|M{1,2}[-/.]d")
_FLAGS = ({"yes", "no"}, {"y", "n"}, {"t", "f"})


@dataclass(frozen=True)
class Meaning:
    """What a column means: its type, and how its values are written (see `Column.pattern`)."""

    type: HiveType
    pattern: str
    why: str


@dataclass
class Meanings:
    """The meanings that all cells so far have in common; `plain` once there is none."""

    shared: frozenset[str] | None = None
    plain: bool = False
    unpadded: bool = False
    fraction: int = 0
    whole: bool = True
    flags: set[str] = field(default_factory=set)

    def add(self, cell: str) -> None:
        """Look at one cell that is no value the engines know."""
        if self.plain:
            return
        found = _meanings(cell) if len(cell) <= MAX_LENGTH else frozenset()
        self.shared = found if self.shared is None else self.shared & found
        self.plain = not self.shared
        if self.plain:
            return
        self._note(cell)

    def __or__(self, other: "Meanings") -> "Meanings":
        """What the cells of both have in common."""
        known = [one.shared for one in (self, other) if one.shared is not None]
        shared = frozenset.intersection(*known) if known else None
        return Meanings(
            shared,
            shared is not None and not shared,
            self.unpadded or other.unpadded,
            max(self.fraction, other.fraction),
            self.whole and other.whole,
            self.flags | other.flags,
        )

    def _note(self, cell: str) -> None:
        self.unpadded = self.unpadded or bool(re.search(r"(?<![\d:.,])\d(?=[-/. ,][a-z\d]|:)", cell.lower()))
        self.whole = self.whole and "." not in cell
        if match := re.search(r":\d\d[.,](\d{1,9})", cell):
            self.fraction = max(self.fraction, len(match.group(1)))
        if len(cell) <= 3:
            self.flags.add(cell.lower())

    def decide(self, integers: bool, fractions: bool) -> Meaning | None:
        """The one meaning; None for plain text. The column also has `integers`, or `fractions`, which the
        engines know.
        """
        if not self.shared:
            return None
        if self.shared & {COMMA, GROUPED}:
            return self._number(fractions)
        if integers or fractions:
            return None
        if self.flags in _FLAGS:
            told = "/".join(sorted(self.flags, reverse=True))
            return Meaning(BOOLEAN, told, f"nothing but {told}")
        times = sorted(meaning for meaning in self.shared if meaning.startswith("at "))
        return self._time(times) if times else None

    def _number(self, fractions: bool) -> Meaning | None:
        """Numbers with commas; with points too where the column has `fractions`."""
        comma, grouped = COMMA in (self.shared or ()), GROUPED in (self.shared or ())
        if comma and grouped:
            return Meaning(BIGINT, "#,##0.# or #.##0,#", "numbers whose comma parts thousands or decimals")
        if comma:
            return None if fractions else Meaning(DOUBLE, "#.##0,#", "numbers with a decimal comma")
        kind = DOUBLE if fractions or not self.whole else BIGINT
        return Meaning(kind, "#,##0.#", "numbers with commas between groups of digits")

    def _time(self, times: list[str]) -> Meaning:
        pattern = OR.join(self._pattern(meaning) for meaning in times)
        kind = TIMESTAMP if ":mm" in pattern else DATE
        left_open = ", which no value tells apart" if len(times) > 1 else ""
        return Meaning(kind, pattern, f"written {pattern}{left_open}")

    def _pattern(self, meaning: str) -> str:
        """The Java pattern of a meaning, with single letters where some value has a single digit."""
        text = meaning.removeprefix("at ")
        if self.unpadded:
            text = re.sub(r"(?<!d)dd(?!d)", "d", text)
            text = re.sub(r"(?<!M)MM(?!M)", "M", text)
            text = re.sub(r"HH", "H", text)
            text = re.sub(r"hh", "h", text)
        return text.replace("~", "S" * self.fraction)


def agree_on_days(found: Iterable[Meaning | None]) -> list[Meaning | None]:
    """The meanings of the columns of a table, where a column that leaves day and month open goes by the
    others.
    """
    known = list(found)
    sure = [m.pattern for m in known if m and _NUMERIC_DAY.match(m.pattern) and OR not in m.pattern]
    orders = {_day_first(pattern) for pattern in sure}
    if len(orders) != 1:
        return known
    day_first = orders.pop()
    return [_settled(one, day_first) if one and OR in one.pattern else one for one in known]


def _day_first(pattern: str) -> bool:
    return pattern.startswith("d")


def _settled(meaning: Meaning, day_first: bool) -> Meaning:
    options = [text for text in meaning.pattern.split(OR) if _day_first(text) == day_first]
    if len(options) != 1 or meaning.type not in {DATE, TIMESTAMP}:
        return meaning
    return Meaning(meaning.type, options[0], f"written {options[0]}, as in the other columns")


@lru_cache(maxsize=32_768)
def _meanings(cell: str) -> frozenset[str]:
    """All that one cell can mean."""
    text = cell.lower()
    found = set()
    if any(text in pair for pair in _FLAGS):
        found.add("flag")
    if _COMMA.fullmatch(text):
        found.add(COMMA)
        if _THREE.fullmatch(text) and text.count(",") == 1 and not text.lstrip("+-").startswith("0"):
            found.add(GROUPED)
    elif _GROUPED.fullmatch(text):
        found.add(GROUPED)
    found |= {f"at {pattern}" for pattern in _time_patterns(text)}
    return frozenset(found)


def _time_patterns(text: str) -> set[str]:
    """Java patterns that read `text` as a date or a moment, with two letters for each number."""
    if patterns := _date_patterns(text):
        return patterns
    for separator, mark in ((" ", " "), ("t", "'T'"), (":", ":")):
        for split in (match.start() for match in re.finditer(separator, text)):
            clock = _clock_pattern(text[split + 1 :])
            dates = _date_patterns(text[:split]) or (_compact(text[:split]) if clock else set())
            if dates and clock and (separator != ":" or "MMM" in next(iter(dates))):
                return {f"{date}{mark}{clock}" for date in dates}
    return set()


def _compact(text: str) -> set[str]:
    match = _COMPACT.fullmatch(text)
    return {"yyyyMMdd"} if match and _valid(*match.groups()) else set()


def _date_patterns(text: str) -> set[str]:
    if match := _NUMERIC.fullmatch(text):
        return _numeric(*match.groups())
    if match := _NAMED.fullmatch(text):
        day, sep, month, year = match.groups()
        return _named(day, month, year, f"dd{sep}{{}}{sep}{'y' * len(year)}")
    if match := _NAMED_FIRST.fullmatch(text):
        month, day, comma, year = match.groups()
        return _named(day, month, year, f"{{}} dd{comma} yyyy")
    return set()


def _numeric(one: str, sep: str, two: str, three: str) -> set[str]:
    if len(one) == 4 and len(three) <= 2:
        return {f"yyyy{sep}MM{sep}dd"} if _valid(one, two, three) else set()
    if len(one) > 2 or len(three) not in {2, 4}:
        return set()
    year = "y" * len(three)
    found = set()
    if _valid(three, two, one):
        found.add(f"dd{sep}MM{sep}{year}")
    if _valid(three, one, two):
        found.add(f"MM{sep}dd{sep}{year}")
    return found


def _named(day: str, month: str, year: str, pattern: str) -> set[str]:
    short, full = month in _MONTHS, month in _FULL
    if not (short or full) or not _valid(year, str(_MONTHS.index(month[:3]) + 1), day):
        return set()
    return {pattern.format(letters) for letters, fits in (("MMM", short), ("MMMM", full)) if fits}


def _valid(year: str, month: str, day: str) -> bool:
    try:
        dt.date(int(year) + (2000 if len(year) == 2 else 0), int(month), int(day))
    except ValueError:
        return False
    return True


def _clock_pattern(text: str) -> str:
    match = _CLOCK.fullmatch(text)
    if not match:
        return ""
    hour, _, second, point, _, space, half, gap, zone, colon = match.groups()
    if int(hour) > (12 if half else 23):
        return ""
    pattern = ("hh" if half else "HH") + ":mm" + (":ss" if second else "")
    pattern += f"{point}~" if point else ""
    pattern += f"{space}a" if half else ""
    if zone:
        pattern += gap + ("'Z'" if zone == "z" else "'UTC'" if zone == "utc" else "XXX" if colon else "XX")
    return pattern
