"""The case lists as data: what a line says, and the cases that follow from it. Pure.

`name ; argument ; …` is a call, `name :: template ; argument ; …` puts the arguments in place of `{}`; `$set`
runs over a named set of values, several of them over every combination. `name :: SELECT …` is a whole query,
`name :> SELECT … ORDER BY …` one whose rows have an order; ` ;; ` parts statements, and `conf KEY=VALUE` is a
setting. `? ` before a line: results differ by their nature (a clock, chance), so only types are compared.
"""

import itertools
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

CASES = Path(__file__).parent / "cases"
QUERY = re.compile(r"(conf|SELECT|WITH|VALUES|FROM|TABLE|CREATE|\(SELECT)\b", re.IGNORECASE)


@dataclass(frozen=True)
class Case:
    """One comparison: of an expression (`call` of `arguments`), of a query, or of a function in Python."""

    id: str
    name: str
    call: str = ""
    arguments: tuple[str, ...] = ()
    statements: tuple[str, ...] = ()
    python: str = ""
    ordered: bool = False
    types_only: bool = False
    exact: bool = False
    kinds: str = ""  # of the arguments, where they are known

    @property
    def expression(self) -> str:
        """The call with its arguments in place."""
        return filled(self.call, self.arguments)


def filled(call: str, arguments: Iterable[str]) -> str:
    """`call` with each `{}` replaced by the next argument."""
    parts = call.split("{}")
    return "".join(itertools.chain.from_iterable(zip(parts, [*arguments, ""], strict=True)))


def lines(file: Path) -> Iterator[str]:
    """A case file without comments and blank lines."""
    for line in file.read_text(encoding="utf-8").splitlines():
        if line.strip() and not line.startswith("#"):
            yield line.rstrip()


def named_sets(texts: Iterable[str]) -> dict[str, list[str]]:
    """`$name = value ; value` -> name -> values."""
    found = (line.split(" = ", 1) for line in texts if line.startswith("$"))
    return {name: values.split(" ; ") for name, values in found}


def cases(texts: Iterable[str], sets: dict[str, list[str]]) -> Iterator[Case]:
    """The cases of a file's lines."""
    for line in texts:
        if not line.startswith("$"):
            yield from _line(line, sets)


def _line(line: str, sets: dict[str, list[str]]) -> Iterator[Case]:
    types_only, text = line.startswith("? "), line.removeprefix("? ")
    name, separator, rest = next(
        (p for p in (text.partition(" :> "), text.partition(" :: ")) if p[1]), (text, "", "")
    )
    if separator and QUERY.match(rest):
        yield Case(
            rest,
            name,
            statements=tuple(rest.split(" ;; ")),
            ordered=separator == " :> ",
            types_only=types_only,
        )
        return
    call, *arguments = (rest or text).split(" ; ")
    if not separator:
        name, call = call, f"{call}({', '.join('{}' for _ in arguments)})"
    for combination in itertools.product(*(sets.get(a, [a]) for a in arguments)):
        times = call.count("{}") // max(1, len(combination))
        chosen = combination * times if call.count("{}") != len(combination) else combination
        yield Case(
            filled(call, chosen),
            name,
            call=call,
            arguments=tuple(chosen),
            ordered=True,
            types_only=types_only,
            exact=True,
        )


def function_cases() -> list[Case]:
    """All of cases/functions and the casts, each expression once."""
    files = sorted((CASES / "functions").glob("*.txt"))
    sets = named_sets(line for file in files for line in lines(file))
    found = [case for file in files for case in cases(lines(file), sets)]
    return list({(case.name, case.id): case for case in [*found, *casts()]}.values())


def casts() -> Iterator[Case]:
    """Every value of casts.txt and a null of its type to every type, by CAST and TRY_CAST."""
    rows = [line.split(" ; ") for line in lines(CASES / "casts.txt")]
    types = [row[0] for row in rows]
    for kind, target, (source, *values) in itertools.product(("cast", "try_cast"), types, rows):
        for literal in [*values, "NULL"]:
            argument = f"CAST({literal} AS {source})"
            call = f"{kind.upper()}({{}} AS {target})"
            yield Case(
                filled(call, [argument]),
                f"{kind}:{bare(source)}:{bare(target)}",
                call=call,
                arguments=(argument,),
            )


def bare(sql_type: str) -> str:
    """`decimal(10,2)` -> `decimal`, `array<int>` -> `array`: verdicts are by the kind of type."""
    return re.split(r"[(<]", sql_type)[0]


def tables() -> list[str]:
    """The statements that make the tables of the queries."""
    return list(lines(CASES / "tables.txt"))


def apart() -> Callable[[Case], str]:
    """Case -> the suffix of apart.txt, or nothing."""
    rows = [line.split(" ; ") for line in lines(CASES / "apart.txt")]
    rules = [(name, suffix, re.compile(pattern)) for names, suffix, pattern in rows for name in names.split()]

    def suffix_of(case: Case) -> str:
        name = case.name.partition(":")[0]
        return next((suffix for it, suffix, pattern in rules if it == name and pattern.search(case.id)), "")

    return suffix_of
