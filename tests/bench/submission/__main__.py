"""`python -m bench.submission`: jobs a minute, latency, CPU, memory and writes of an operator."""

import argparse
import tempfile
from pathlib import Path

from bench.submission import measure, startup
from bench.submission.adapters import ADAPTERS


def arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--operator", choices=ADAPTERS, default="emberlake")
    parser.add_argument("--binary", type=Path, help="the operator's program, for one that is not built here")
    parser.add_argument("--jobs", type=int, default=2000)
    parser.add_argument(
        "--rate",
        type=float,
        nargs="+",
        default=[660, 0],
        help="jobs a minute, one measurement each; 0: as fast as the API server takes them",
    )
    parser.add_argument("--keep", type=Path, help="folder for the logs; default: none are kept")
    parser.add_argument("--startup", action="store_true", help="measure the start with many objects instead")
    return parser.parse_args()


def main() -> None:
    """Measure and print."""
    options = arguments()
    with tempfile.TemporaryDirectory() as scratch:
        if options.startup:
            startup.run(folder(options.keep, scratch, "startup"))
            return
        for rate in options.rate:
            adapter = ADAPTERS[options.operator](options.binary)
            place = folder(options.keep, scratch, f"{options.operator}-{rate:.0f}")
            measure.run(adapter, place, options.jobs, rate)


def folder(keep: Path | None, scratch: str, name: str) -> Path:
    """An empty folder for the logs of one measurement."""
    found = (keep or Path(scratch)) / name
    found.mkdir(parents=True)
    return found


if __name__ == "__main__":
    main()
