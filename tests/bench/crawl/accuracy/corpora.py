"""Published CSV files with known dialects, where they lie beside the checkout."""

import json
from collections.abc import Iterator
from pathlib import Path

from bench.crawl.accuracy.case import Case

_NAMES = {"comma": ",", "tab": "\t", "space": " ", "semicolon": ";", "pipe": "|"}
MAX_BYTES = 1024 * 1024


def w3c(root: Path) -> Iterator[Case]:
    """The files of the W3C group on CSV: delimiters as published, names and preambles as a person reads
    them.
    """
    read = json.loads((Path(__file__).parent / "w3c_read_by_hand.json").read_text(encoding="utf-8"))
    for line in (root / "w3c-csvw-truth.txt").read_text(encoding="utf-8").splitlines():
        name, _, rest = line.partition("|")
        path = root / "w3c-csvw" / name
        if line.startswith(("#", "file_name")) or not path.is_file():
            continue
        known = {"header": True, "preamble": 0} | read.get(name, {})
        delimiter = rest.split("|")[1]
        yield Case(
            f"w3c/{name}",
            path.read_bytes()[:MAX_BYTES],
            _NAMES.get(delimiter, delimiter),
            known["header"],
            known["preamble"],
            also=tuple(known.get("also", ())),
        )


def pollock(root: Path) -> Iterator[Case]:
    """One file with pollutions of every kind: dialect, names and preamble as published."""
    for path in sorted((root / "pollock/csv").iterdir()):
        truth = root / "pollock/parameters" / f"{path.name}_parameters.json"
        if not truth.is_file():
            continue
        known = json.loads(truth.read_text(encoding="utf-8"))
        if not known["delimiter"]:
            continue  # an empty file
        yield Case(
            f"pollock/{path.name}",
            path.read_bytes(),
            known["delimiter"],
            known["header_lines"] > 0,
            known["preamble_lines"],
        )
