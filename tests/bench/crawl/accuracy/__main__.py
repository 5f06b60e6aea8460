"""How often the dialect, the names, the preamble and the types of CSV files are decided right.

Compared on the same files: DuckDB's sniffer, CleverCSV, AWS Glue's rules as documented, and this crawler.
Half of the files, by the hash of their names, are the development set: whoever tunes the crawler looks at
those alone. The other half is the test set.
"""

import argparse
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

from bench.crawl.accuracy.case import Answer, Case
from bench.crawl.accuracy.corpora import pollock, w3c
from bench.crawl.accuracy.generator import cases
from bench.crawl.accuracy.systems import SYSTEMS
from bench.report import markdown

DATA = Path(__file__).parents[5] / "shared/data/csv"
HEAD = ("", "Files", "Delimiter", "Header", "Preamble", "All three", "Column types")


def main(arguments: Sequence[str]) -> None:
    """Print one table for each set of files and half."""
    parser = argparse.ArgumentParser(prog="bench.crawl.accuracy", description=__doc__)
    parser.add_argument("--data", type=Path, default=DATA, help="folder with w3c-csvw and pollock")
    parser.add_argument("--half", choices=("development", "test", "both"), default="both")
    parser.add_argument("--seed", type=int, default=7, help="of the files that are made")
    parser.add_argument("--count", type=int, default=420, help="of the files that are made")
    parser.add_argument("--only", nargs="*", choices=SYSTEMS, default=list(SYSTEMS))
    parser.add_argument("--wrong", action="store_true", help="list what the last system decided wrong")
    given = parser.parse_args(arguments)
    sets = {"made": list(cases(given.seed, given.count))}
    if given.data.is_dir():
        sets = {"W3C-CSVW": list(w3c(given.data)), "Pollock": list(pollock(given.data)), **sets}
    for title, all_cases in sets.items():
        for half in ("development", "test"):
            chosen = [case for case in all_cases if case.held_out == (half == "test")]
            if given.half in {half, "both"} and chosen:
                print(f"\n{title}, {half} set\n")
                _compare(chosen, given.only, given.wrong)


def _compare(chosen: list[Case], names: Sequence[str], wrong: bool) -> None:
    rows, last = [], []
    for name in names:
        last = [(case, SYSTEMS[name](case.body)) for case in chosen]
        rows.append(_row(name, last))
    print(markdown(HEAD, rows))
    for case, answer in last if wrong else ():
        right, asked = case.types_right(answer)
        if case.all_right(answer) is False or right < asked:
            print(f"  {case.name} {case.trait}: {_told(case, answer)}")


def _row(name: str, answers: list[tuple[Case, Answer]]) -> list[str]:
    types = [case.types_right(answer) for case, answer in answers]
    asked = sum(of for _, of in types)
    return [
        name,
        str(len(answers)),
        _share(case.delimiter_right(answer) for case, answer in answers),
        _share(case.header_right(answer) for case, answer in answers),
        _share(case.preamble_right(answer) for case, answer in answers),
        _share(case.all_right(answer) for case, answer in answers),
        f"{sum(right for right, _ in types) / asked:.1%}" if asked else "-",
    ]


def _share(judged: Iterable[bool | None]) -> str:
    known = [one for one in judged if one is not None]
    return f"{sum(known) / len(known):.1%}" if known else "-"


def _told(case: Case, answer: Answer) -> str:
    parts = []
    for what in ("delimiter", "header", "preamble", "types"):
        true, said = getattr(case, what), getattr(answer, what)
        if true not in (None, (), said):
            parts.append(f"{what} {said!r}, true {true!r}")
    return "; ".join(parts)


if __name__ == "__main__":
    main(sys.argv[1:])
