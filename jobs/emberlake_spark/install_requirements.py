"""Packs Python packages for driver and executors: the program of the driver's init container."""

import argparse
import os
import subprocess
import sys
import tarfile
from pathlib import Path
from tempfile import TemporaryDirectory

HERE = Path(__file__).parent


def main() -> None:
    """Install what a requirements file asks for, with the wheel of pip beside this program; wheels only."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("requirements", type=Path, help="requirements file of pip")
    parser.add_argument("archive", type=Path, help=".tar.gz to write")
    options = parser.parse_args()
    with TemporaryDirectory(dir=options.archive.parent) as folder:
        if failed := install(options.requirements, folder):
            sys.exit(failed)
        pack(Path(folder), options.archive)


def install(requirements: Path, target: str) -> int:
    """Run pip for the Python that runs the jobs; returns its exit code."""
    python = os.environ.get("PYSPARK_PYTHON", sys.executable)
    (wheel,) = HERE.glob("pip-*.whl")
    command = [python, "-I", str(wheel / "pip"), "install", "--target", target]
    command += ["--requirement", str(requirements), "--only-binary=:all:", "--no-cache-dir", "--no-input"]
    command += ["--disable-pip-version-check", "--progress-bar=off"]
    return subprocess.run(command, check=False).returncode  # noqa: S603  # a list, and no shell


def pack(folder: Path, archive: Path) -> None:
    """Write what is in `folder` to a .tar.gz."""
    # Packed once and unpacked in every pod: fast is better than small.
    with tarfile.open(archive, "w:gz", compresslevel=1) as tar:
        for path in sorted(folder.iterdir()):
            tar.add(path, path.name)


if __name__ == "__main__":
    main()
