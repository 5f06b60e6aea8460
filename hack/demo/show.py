"""Tables, bars and times for the terminal; a picture for the eye."""

import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from demo.queries import Answer

_BAR = 40


def _paint(text: str, code: str) -> str:
    return f"\033[{code}m{text}\033[0m" if sys.stdout.isatty() else text


@contextmanager
def stage(title: str) -> Iterator[None]:
    """Say what begins, and how long it took."""
    print(_paint(f"▸ {title}", "1"), flush=True)
    start = time.monotonic()
    yield
    print(_paint(f"  {time.monotonic() - start:.1f} s", "2"), flush=True)


def say(text: str) -> None:
    """One line below the present stage."""
    print(f"  {text}", flush=True)


def table(answer: Answer) -> None:
    """An answer as an aligned table; numbers to the right."""
    cells = [answer.columns, *([_text(value) for value in row] for row in answer.rows)]
    widths = [max(len(row[i]) for row in cells) for i in range(len(answer.columns))]
    numeric = [
        all(isinstance(row[i], int | float) for row in answer.rows) for i in range(len(answer.columns))
    ]
    for number, row in enumerate(cells):
        say(
            "  ".join(
                cell.rjust(width) if right else cell.ljust(width)
                for cell, width, right in zip(row, widths, numeric, strict=True)
            ).rstrip()
        )
        if number == 0:
            say("  ".join("─" * width for width in widths))


def _text(value: Any) -> str:
    if isinstance(value, int):
        return f"{value:,}"
    return "" if value is None else str(value)


def bars(labels: Sequence[str], values: Sequence[float]) -> None:
    """A bar for each value."""
    top = max(values)
    for label, value in zip(labels, values, strict=True):
        say(f"{label:>4} {'█' * round(_BAR * value / top):<{_BAR}} {value:.1f}")


def picture(labels: Sequence[str], values: Sequence[float], path: Path) -> None:
    """The same as a PNG."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(figsize=(8, 4), layout="constrained")
    axes.bar(labels, values, color="#d9603b")
    axes.set_title("Mean departure delay, New York 2013")
    axes.set_ylabel("minutes")
    axes.spines[["top", "right"]].set_visible(False)
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=120)
    pyplot.close(figure)
