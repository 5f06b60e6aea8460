"""The section of the page about whole queries and jobs. Pure."""

from collections import Counter, defaultdict
from typing import Any

from bench.report import markdown
from compat.markdown import cell

HEAD = """## Suites

Made by `make compat-suites` on the installed platform with Spark {spark} and Sail {sail}: TPC-H, with the
specification's decimals and with amounts as doubles, and TPC-DS, of Trino's connectors in Iceberg, and this
project's own job and questions. At scale 1 the answers are those that `python -m bench.engine` compares. Each
ran as a SparkJob with `engine: Spark` and with `engine: Sail`. Compared are types of columns and all rows:
decimals by value, doubles to one part in 10⁹; the order by the leading columns of `ORDER BY`; not the names
of columns. Of an answer without rows only types are compared. Of a refusal the first reason is told.
`unanswered`: Spark has an error.
"""
KINDS = ("same", "refused", "fails", "differs", "unanswered")
NO_ROWS = "same: no rows"


def section(found: dict[str, Any]) -> str:
    """Of the file's content: of each suite its `scale`, and of `queries` what answers.verdict has said."""
    suites: dict[str, dict[str, Any]] = found["suites"]
    rows = [_counts(name, it["scale"], it["queries"]) for name, it in suites.items()]
    table = markdown(("", "scale", "queries", "same", "of these without rows", *KINDS[1:]), rows)
    parts = (_suite(name, it["queries"]) for name, it in suites.items())
    return "\n".join([HEAD.format(**found), table, *parts])


def _counts(name: str, scale: float | None, said: dict[str, str]) -> list[str]:
    kinds = Counter(it.partition(":")[0] for it in said.values())
    empty = sum(it == NO_ROWS for it in said.values())
    same, *others = (kinds[kind] for kind in KINDS)
    return [name, "" if scale is None else f"{scale:g}", *map(str, (len(said), same, empty, *others))]


def _suite(title: str, said: dict[str, str]) -> str:
    same, empty = ([name for name, it in said.items() if it == wanted] for wanted in ("same", NO_ROWS))
    parts = [f"### {title}\n"]
    parts += [f"**Same:** {', '.join(same)}.\n"] if same else []
    parts += [f"**Same, without rows:** {', '.join(empty)}.\n"] if empty else []
    groups: dict[str, list[str]] = defaultdict(list)
    for name, it in said.items():
        if it not in {"same", NO_ROWS}:
            groups[it].append(name)
    rows = [
        (kind, cell(f"`{why}`" if kind == "refused" else why), ", ".join(names))
        for kind, why, names in sorted((*it.partition(": ")[::2], names) for it, names in groups.items())
    ]
    lines = [f"| {kind} | {why} | {names} |" for kind, why, names in rows]
    parts += ["\n".join(["| | | |", "|---|---|---|", *lines]) + "\n"] if lines else []
    return "\n".join(parts)
