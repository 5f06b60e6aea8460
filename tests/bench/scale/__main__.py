"""`python -m bench.scale`: what replicas, quiet times and many objects cost in time, CPU and memory."""

import argparse
import tempfile
from collections.abc import Callable
from pathlib import Path

from bench.report import markdown
from bench.scale import idle, many, replicas
from bench.submission.figures import Row

PARTS: dict[str, Callable[[Path], list[Row]]] = {
    "replicas": replicas.measure,
    "idle": idle.measure,
    "many": many.measure,
}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--part", choices=PARTS, nargs="+", default=list(PARTS))
    parser.add_argument("--keep", type=Path, help="folder for the logs; default: none are kept")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        for part in options.part:
            folder = (options.keep or Path(scratch)) / part
            folder.mkdir(parents=True)
            print(markdown((part, "value"), PARTS[part](folder)), flush=True)


if __name__ == "__main__":
    main()
