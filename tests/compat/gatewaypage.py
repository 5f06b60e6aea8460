"""The section of the page about Sail behind the gateway of a job. Pure."""

from typing import Any

from bench.report import markdown
from compat.markdown import cell

HEAD = """## Behind the gateway

Made by `make compat-gateway` with Spark {spark} and Sail {sail}: the cases once more, put to Sail by way of
the gateway of a job. `refused`: by the gateway; with `Auto` the job goes on with Spark. `fails`: Sail alone
has an error. `error`: Spark has one, and no result here either. `unclear`: Python cannot show the result.
`differs`: another value or type, or a value in the place of Spark's error.
"""
KINDS = ("same", "refused", "fails", "error", "unclear", "differs")
NOT_RUN = "Nobody has run it on the whole of the cases yet.\n"


def section(found: dict[str, Any]) -> str:
    """Of the file's content: of each engine what behind.found gives."""
    engines: dict[str, dict[str, Any]] = found["engines"]
    if not engines:
        return f"{HEAD.format(**found)}\n{NOT_RUN}"
    rows = [
        [engine, str(sum(it["counts"].values())), *(str(it["counts"].get(kind, 0)) for kind in KINDS)]
        for engine, it in engines.items()
    ]
    table = markdown(("engine", "cases", *KINDS), rows)
    return "\n".join([HEAD.format(**found), table, *(_engine(*pair) for pair in engines.items())])


def _engine(engine: str, found: dict[str, Any]) -> str:
    mended = [f"`{cell(name)}` ({count})" for name, count in found["mended"].items()]
    parts = [
        f"**The same with `{engine}`, though they differ on Sail itself** (cases): {', '.join(mended)}.\n"
    ]
    lines = [
        f"| `{cell(name)}` | {it['cases']} | {it['reason']} | {cell(it['example'])} |"
        for name, it in found["differs"].items()
    ]
    if lines:
        head = f"**They pass with `{engine}`, and differ:**\n\n| | cases | | |\n|---|---|---|---|"
        parts.append("\n".join([head, *lines]) + "\n")
    return "\n".join(parts)
