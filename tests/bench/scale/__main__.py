"""`python -m bench.scale`: what replicas, quiet times and many objects cost in time, CPU and memory."""

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from bench.scale import plane

PARTS = ("replicas", "idle", "many")


def main() -> None:
    """Measure each part on a fresh control plane, and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--part", choices=PARTS, nargs="+", default=list(PARTS))
    parser.add_argument("--keep", type=Path, help="folder for the logs; default: none are kept")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder = options.keep or Path(scratch)
        (place := folder / "plane").mkdir(parents=True)
        with plane.running(place) as kubeconfig:
            environment = {**os.environ, "KUBECONFIG": kubeconfig}
            command = [sys.executable, "-m", "bench.scale.parts", str(folder), *options.part]
            subprocess.run(command, env=environment, check=True)


if __name__ == "__main__":
    main()
