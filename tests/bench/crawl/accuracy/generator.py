"""Files with known dialects, names, preambles and types, drawn from a seed: as exports, instruments and
spreadsheets write them.
"""

import datetime as dt
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from bench.crawl.accuracy.case import BOOLEAN, DATE, INTEGER, NUMBER, TEXT, TIMESTAMP, Case

_WORDS = (
    "harbour", "lantern", "copper", "meadow", "winter", "signal", "orchard", "granite", "velvet", "compass",
    "timber", "saddle", "marble", "cinder", "ribbon", "thistle", "anchor", "bramble", "quarry", "pebble",
    "falcon", "juniper", "cobalt", "ember", "willow", "canyon", "amber", "saffron", "walnut", "heather",
)  # fmt: skip
_NAMES = (
    "id", "code", "name", "city", "country", "amount", "price", "quantity", "status", "created_at",
    "updated", "rate", "score", "Temperature", "Humidity", "OrderDate", "customerName", "Region",
    "Category", "unit_price", "total_paid", "Latitude", "Longitude", "note", "Station", "sensor_id",
    "batch", "Weight", "Kommentar", "Betrag", "Datum", "Ort", "prix", "ville", "fecha", "importe", "flag",
    "active", "level", "grade", "room", "shelf", "depth",
)  # fmt: skip
_MISSING = ("", "NA", "N/A", "NULL", "null", "-", "\\N", "NaN")
_DAY = dt.datetime(1998, 2, 3, 4, 5, 6, tzinfo=dt.UTC)

Maker = Callable[[random.Random, int], str]


@dataclass(frozen=True)
class Kind:
    """A sort of column: its type and how its n-th cell is made."""

    type: str
    make: Maker


def _moment(rng: random.Random) -> dt.datetime:
    return _DAY + dt.timedelta(seconds=rng.randrange(800_000_000))


def _time(pattern: str) -> Maker:
    return lambda rng, _: _moment(rng).strftime(pattern)


def _words(most: int) -> Maker:
    return lambda rng, _: " ".join(rng.choice(_WORDS) for _ in range(rng.randint(1, most)))


def _sentence(rng: random.Random, _: int) -> str:
    words = [rng.choice(_WORDS) for _ in range(rng.randint(4, 12))]
    return (
        words[0].title()
        + " "
        + " ".join(words[1:-1])
        + rng.choice((", ", "; ", " - ", ": "))
        + words[-1]
        + "."
    )


INTEGERS = (
    Kind(INTEGER, lambda _, n: str(n + 1)),
    Kind(INTEGER, lambda rng, _: str(rng.randint(-500, 100_000))),
    Kind(INTEGER, lambda rng, _: str(rng.randint(1950, 2030))),
)
NUMBERS = (
    Kind(NUMBER, lambda rng, _: f"{rng.uniform(-90, 90):.4f}"),
    Kind(NUMBER, lambda rng, _: f"{rng.uniform(0, 5000):.2f}"),
    Kind(NUMBER, lambda rng, _: f"{rng.uniform(0, 1):.3e}"),
)
COMMA_NUMBERS = (
    Kind(NUMBER, lambda rng, _: f"{rng.uniform(-90, 90):.2f}".replace(".", ",")),
    Kind(NUMBER, lambda rng, _: f"{rng.uniform(1000, 50000):_.2f}".replace(".", ",").replace("_", ".")),
)
DATES = tuple(
    Kind(DATE, _time(p))
    for p in ("%Y-%m-%d", "%Y-%m-%d", "%d/%m/%Y", "%m/%d/%Y", "%d.%m.%Y", "%Y/%m/%d", "%d-%b-%Y")
)
STAMPS = tuple(
    Kind(TIMESTAMP, _time(p))
    for p in (
        "%Y-%m-%dT%H:%M:%SZ",
        "%Y-%m-%d %H:%M:%S",
        "%d/%m/%Y %H:%M",
        "%Y-%m-%dT%H:%M:%S",
        "%m/%d/%Y %I:%M:%S %p",
    )
)
BOOLEANS = (
    Kind(BOOLEAN, lambda rng, _: rng.choice(("true", "false"))),
    Kind(BOOLEAN, lambda rng, _: rng.choice(("TRUE", "FALSE"))),
)
TEXTS = (
    Kind(TEXT, _words(1)),
    Kind(TEXT, _words(3)),
    Kind(TEXT, lambda rng, _: " ".join(w.title() for w in rng.sample(_WORDS, 2))),
    Kind(TEXT, lambda rng, _: rng.choice("ABCDEFGH") + f"{rng.randint(0, 999):03d}"),
    Kind(TEXT, lambda rng, _: f"{rng.randint(0, 99999):05d}"),
    Kind(TEXT, lambda rng, _: rng.choice(("open", "closed", "pending", "in transit"))),
    Kind(TEXT, lambda rng, _: f"{rng.choice(_WORDS)}@{rng.choice(_WORDS)}.example"),
    Kind(TEXT, lambda rng, _: f"https://{rng.choice(_WORDS)}.example/{rng.randint(1, 999)}"),
)
SENTENCES = (Kind(TEXT, _sentence),)
DELIMITERS = (
    *(",",) * 5,
    *("\t",) * 3,
    *(";",) * 3,
    "|",
    "|",
    "\x01",
    " ",
    ":",
    ", ",
    "||",
    "::",
    "|~|",
    "~",
    "^",
)
TRAITS = (
    "plain", "plain", "no header", "all text", "all text, no header", "preamble", "padded preamble",
    "comments", "two header rows", "footer", "quotes", "backslash", "single quotes", "missing",
    "decimal comma", "utf-16",
    "latin-1", "byte order mark", "few rows", "late type", "ragged",
)  # fmt: skip


def cases(seed: int, count: int) -> Iterator[Case]:
    """`count` cases; the same for the same seed."""
    for number in range(count):
        rng = random.Random(f"{seed}/{number}")
        yield _case(rng, f"made/{seed}/{number}", TRAITS[number % len(TRAITS)])


def _case(rng: random.Random, name: str, trait: str) -> Case:
    delimiter = rng.choice(DELIMITERS)
    if trait in {"padded preamble", "single quotes", "decimal comma", "ragged"} and (
        len(delimiter) > 1 or delimiter in " :~^"
    ):
        delimiter = rng.choice(",;\t|")
    if trait == "decimal comma" and delimiter == ",":
        delimiter = ";"
    kinds = _kinds(rng, trait, delimiter)
    rows = _rows(rng, trait, delimiter, kinds)
    header = trait not in {"no header", "all text, no header"}
    quote = "'" if trait == "single quotes" else '"'
    style = (delimiter, quote, "\\" if trait == "backslash" else quote, rng.random() < 0.3)
    names = rng.sample(_NAMES, len(kinds))
    lines, preamble = _above(rng, trait, style, len(kinds))
    if header:
        lines.append(_line(names, style))
    if trait == "two header rows":
        units = ["(m)", "[kg]", "%", "(EUR)", "degC", "mm"]
        lines.append(_line([rng.choice(units) for _ in kinds], style))
    lines += [_line(row, style) for row in rows]
    if trait == "comments":
        lines.insert(len(lines) // 2, "# checked by hand " + rng.choice(_WORDS))
    if trait == "footer":
        lines += ["", rng.choice(("Total rows: ", "Source: register of ", "End of report ")) + str(len(rows))]
    types = tuple(kind.type for kind in kinds)
    if trait == "late type":
        types = (TEXT, *types[1:])
    return Case(name, _encode(lines, rng, trait), delimiter, header, preamble, types, trait)


def _kinds(rng: random.Random, trait: str, delimiter: str) -> list[Kind]:
    texts = TEXTS
    if delimiter in {" ", ":"}:  # written without quotes these delimiters cannot stand in values
        texts = tuple(TEXTS[i] for i in (0, 3, 4))
    pool: list[Kind] = [*texts, *texts]
    if "all text" not in trait:
        numbers = COMMA_NUMBERS if trait == "decimal comma" else NUMBERS
        pool += [*INTEGERS, *INTEGERS, *numbers, *numbers, *DATES, *BOOLEANS]
        pool += STAMPS if delimiter not in {" ", ":"} else ()
    if trait in {"quotes", "backslash", "single quotes"}:
        pool += SENTENCES * 6
    kinds = rng.choices(pool, k=rng.randint(3, 9))
    if trait in {"quotes", "backslash", "single quotes"}:
        kinds[-1] = SENTENCES[0]
    if trait == "decimal comma":
        kinds[-1] = rng.choice(COMMA_NUMBERS)
    if trait in {"two header rows", "late type"}:
        kinds[:2] = [rng.choice(INTEGERS), rng.choice(NUMBERS)]
    if trait in {"no header", "missing", "ragged"}:
        kinds[0] = rng.choice(INTEGERS)
    return kinds


def _rows(rng: random.Random, trait: str, delimiter: str, kinds: list[Kind]) -> list[list[str]]:
    count = rng.randint(2, 4) if trait == "few rows" else rng.randint(15, 300)
    rows = [[kind.make(rng, n) for kind in kinds] for n in range(count)]
    if trait == "late type":
        rows.append(["unknown", *rows[-1][1:]])
    if trait == "missing":
        tokens = _MISSING if delimiter != " " else _MISSING[1:]
        token = rng.choice(tokens)
        for row in rows[1:]:
            for index in range(1, len(row)):
                if rng.random() < 0.15:
                    row[index] = token
    if trait == "ragged":
        for row in rng.sample(rows, max(1, len(rows) // 20)):
            row.pop()
    if trait in {"quotes", "backslash", "single quotes"}:
        for row in rows[::3]:
            row[-1] = row[-1].replace(" ", ' 5" ' if trait == "quotes" else " ", 1)
    return rows


def _above(
    rng: random.Random, trait: str, style: tuple[str, str, str, bool], width: int
) -> tuple[list[str], int]:
    """Lines above the table, and how many they are."""
    title = [rng.choice(_WORDS).title() + " report", f"Created: {_moment(rng):%d %B %Y}", ""]
    if trait == "preamble":
        lines = title[: rng.randint(1, 3)]
    elif trait == "padded preamble":
        lines = [_line([text] + [""] * (width - 1), style) for text in title[: rng.randint(1, 3)]]
    elif trait == "comments":
        lines = [f"# {text}" for text in title[: rng.randint(1, 2)]]
    else:
        lines = []
    return lines, len(lines)


def _line(cells: list[str], style: tuple[str, str, str, bool]) -> str:
    delimiter, quote, escape, everywhere = style
    texts = []
    for cell in cells:
        special = delimiter in cell or quote in cell or "\n" in cell
        if special or (everywhere and any(char.isalpha() for char in cell)):
            cell = quote + cell.replace(quote, escape + quote) + quote  # noqa: PLW2901  written quoted
        texts.append(cell)
    return delimiter.join(texts)


def _encode(lines: list[str], rng: random.Random, trait: str) -> bytes:
    text = rng.choice(("\n", "\n", "\r\n")).join(lines)
    text += rng.choice(("\n", "\n", ""))
    if trait in {"utf-16", "latin-1"}:
        text = text.replace("harbour", "häfen").replace("meadow", "pré").replace("winter", "año")
    encoding = {"utf-16": "utf-16", "latin-1": "latin-1", "byte order mark": "utf-8-sig"}.get(trait, "utf-8")
    return text.encode(encoding)
