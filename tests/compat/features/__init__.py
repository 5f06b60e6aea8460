"""Cases of the DataFrame API: each runs in both engines and gives a DataFrame or a plain value.

A module takes a case in by `@feature(NAME, ...)`; names are those of `verified.json`. PySpark is
imported inside the functions: which PySpark it is depends on the engine.
"""

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from compat.reading import Case

Run = Callable[[Any], Any]


class Cases:
    """The cases of one module."""

    def __init__(self, module: str) -> None:
        self._module = module
        self.found: list[Case] = []

    def __call__(self, *names: str, ordered: bool = False, types_only: bool = False) -> Callable[[Run], Run]:
        def add(run: Run) -> Run:
            for name in names:
                python = f"{self._module}:{run.__name__}"
                self.found.append(
                    Case(run.__name__, name, python=python, ordered=ordered, types_only=types_only)
                )
            return run

        return add


def file(text: str | bytes, name: str = "data.csv") -> str:
    """The path of a new file with this text, alone in its folder."""
    folder = Path(tempfile.mkdtemp(prefix="compat-"))
    (folder / name).write_bytes(text if isinstance(text, bytes) else text.encode())
    return f"{folder}/{name}"
