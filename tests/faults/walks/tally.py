"""What became of the inputs that were tried: counted over a session, printed, and written into the docs."""

import os
from collections import Counter
from pathlib import Path

from demo import kube

BEGIN, END = "<!-- begin: walks -->", "<!-- end: walks -->"
PAGE = kube.ROOT / "docs/reliability.md"
_MEANING = {
    "refused by the schema": "inputs that the schema forbids: the API server refused and named the field",
    "refused by a rule": "values that exclude each other: refused by the API server with the rule's message",
    "planned": "inputs that the API server took: the operator had a plan for each at each step of its life",
    "told in the status": "of these, refused by the operator in the status, category Validation",
    "refused as a pod": "objects of these that the API server did not take; the status tells of them",
    "steps walked": "changes of living objects under a running operator",
    "steps refused": "of these, refused by the API server; the stored object was unchanged",
    "reverts": "returns to the first spec, after which the whole masked state was as at first",
    "objects taken": "objects of these that a namespace of Pod Security `restricted` took",
}

tally: Counter[str] = Counter()


def table() -> str:
    """The counts as a Markdown table."""
    rows = [f"| {meaning} | {tally[what]:,} |" for what, meaning in _MEANING.items() if tally[what]]
    return "\n".join(["| What | Count |", "|---|---:|", *rows])


def command() -> str:
    """What plays the same walks again."""
    return f"make test-walks WALKS={os.environ.get('WALKS', '')} SEED={os.environ.get('SEED', '')}"


def write(page: Path = PAGE) -> None:
    """Put the table between the markers of the page on reliability."""
    text = page.read_text()
    before, rest = text.split(BEGIN)
    _, after = rest.split(END)
    told = f"`{command()}` tried:\n\n{table()}"
    page.write_text(f"{before}{BEGIN}\n{told}\n{END}{after}")
