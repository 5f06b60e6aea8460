"""What the comparisons write into the tree: verdicts, what the suites gave, and the page of both."""

import json
from pathlib import Path
from typing import Any

from compat import document

ROOT = Path(__file__).resolve().parents[2]
VERIFIED = ROOT / "operator/emberlake/sail/verified.json"
SUITES = Path(__file__).with_name("suites.json")
GATEWAY = Path(__file__).with_name("gateway.json")
PAGE = ROOT / "docs/reference/engines.md"


def read(file: Path) -> dict[str, Any]:
    """One of the files of JSON."""
    found: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    return found


def write(file: Path, content: dict[str, Any]) -> None:
    """One of them anew, and the page, which keeps what the other files have."""
    file.write_text(document.text(content), encoding="utf-8")
    PAGE.write_text(page(), encoding="utf-8")


def page() -> str:
    """The page of the files."""
    return document.page(read(VERIFIED), read(SUITES), read(GATEWAY))
