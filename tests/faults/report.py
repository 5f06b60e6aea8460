"""The suite's results as a page: what was tried, what it came to, how fast the operator was back."""

import statistics
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence

from demo import kube

from faults.results import Result

DOCS = kube.ROOT / "docs/reliability.md"
BEGIN, END = "<!-- begin: fault suite -->", "<!-- end: fault suite -->"
_WORDS = 160
_ROW = "| {} | {} | {} |"


def report(results: Sequence[Result]) -> str:
    """Totals, and a table by workload and by kind of fault; plans whose last try failed are named."""
    last = {result.plan: result for result in results}
    passed = [result for result in last.values() if result.passed]
    failed = [result for result in last.values() if not result.passed]
    back = sorted(result.recovery for result in passed if result.recovery is not None)
    lines = [
        f"Plans tried: {len(last)}. Passed: {len(passed)}. Failed: {len(failed)}.",
        f"Tries: {len(results)}; plans that failed once and passed another time: {len(_unsteady(results))}.",
    ]
    if back:
        lines.append(
            "From the fault until the operator writes again: median"
            f" {statistics.median(back):.2f} s, longest {back[-1]:.2f} s."
        )
    lines += ["", *_table("Fault", last.values(), _kind), "", *_table("Workload", last.values(), _workload)]
    lines += [
        "",
        *(f"- `{result.plan}` ({result.detail}): {result.problems[0][:_WORDS]}" for result in failed),
    ]
    return "\n".join(lines).rstrip() + "\n"


def _unsteady(results: Iterable[Result]) -> set[str]:
    verdicts = defaultdict(set)
    for result in results:
        verdicts[result.plan].add(result.passed)
    return {plan for plan, found in verdicts.items() if len(found) > 1}


def _kind(result: Result) -> str:
    return result.plan.split("/")[1]


def _workload(result: Result) -> str:
    return result.plan.split("/")[0]


def _table(title: str, results: Iterable[Result], part: Callable[[Result], str]) -> list[str]:
    groups: dict[str, list[Result]] = defaultdict(list)
    for result in results:
        groups[part(result)].append(result)
    rows = [
        _ROW.format(f"`{name}`", len(found), sum(result.passed for result in found))
        for name, found in sorted(groups.items())
    ]
    return [_ROW.format(title, "Plans", "Passed"), "|---|--:|--:|", *rows]


def write_docs(results: Sequence[Result]) -> None:
    """Put the report between its marks in docs/reliability.md."""
    text = DOCS.read_text()
    before, rest = text.split(BEGIN)
    after = rest.split(END)[1]
    DOCS.write_text(f"{before}{BEGIN}\n{report(results)}{END}{after}")
